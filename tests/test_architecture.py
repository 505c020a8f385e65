"""The house of CONTRIBUTING.md: imports go down only, and what is slow to import is imported where it is needed."""

import ast
import subprocess
import sys

import pytest
from support.places import ROOT, TESTS

import attncli
from attncli.cli.commands.vectors import COMMANDS

PACKAGE = ROOT / "attncli"
#: The rooms, lower ones first: a module may import what its own line names and what lines above it name.
#: A room with rooms inside has several lines; there its bare name means the modules directly in it.
ROOMS = [
    "arrays errors extras interrupts address_space",
    "files",
    "text",
    "settings",
    "attention",
    "analysis",
    "tokenizer",
    *(
        "vectors.ngrams vectors.places vectors.threads vectors.gensim_parts",
        "vectors.store",
        "vectors.formats",
        "vectors",
    ),
    "heads",
    *("models.checkpoint", "models.family", "models.blocks", "models.families", "models"),
    "recipes",
    "training",
    "corpus",
    *("views.formula views.palette views.rounding views.screen views.roff", "views.records", "views.terminal"),
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


def modules_after(arguments, **env):
    """The modules loaded once `attn` has run with these arguments."""
    code = (
        "import sys; from attncli.cli.app import run\n"
        f"try: run({arguments!r})\nexcept SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, stdin=subprocess.DEVNULL, check=True
    )
    return {name.split(".")[0] for name in done.stderr.split()}


HELP = [
    *([], ["tour"], ["explain"], ["compare"], ["explore"], ["heads"], ["train"], ["corpus"], ["completion"], ["man"]),
    *(["vectors"], *(["vectors", name] for name in COMMANDS)),
]


@pytest.mark.parametrize(
    "arguments",
    [*([*command, "-h"] for command in HELP), ["--version"], ["--version", "--debug"], ["man"], [], ["vectors"]],
)
def test_help_waits_for_neither_numpy_nor_gensim(arguments):
    loaded = modules_after(arguments)
    assert not loaded & {"numpy", "gensim", "scipy", "matplotlib", "textual"}
    assert "-h" not in arguments or "rich" not in loaded


@pytest.mark.parametrize(
    "words",
    [
        *("explain --method ", "explain --vectors ", "vectors info ", "vectors near a --vectors "),
        *("explain --combine ", "heads --pattern "),
    ],
)
def test_completion_waits_for_neither_numpy_nor_gensim(words):
    typed = f"attn {words}"
    completing = {"_ATTN_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    assert not modules_after([], **completing) & {"numpy", "gensim", "scipy", "rich"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["explain", "a dog"],
        ["explain", "a dog", "--json"],
        ["compare", "a dog"],
        ["vectors", "near", "dog"],
        ["vectors", "list"],
    ],
)
def test_a_store_needs_neither_gensim_nor_scipy(arguments):
    modules = modules_after(arguments)
    assert "numpy" in modules
    assert not modules & {"gensim", "scipy", "urllib3", "pandas"}


MODEL = str(TESTS / "oracles" / "tiny" / "bert")


@pytest.mark.parametrize(
    "arguments",
    [
        ["explain", "a dog", "--model", MODEL],
        ["explain", "a dog", "--model", MODEL, "--combine", "rollout", "--json"],
        ["compare", "a dog", "--model", MODEL, "--swap", "dog=he"],
        ["heads", "a dog", "--model", MODEL, "--pattern", "next"],
    ],
)
def test_a_model_needs_its_tokenizer_and_numpy(arguments):
    modules = modules_after(arguments)
    assert "tokenizers" in modules
    assert not modules & {"gensim", "scipy", "torch", "transformers", "huggingface_hub"}


def test_only_flow_waits_for_scipy():
    modules = modules_after(["explain", "a dog", "--model", MODEL, "--combine", "flow"])
    assert "scipy" in modules
    assert not modules & {"gensim", "torch"}


@pytest.mark.parametrize("arguments", [["explain", "a dog"], ["explain", "a dog", "--mode", "multihead"]])
def test_a_sentence_does_not_wait_for_what_long_texts_need(arguments):
    code = (
        "import sys; from attncli.cli.app import run\n"
        f"try: run({arguments!r})\nexcept SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert not {"attncli.recipes.long_explaining", "attncli.attention.streamed", "attncli.corpus"} & {
        *done.stderr.split()
    }
