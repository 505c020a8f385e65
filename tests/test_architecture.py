"""The rooms of ARCHITECTURE.md: imports go down only, and what is slow to import is imported where it is needed."""

import ast
import json
import re
import subprocess
import sys
from fnmatch import fnmatch

import pytest
from support.places import ROOT, TESTS

import attncli
from attncli.cli.commands import models, vectors

PACKAGE = ROOT / "attncli"
#: The rooms, lower ones first: a module may import what its own line names and what lines above it name.
#: A room with rooms inside has several lines; there its bare name means the modules directly in it.
ROOMS = [
    "arrays errors extras interrupts address_space display",
    "files",
    "text",
    "settings",
    "attention",
    "analysis",
    "tokenizer",
    *(
        "vectors.places vectors.gensim_parts",
        "vectors.store",
        "vectors.formats",
        "vectors",
    ),
    "heads",
    *(
        "models.pooling",
        "models.checkpoint",
        "models.past models.pack",
        "models.stream",
        "models.family",
        "models.encoder_decoder",
        "models.blocks",
        "models.families",
        "models",
    ),
    "recipes",
    "training",
    "corpus",
    *(
        "views.findings views.formula views.palette views.rounding views.scale views.screen views.roff views.shell",
        "views.records",
        "views.terminal",
    ),
    *("views.figure", "views.page", "views"),
    "tour",
    "explore",
    *("cli", "cli.commands", "cli.app"),
    "__init__ __main__",
]
PLACES = {place: number for number, places in enumerate(ROOMS) for place in places.split()}
MODULES = sorted(PACKAGE.rglob("*.py"))


def module_name(path):
    """Below `attncli`; a package is named by its folder."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


NAMES = {module_name(path) for path in MODULES}


def place_of(module):
    """The longest name in `ROOMS` that the module is or lies in."""
    parts = module.split(".")
    return next(place for n in range(len(parts), 0, -1) if (place := ".".join(parts[:n])) in PLACES)


def imported_modules(path):
    """The modules that a file names in its imports, type-checking ones too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner.removeprefix("attncli.") in NAMES else node.module


def own_imports(path):
    return {name.removeprefix("attncli.") for name in imported_modules(path) if name.startswith("attncli.")}


def test_every_module_has_a_room_and_every_room_modules():
    assert {place_of(name) for name in NAMES} == {*PLACES}


def test_no_room_bears_a_public_name():
    rooms = {name.split(".")[0] for name in NAMES - {"__init__"}}
    assert not rooms & {*attncli.__all__}


def test_the_root_holds_few_modules():
    assert len([*PACKAGE.glob("*.py")]) <= 8


def test_the_repository_holds_nothing_else_at_its_root():
    ignored = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines()]
    seen = [path.name for path in ROOT.iterdir() if not path.name.startswith(".")]
    kept = {name for name in seen if not any(fnmatch(name, each) for each in ignored)}
    assert kept == {"LICENSE", "README.md", "attncli", "data", "pyproject.toml", "tests"}


def test_imports_go_down_only():
    upward = [
        f"{name} imports {other}"
        for path in MODULES
        for other in own_imports(path)
        if PLACES[place_of(other)] > PLACES[place_of(name := module_name(path))]
    ]
    assert not upward


def lines_of(path):
    return len(path.read_text().splitlines())


def foreign_imports(path):
    return {name.split(".")[0] for name in imported_modules(path)} - {"attncli", *sys.stdlib_module_names}


@pytest.mark.parametrize("room", ["attention", "analysis"])
def test_the_mathematics_knows_nothing_but_numpy(room):
    paths = {*(PACKAGE / room).rglob("*.py")} - {PACKAGE / "analysis" / "flow.py"}
    assert {name for path in paths for name in foreign_imports(path)} == {"numpy"}


def test_a_flow_needs_scipy_late_and_nothing_else():
    path = PACKAGE / "analysis" / "flow.py"
    assert foreign_imports(path) == {"numpy", "scipy"}
    at_once = {node.module for node in ast.parse(path.read_text()).body if isinstance(node, ast.ImportFrom)}
    assert not any(module.startswith("scipy") for module in at_once)


def test_gensim_is_imported_in_one_module():
    importers = [path.name for path in MODULES if any(m.split(".")[0] == "gensim" for m in imported_modules(path))]
    assert len(importers) == 1


def test_files_stay_readable_in_one_sitting():
    assert not {name for path, name in zip(MODULES, map(module_name, MODULES), strict=True) if lines_of(path) > 350}


#: Runs each call in a fork, and writes the modules that are loaded then, one line a call.
FORKING = """
import json, os, sys
for arguments, variables in json.loads(sys.argv[1]):
    if not os.fork():
        os.environ.clear()
        os.environ.update(variables)
        for number in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
        from attncli.cli.app import run
        try:
            run(arguments)
        except SystemExit:
            pass
        with open(sys.argv[2], "a") as file:
            file.write(" ".join(sys.modules) + "\\n")
        os._exit(0)
    os.wait()
"""


@pytest.fixture
def loaded(tmp_path):
    """For calls, each its arguments or those and variables, the modules that are loaded once attn has run."""

    def loaded(calls):
        home = {"ATTN_HOME": str(tmp_path / "home")}  # what the person running it keeps is not looked at
        both = (call if isinstance(call, tuple) else (call, {}) for call in calls)
        each = [(arguments, home | variables) for arguments, variables in both]
        command = [sys.executable, "-c", FORKING, json.dumps(each), tmp_path / "modules"]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        found = [{*line.split()} for line in (tmp_path / "modules").read_text().splitlines()]
        return zip(calls, found, strict=True)

    return loaded


def among(modules, *packages):
    """The packages that modules are loaded of."""
    return {*packages} & {name.split(".")[0] for name in modules}


HELP = [
    *([], ["tour"], ["explain"], ["compare"], ["explore"], ["heads"], ["train"], ["corpus"], ["completion"], ["man"]),
    *(["predict"], ["align"], ["similar"], ["show"]),
    *(["vectors"], *(["vectors", name] for name in vectors.COMMANDS)),
    *(["models"], *(["models", name] for name in models.COMMANDS)),
]


def test_help_waits_for_neither_numpy_nor_gensim(loaded):
    calls = [*([*command, "-h"] for command in HELP), ["--version"], ["--version", "--debug"], ["man"], [], ["vectors"]]
    heavy = "numpy", "gensim", "scipy", "matplotlib", "textual"
    slow = [
        (call, found)
        for call, modules in loaded(calls)
        if (found := among(modules, *heavy, *["rich"] * ("-h" in call)))
    ]
    assert not slow


def test_completion_waits_for_neither_numpy_nor_gensim(loaded):
    typed = [
        *("attn explain --method ", "attn explain --vectors ", "attn vectors info ", "attn vectors near a --vectors "),
        *(
            "attn explain --combine ",
            "attn heads --pattern ",
            "attn align --links ",
            "attn explain --model ",
            "attn models info ",
        ),
    ]
    calls = [
        ([], {"_ATTN_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))})
        for words in typed
    ]
    slow = [
        (call, found)
        for call, modules in loaded(calls)
        if (found := among(modules, "numpy", "gensim", "scipy", "rich"))
    ]
    assert not slow


def test_a_store_needs_neither_gensim_nor_scipy(loaded):
    calls = [
        ["explain", "a dog"],
        ["explain", "a dog", "--json"],
        ["compare", "a dog"],
        ["vectors", "near", "dog"],
        ["vectors", "list"],
    ]
    for call, modules in loaded(calls):
        assert among(modules, "numpy", "gensim", "scipy", "urllib3", "pandas") == {"numpy"}, call


MODEL = str(TESTS / "oracles" / "tiny" / "bert")


def test_a_model_needs_its_tokenizer_and_numpy(loaded):
    calls = [
        ["explain", "a dog", "--model", MODEL],
        ["explain", "a dog", "--model", MODEL, "--combine", "rollout", "--json"],
        ["compare", "a dog", "--model", MODEL, "--swap", "dog=he"],
        ["heads", "a dog", "--model", MODEL, "--pattern", "next"],
    ]
    for call, modules in loaded(calls):
        found = among(modules, "tokenizers", "gensim", "scipy", "torch", "transformers", "huggingface_hub")
        assert found == {"tokenizers"}, call


def test_a_head_without_kept_relations_waits_for_nothing_more(loaded):
    ((_, modules),) = loaded([["explain", "a dog", "--model", MODEL, "--layer", "1", "--head", "0"]])
    assert "attncli.recipes.model_explaining" in modules
    assert not {"attncli.recipes.known_relations", "attncli.models.checkpoint.identity"} & modules


def test_only_flow_waits_for_scipy(loaded):
    ((_, modules),) = loaded([["explain", "a dog", "--model", MODEL, "--combine", "flow"]])
    assert among(modules, "scipy", "gensim", "torch") == {"scipy"}


def test_a_sentence_does_not_wait_for_long_texts_and_random_numbers(loaded):
    for call, modules in loaded([["explain", "a dog"], ["explain", "a dog", "--mode", "multihead"]]):
        assert "attncli.attention.attend" in modules
        assert not {"attncli.attention.streamed", "attncli.corpus", "attncli.models", "numpy.random"} & modules, call
        assert not [name for name in modules if name.startswith("attncli.views.display")], call


PAGES = {name: (ROOT / ".github" / name).read_text() for name in ("ARCHITECTURE.md", "CONTRIBUTING.md")}
PLACES_NAMED = re.findall(r"`(?!tests/)([\w/]+\.py)(?:: (\w+))?`", PAGES["ARCHITECTURE.md"])


def defined_in(path):
    """The names at the top of a module."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def test_what_the_architecture_names_is_where_it_says():
    wrong = [
        f"{path}: {name}"
        for path, name in PLACES_NAMED
        if not (PACKAGE / path).is_file() or (name and name not in defined_in(PACKAGE / path))
    ]
    assert not wrong
    assert len(PLACES_NAMED) > 30


def test_the_recipes_name_files_and_lists_that_exist():
    named = re.findall(r"`((?:attncli|tests)/[\w/.]*)`", PAGES["CONTRIBUTING.md"])
    lists = re.findall(r"`([A-Z]+)` of `([\w/.]+)`", PAGES["CONTRIBUTING.md"])
    assert not [path for path in named if not (ROOT / path).exists()]
    assert not [(name, path) for name, path in lists if name not in defined_in(ROOT / path)]
    assert len(lists) == 4
