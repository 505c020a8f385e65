"""`attn vectors` as a user meets it: help, output, mistakes, hostile text."""

import json
import re
import shlex
import subprocess
import sys
import textwrap

import jsonschema
import numpy as np
import pytest
from support.command import BARE, attn
from support.gensim_data import PACKED, ROWS, GensimData
from test_cli_mistakes import ACTING, HOSTILE

from attncli.cli.commands.vectors import COMMANDS
from attncli.vectors import write_store
from attncli.vectors.places import embedded_sets
from attncli.vectors.store.layout import DTYPES
from attncli.views.records.schemas import schema_of

TEXT = "bark 1 0 0\ndog 1 1 0\ncute 0 1 0\nhe 0 0 1\n"


@pytest.fixture
def vectors(tmp_path):
    """`attn vectors …` in a folder with a file and a home with the set `glove`."""
    (tmp_path / "glove.6B.100d.txt").write_text(TEXT)
    home = tmp_path / "home"
    write_store(home / "vectors" / "glove", ["bark", "dog", "cute"], np.eye(3) + 1, name="glove", source="a test")
    return lambda *arguments, **how: attn(
        "vectors", *arguments, cwd=tmp_path, **how | {"env": {"ATTN_HOME": str(home)} | how.get("env", {})}
    )


def test_alone_it_says_how_to_begin():
    done = attn("vectors")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) <= 15
    assert done.stderr.count("  attn ") == 2


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_is_one_page_with_examples(command):
    short, long = attn("vectors", *command, "-h"), attn("vectors", *command, "--help")
    assert short.stdout == long.stdout
    assert short.returncode == 0
    assert len(re.findall(r"^  attn vectors .*", short.stdout.partition("Examples:")[2], re.M)) >= 2


EXAMPLES = [line for _, examples in COMMANDS.values() for line in examples.splitlines()]


@pytest.mark.parametrize("example", [line for line in EXAMPLES if " pull " not in line])
def test_the_examples_of_the_help_run(example, tmp_path, vectors):
    if " add " in example:
        vectors("remove", "glove")
    done = attn(*shlex.split(example)[1:], cwd=tmp_path, env={"ATTN_HOME": str(tmp_path / "home")})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_the_examples_of_pull_run(tmp_path):
    site = GensimData(tmp_path / "planted")
    site.sets["glove-wiki-gigaword-100"] = site.sets["tiny"]
    site.files["/glove-wiki-gigaword-100/glove-wiki-gigaword-100.gz"] = PACKED
    program = f"""
        import sys
        from gensim import downloader
        downloader.DATA_LIST_URL, downloader.DOWNLOAD_BASE_URL = {site.url!r} + "/list.json", {site.url!r}
        from attncli.cli.app import run
        sys.exit(run(sys.argv[1:]))
    """
    env = BARE | {"ATTN_HOME": str(tmp_path / "home"), "GENSIM_DATA_DIR": str(tmp_path / "gensim")}
    dry, kept = (
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program), *shlex.split(line)[1:]],
            env=env,
            capture_output=True,
            text=True,
        )
        for line in EXAMPLES
        if " pull " in line
    )
    site.close()
    assert (dry.returncode, kept.returncode, dry.stderr, kept.stderr) == (0, 0, "", "")
    assert f"{site.url}/glove-wiki-gigaword-100/glove-wiki-gigaword-100.gz" in dry.stdout
    assert "kB to download, 400 words, 3 dimensions" in dry.stdout
    assert f"kept as glove-wiki-gigaword-100: {ROWS} words, 3 dimensions" in kept.stdout


def test_a_set_from_beginning_to_end(vectors):
    assert vectors("add", "glove.6B.100d.txt", "--name", "mine").stdout.startswith("kept as mine: 4 words, 3 dim")
    assert re.search(r"^mine +4 +3 ", vectors("list", env={"COLUMNS": "200"}).stdout, re.M)
    assert re.findall(r"[\d.]+  (\w+)$", vectors("near", "dog", "--vectors", "mine").stdout, re.M)[0] == "bark"
    assert vectors("verify", "mine").stdout.startswith("mine is as it was written")
    assert vectors("export", "mine", "mine.txt").returncode == 0
    assert vectors("near", "dog", "--vectors", "mine.txt", "--top", "1").stdout.endswith("0.707  bark\n")
    assert re.match(r"removed mine: [\d.]+ kB are free again\n", vectors("remove", "mine").stdout)


@pytest.mark.parametrize(
    ("arguments", "code", "quoted", "hint"),
    [
        (["lsit"], 2, "lsit", "list"),
        (["near"], 2, "WORD", "--help"),
        (["near", "qwzxq"], 1, "qwzxq", "nearest known"),
        (["near", "dog", "--top", "0"], 2, "--top 0: expected a whole number from 1 up", "--help"),
        (["near", "dog", "--vectors", "glvoe"], 3, "glvoe", "glove"),
        (["near", "dog", "--color", "red"], 2, "--color 'red': expected one of auto", "--help"),
        (["near", "dog", "--minus", "dog"], 1, "cancel", ""),
        (["add", "nothing.txt"], 3, "nothing.txt", ""),
        (["add", "glove.6B.100d.txt", "--name", "glove"], 2, "'glove'", "attn vectors remove glove"),
        (["add", "glove.6B.100d.txt", "--name", "../x"], 2, "../x", "letters"),
        (["add", "glove.6B.100d.txt", "--name", "attn-en"], 2, "attn-en", "--name"),
        (["add", "glove.6B.100d.txt", "--limit", "0"], 2, "--limit 0: expected a whole number from 1 up", "--help"),
        (["add", "glove.6B.100d.txt", "--dtype", "float23"], 2, "float23", "float32"),
        (["info", "glvoe"], 3, "glvoe", "glove"),
        (["info", "glove", "more"], 2, "more", "--help"),
        (["remove", "glvoe"], 3, "glvoe", "glove"),
        (["remove", "attn-en"], 2, "attn-en", "attn vectors list"),
        (["remove", "attn-world"], 2, "attn-world", "attn vectors list"),
        (["verify", "glvoe"], 3, "glvoe", "glove"),
        (["export", "glove", "glove.doc"], 2, "glove.doc", ".bin"),
        (["export", "glove", "no/glove.bin"], 1, "'no'", "mkdir"),
        (["export", "glvoe", "glove.bin"], 3, "glvoe", "glove"),
    ],
)
def test_a_mistake_gets_a_line_and_a_hint(vectors, arguments, code, quoted, hint):
    done = vectors(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    lines = done.stderr.splitlines()
    assert len(lines) <= 2
    assert lines[0].startswith("error: ")
    assert quoted in lines[0]
    assert hint in lines[-1]


def test_a_damaged_set_is_exit_3_and_says_what_is_wrong(vectors, tmp_path):
    with open(tmp_path / "home" / "vectors" / "glove" / "vectors.npy", "r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x01")
    done = vectors("verify", "glove")
    assert (done.returncode, done.stdout) == (3, "")
    assert "the numbers in its vectors.npy" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "name", "lines"),
    [
        (["list"], "list", len(embedded_sets()) + 1),
        (["info", "glove"], "info", 1),
        (["near", "dog", "--minus", "cute"], "near", 1),
    ],
)
def test_json_keeps_to_its_schema(vectors, arguments, name, lines):
    done = vectors(*arguments, "--json", env={"FORCE_COLOR": "1"})
    schema = schema_of(f"vectors-{name}")
    assert json.loads(attn("schema", f"vectors-{name}").stdout) == schema
    assert len(done.stdout.splitlines()) == lines
    for line in done.stdout.splitlines():
        record = json.loads(line)
        jsonschema.validate(record, schema, jsonschema.Draft202012Validator)
        assert record.keys() == schema["properties"].keys()


def test_every_way_of_keeping_numbers_is_in_the_schemas():
    for name in ("list", "info"):
        assert {*DTYPES} <= {*schema_of(f"vectors-{name}")["properties"]["dtype"]["enum"]}


def test_a_damaged_set_is_listed(vectors, tmp_path):
    (tmp_path / "home" / "vectors" / "glove" / "vectors.npy").write_bytes(b"")
    damaged = json.loads(vectors("list", "--json").stdout.splitlines()[-1])
    assert (damaged["name"], damaged["words"]) == ("glove", None)
    assert "damaged" in damaged["fault"]
    assert "damaged" in vectors("list").stdout


def each(tmp_path, commands, **env):
    """The output of many commands one after the other, errors too, each ending in its exit code."""
    env = {"ATTN_HOME": str(tmp_path / "home")} | env
    runs = [attn("vectors", *arguments, cwd=tmp_path, env=env) for arguments in commands]
    shown = "".join(f"{done.stdout}{done.stderr}= {done.returncode}\n" for done in runs)
    assert "Traceback" not in shown
    assert "fault of attn" not in shown
    return shown


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_in_a_set_stays_text(vectors, tmp_path, hostile):
    words = ["dog", hostile, "cat"]
    write_store(
        tmp_path / "home" / "vectors" / "bad", words, np.eye(3) + 1, name="bad", source=hostile, licence=hostile
    )
    near = [["near", word, "--vectors", "bad"] for word in ("dog", hostile)]
    shown = each(tmp_path, [*near, ["list"], ["info", "bad"], ["near", "dog", "--vectors", "bad", "--json"]])
    assert shown.count("= 0\n") == 5
    assert not ACTING.search(shown)
    assert not hostile.isprintable() or shown.count(hostile) >= 6 - ("\\" in hostile)  # JSON doubles a backslash


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_arguments_stay_text(vectors, tmp_path, hostile):
    commands = ["near", "add", "info", "verify", "remove", "export glove", "add glove.6B.100d.txt --name"]
    shown = each(tmp_path, [[*command.split(), hostile] for command in commands])
    assert shown.count("error: ") == 7
    assert not ACTING.search(shown)
    assert not hostile.isprintable() or "\\" in hostile or shown.count(hostile) >= 7


def test_a_file_name_that_acts_is_shown_escaped(vectors, tmp_path):
    (tmp_path / "a\x1b[31m\nb.txt").write_text(TEXT)
    done = vectors("add", "a\x1b[31m\nb.txt")
    assert (done.returncode, ACTING.search(done.stdout + done.stderr)) == (0, None)
    assert r"a\x1b[31m\nb.txt" in vectors("list", env={"COLUMNS": "300"}).stdout


@pytest.mark.parametrize(("text", "names"), [("", [*embedded_sets(), "glove"]), ("gl", ["glove"])])
@pytest.mark.parametrize("command", ["info", "remove", "verify", "export", "near a --vectors"])
def test_completion_offers_the_kept_names(vectors, command, text, names):
    typed = f"attn vectors {command} {text}"
    place = str(len(typed.split(" ")) - 1)
    done = vectors(env={"_ATTN_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": place})
    assert done.stdout.split() == names


def test_a_full_disk_is_one_line(vectors):
    with open("/dev/full", "w") as full:
        done = vectors("list", stdout=full)
    assert (done.returncode, done.stderr) == (1, "error: cannot write the output: No space left on device\n")


def test_quiet_leaves_remarks_out(vectors, tmp_path):
    (tmp_path / "twice.txt").write_text(TEXT + "dog 1 1 1\n")
    assert "1 rows left out" in vectors("add", "twice.txt").stderr
    assert vectors("add", "twice.txt", "--name", "again", "-q").stderr == ""
