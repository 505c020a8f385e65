"""The house of CONTRIBUTING.md: imports go down only, and what is slow to import is imported where it is needed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from attncli.cli.vectors.group import COMMANDS

PACKAGE = Path(__file__).parent.parent / "attncli"
MATHEMATICS = {
    *("similarity", "similarity_backward", "attention", "attention_backward", "masks", "shapes", "heads"),
    *("positions", "relative", "score_terms", "measures", "head_names"),
    *("attention_blocks", "ranks", "combining", "merging", "patterns", "head_kinds"),
}
MODEL_RECIPES = {
    *("model_words", "model_explanation", "model_explaining", "model_reduction", "model_comparison", "head_ranking")
}
ROOMS = [  # lower rooms first; a module may import from its own room and from lower ones
    {"errors", "extras", "settings", "model_settings", "corpus_names", "tokens", "segments", "spelling"}
    | {"npy_header", "address_space", "interrupts", "replacing", "utf8"}
    | {"equivalents", "signs", "cutting"}
    | {"file_kinds", "folder_kinds", "csv_cells"},
    MATHEMATICS | {"flow"},
    {"checkpoint"},
    {"vectors"},
    {"models"},
    {"npz", "heads_file", "trained", "as_trained", "inputs", "projections", "explanation", "explaining", "comparison"}
    | {"neighbourhood", "overflow", "layers", "long_layers", "long_explaining", "tour"},
    MODEL_RECIPES,
    {"training"},
    {"corpus"},
    {"views"},
    {"explore"},
    {"cli"},
    {"__init__", "__main__"},
]
MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(module):
    return next(i for i, room in enumerate(ROOMS) if module in room)


def imported_modules(path):
    """The top-level attncli rooms and foreign packages that a file names in its imports, type-checking ones too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_only(path):
    here = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    for module in imported_modules(path):
        if module.startswith("attncli."):
            assert room_of(module.split(".")[1]) <= room_of(here), module


@pytest.mark.parametrize("path", sorted((PACKAGE / "cli").glob("*.py")), ids=lambda path: path.name)
def test_what_belongs_to_attn_vectors_alone_is_imported_by_it_alone(path):
    assert not [module for module in imported_modules(path) if module.startswith("attncli.cli.vectors.")]


@pytest.mark.parametrize("name", sorted(MATHEMATICS))
def test_the_mathematics_knows_nothing_but_numpy(name):
    path = PACKAGE / f"{name}.py"
    foreign = {module.split(".")[0] for module in imported_modules(path)} - {"attncli"} - set(sys.stdlib_module_names)
    assert foreign <= {"numpy"}


def test_a_flow_needs_scipy_late_and_nothing_else():
    path = PACKAGE / "flow.py"
    assert set(imported_modules(path)) - set(sys.stdlib_module_names) == {
        *("attncli.combining", "attncli.similarity", "collections.abc", "numpy", "scipy.sparse", "scipy.sparse.csgraph")
    }
    at_once = {node.module for node in ast.parse(path.read_text()).body if isinstance(node, ast.ImportFrom)}
    assert not any(module.startswith("scipy") for module in at_once)


def test_gensim_is_imported_in_one_module():
    importers = [path.name for path in MODULES if any(m.split(".")[0] == "gensim" for m in imported_modules(path))]
    assert len(importers) == 1


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_stay_readable_in_one_sitting(path):
    assert len(path.read_text().splitlines()) <= 220


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


MODEL = str(Path(__file__).parent / "models" / "tiny" / "bert")


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
    assert not {"attncli.long_explaining", "attncli.attention_blocks", "attncli.corpus"} & {*done.stderr.split()}
