"""The model in a folder, or an error that names the kind of the folder and the next step."""

import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from attncli.errors import ResourceError
from attncli.files.fetching import MODELS, fetch_again
from attncli.files.folders import entries, kind_of_folder
from attncli.files.json_files import read_json, read_object

MODULES = "modules.json"  # of sentence-transformers: the parts of a pipeline, the first of which is the model
ADAPTER = "adapter_config.json"
#: PEFT's task types → the class that opens an adapter of it.
CLASSES = {
    "CAUSAL_LM": "AutoPeftModelForCausalLM",
    "SEQ_2_SEQ_LM": "AutoPeftModelForSeq2SeqLM",
    "SEQ_CLS": "AutoPeftModelForSequenceClassification",
    "TOKEN_CLS": "AutoPeftModelForTokenClassification",
    "QUESTION_ANS": "AutoPeftModelForQuestionAnswering",
    "FEATURE_EXTRACTION": "AutoPeftModelForFeatureExtraction",
}
PROMPTS = ("PROMPT_TUNING", "MULTITASK_PROMPT_TUNING", "PREFIX_TUNING", "P_TUNING", "ADAPTION_PROMPT", "CPT")
MARKS = ("config.json", MODULES, ADAPTER)
WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
NEEDED = ("config.json", "model.safetensors", "tokenizer.json")
SHOWN = 5  # names in a hint
#: Kinds that are less use in an error than the list of models in subfolders.
WEAK = ("tokenizer", "empty", "dataset", "pickle")


def model_folder(text: str, folder: Path) -> Path:
    """The folder of the model in `folder`, which was typed as `text`: itself, or the one that its modules.json names.

    Raises:
        ResourceError: it holds no model; the message names its kind, the hint the next step.
    """
    module = _module(text, folder)
    if module != folder and os.path.isfile(module / "config.json"):
        return module
    is_adapter = os.path.isfile(folder / ADAPTER) and not any(os.path.lexists(folder / name) for name in WEIGHTS)
    if is_adapter:
        raise _adapter_error(text, folder)
    if os.path.lexists(folder / "config.json"):  # its faults are named where it is read
        return folder
    raise _no_model(text, folder)


def is_recognised(folder: Path) -> bool:
    """Whether the files in the folder tell its kind: a model, an adapter, weights of some kind."""
    marked = any(os.path.lexists(folder / name) for name in MARKS)
    return marked or kind_of_folder(folder, lambda kind: kind.key not in WEAK) is not None


def weights_error(folder: Path, missing: str) -> ResourceError | None:
    """The error for a folder with a config.json whose weights are of a kind that is not read."""
    found = kind_of_folder(folder, lambda kind: kind.key not in ("tokenizer", "empty", "cache"))
    if found is None:
        return None
    kind, file = found
    return ResourceError(f"{str(folder)!r} has {file}: {kind.name}; expected {missing}", kind.hint(str(folder), file))


def static_error(folder: Path) -> ResourceError:
    """The error for a folder of static vectors (Model2Vec), which `--vectors` opens."""
    path = str(folder)
    return ResourceError(f"{path!r} holds static word vectors: expected a model", f"--vectors {shlex.quote(path)}")


def file_error(text: str, path: Path) -> ResourceError:
    """The error for a path that exists and is no folder."""
    if not os.path.exists(path):
        return ResourceError(f"{text!r} is a link to {os.readlink(path)!r}, which does not exist", "mend the link")
    if not os.path.isfile(path):
        return ResourceError(f"{text!r} is a pipe, a device or a socket: expected the folder of a model", _expected())
    folder = os.path.dirname(text) or "."
    if any(os.path.lexists(path.parent / name) for name in MARKS):
        return ResourceError(
            f"{text!r} is a file: expected the folder of a model, such as the one around it", _model_option(folder)
        )
    from attncli.files.kinds import kind_of_file  # a table of patterns, which only an error needs

    kind = kind_of_file(path)
    if kind is not None and kind.key == "lfs":
        return ResourceError(f"{text!r} is {kind.name}", fetch_again(path))
    if kind is None or kind.key == "safetensors":
        return ResourceError(f"{text!r} is a file: expected the folder of a model", _expected())
    return ResourceError(f"{text!r} is {kind.name}: expected the folder of a model", kind.hint(text))


def absent_error(text: str) -> ResourceError:
    """The error for a path that does not exist, with the most similar one."""
    slashed = text.replace("\\", "/")
    if slashed != text and os.path.isdir(os.path.expanduser(slashed)):
        return ResourceError(f"the folder {text!r} does not exist", f"here with /: {_model_option(slashed)}")
    near = near_folders(text)
    meant = f"did you mean {near[0]}?" if near else "a model is a folder as Hugging Face saves it, or ORG/NAME"
    return ResourceError(f"the folder {text!r} does not exist", meant)


def near_folders(text: str) -> list[str]:
    """The folders beside the absent path `text` whose names are spelt most like its own."""
    from difflib import get_close_matches  # only an error needs it

    parent, name = os.path.split(text.rstrip("/"))
    beside = os.path.expanduser(parent) or "."
    names = [each for each in entries(beside) or [] if os.path.isdir(os.path.join(beside, each))]
    return [os.path.join(parent, each) for each in get_close_matches(name, names)] if name else []


def _module(text: str, folder: Path) -> Path:
    """The folder of the first module that modules.json names, `folder` itself where there is no such file."""
    if not os.path.isfile(folder / MODULES):
        return folder
    modules = read_json(folder / MODULES)
    first = modules[0] if isinstance(modules, list) and modules else None
    path, kind = (first.get("path"), first.get("type")) if isinstance(first, dict) else (None, None)
    if not isinstance(path, str) or not isinstance(kind, str) or not is_inside(path):
        raise ResourceError(f"{str(folder / MODULES)!r} does not give the path of its first module", _expected())
    if kind.rpartition(".")[2] == "StaticEmbedding":
        raise static_error(folder)
    return folder / path


def is_inside(path: str) -> bool:
    """Whether a path of modules.json stays in its folder."""
    return not PurePosixPath(path).is_absolute() and ".." not in PurePosixPath(path).parts and "\0" not in path


def _no_model(text: str, folder: Path) -> ResourceError:
    """The error for a folder without a model: its kind, and the next step from it or to models in subfolders."""
    if entries(folder) is None:
        return ResourceError(f"the folder {text!r} cannot be read", "its owner may let you: chmod -R u+rX")
    inside = [os.path.join(text, name) for name in _models_in(folder)]
    found = kind_of_folder(folder, lambda kind: not (inside and kind.key in WEAK))
    if found is None:
        return ResourceError(f"the folder {text!r} has no config.json{_but(inside)}", _choice(inside) or _expected())
    kind, file = found
    hint = _cached(folder) if kind.key == "cache" else _choice(inside)
    return ResourceError(f"the folder {text!r} holds {kind.name}: expected a model", hint or kind.hint(text, file))


def _but(inside: Sequence[str]) -> str:
    return f"; {len(inside)} of its folders {'has' if len(inside) == 1 else 'have'} one" if inside else ""


def _models_in(folder: Path) -> list[str]:
    """The folders in it that are models, those with the highest numbers first: the last checkpoint of a training."""
    names = [n for n in entries(folder) or [] if any(os.path.isfile(folder / n / mark) for mark in MARKS)]
    return sorted(names, key=lambda name: [int(each) for each in re.findall(r"\d{1,18}", name)], reverse=True)


def _choice(inside: Sequence[str]) -> str:
    names = [shlex.quote(each) for each in inside[:SHOWN]]
    others = f"; or {', '.join(names[1:])}{', …' if len(inside) > SHOWN else ''}" if len(names) > 1 else ""
    return f"--model {names[0]}{others}" if names else ""


def _cached(folder: Path) -> str:
    names = [each for each in entries(folder) or [] if each.startswith(MODELS)]
    return "a name opens a cached model: --model " + names[0].removeprefix(MODELS).replace("--", "/", 1)


def _adapter_error(text: str, folder: Path) -> ResourceError:
    """The error for the folder of an adapter, typed as `text`: its kind, its base, and how to make a model of it."""
    config = read_object(folder / ADAPTER)
    kind = _short_text(config.get("peft_type") or config.get("config"))
    base = _short_text(config.get("base_model_name_or_path") or config.get("model_name"))
    names = f" ({'LoRA' if kind == 'LORA' else kind})" if kind else ""
    of = f" for {base!r}" if base else ""
    hint = f"the model without it: --model {shlex.quote(base)}" if kind in PROMPTS and base else ""
    return ResourceError(
        f"{text!r} is an adapter{names}{of}, which changes a model: expected a whole one",
        hint or _merging(str(folder), _short_text(config.get("task_type")), base),
    )


def _merging(folder: str, task: str, base: str) -> str:
    """The command that makes one model of the adapter and its base, as PEFT documents merge_and_unload."""
    merged = shlex.quote(folder.rstrip("/") + "-merged")
    name = CLASSES.get(task, "AutoPeftModelForCausalLM")
    code = f"import sys, peft; peft.{name}.from_pretrained(sys.argv[1]).merge_and_unload().save_pretrained(sys.argv[2])"
    with_base = f"{merged} merges it" + ("" if base else " into its base, once adapter_config.json names one")
    return f'python -c "{code}" {shlex.quote(folder)} {with_base}; copy the tokenizer.json of the base there too'


def _short_text(value: object) -> str:
    """The value if it is a text of at most 200 characters, else an empty one."""
    return value if isinstance(value, str) and len(value) <= 200 else ""


def _model_option(folder: str) -> str:
    return f"--model {shlex.quote(folder)}"


def _expected() -> str:
    return f"a model is a folder with {', '.join(NEEDED[:-1])} and {NEEDED[-1]}, or ORG/NAME in the Hugging Face cache"
