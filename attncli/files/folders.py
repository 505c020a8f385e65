"""Kinds of folders by the files in them: one table for folders of models and of word vectors."""

import os
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

MOST = 10_000  # entries that are looked at

_TORCH = (
    'python -c "import sys, torch, safetensors.torch as s; s.save_file({k: v.clone() for k, v in torch.load('
    "sys.argv[1], weights_only=True).items()}, sys.argv[2], {'format': 'pt'})\" PATH/FILE PATH/model.safetensors "
    "converts it"
)
_SHARDS = (
    'python -c "import sys, transformers as t; t.AutoModel.from_pretrained(sys.argv[1]).save_pretrained(sys.argv[1])" '
    "PATH converts them"
)
_OLD = (
    'with transformers below 5: python -c "import sys, transformers as t; t.AutoModel.from_pretrained(sys.argv[1], '
    'from_{}=True).save_pretrained(sys.argv[1])" PATH converts them'
)
_EXPORT = "name the folder of the model that it was made from, with config.json, model.safetensors and tokenizer.json"
_ORIGINAL = "name the folder of the same model in Hugging Face's form: config.json, model.safetensors, tokenizer.json"
_SPACY = (
    'for its word vectors: python -c "import sys, spacy; v = spacy.load(sys.argv[1]).vocab; [print(v.strings[k], '
    '*v.vectors[k]) for k in v.vectors]" PATH > vectors.txt, then --vectors vectors.txt'
)
_VECTORS = "name one of its files: --vectors PATH/FILE"
_PICKLE = "PyTorch weights in a pickle, which is never opened (it can run code)"
_OTHER = "name the folder of a model: config.json, model.safetensors and tokenizer.json"


@dataclass(frozen=True)
class FolderKind:
    """A kind of folder: a short `key`, the `name` of its content, and the `way` from it to a folder that attn reads.

    A folder is of this kind if it has a file for each of the `marks`: names, perhaps with * or in a folder of it.
    """

    key: str
    name: str
    way: str
    marks: tuple[str, ...]

    def hint(self, path: str, file: str = "") -> str:
        """The way on for the folder at `path`; `file` is the one that its first mark found."""
        files = {"PATH/FILE": os.path.join(path, file), "PATH": path, "FILE": file}
        return re.sub(r"\bPATH/FILE\b|\bFILE\b|\bPATH(/[\w.]+)?", lambda match: _quoted(match, files), self.way)


#: The first that matches counts: kinds of weights come before kinds that tell less.
KINDS: tuple[FolderKind, ...] = (
    FolderKind("store", "a store of word vectors", "--vectors PATH opens it", ("index.sqlite", "vectors.npy")),
    FolderKind("cache", "a Hugging Face cache", "name a model in it: --model ORG/NAME", ("models--*",)),
    FolderKind("diffusers", "a pipeline of diffusers", "its parts are models of their own: --model PATH/text_encoder",
               ("model_index.json",)),
    FolderKind("spacy", "a spaCy pipeline", _SPACY, ("meta.json", "vocab")),
    FolderKind("spacy", "a spaCy pipeline", _SPACY, ("meta.json", "config.cfg")),
    FolderKind("spacy", "a table of spaCy's vectors", "name the folder of its pipeline, which has meta.json",
               ("key2row", "vectors")),
    FolderKind("adapters", "an adapter without its adapter_config.json", _OTHER, ("adapter_model.*",)),
    FolderKind("ctranslate2", "a CTranslate2 model", _EXPORT, ("model.bin", "*vocabulary.*")),
    FolderKind("mlc", "a model compiled by MLC", _EXPORT, ("mlc-chat-config.json",)),
    FolderKind("openvino", "an OpenVINO export", _EXPORT, ("openvino_*.xml",)),
    FolderKind("coreml", "a Core ML export", _EXPORT, ("*.mlpackage",)),
    FolderKind("coreml", "a Core ML export", _EXPORT, ("*.mlmodel*",)),
    FolderKind("tensorrt", "a TensorRT engine", _EXPORT, ("*.engine",)),
    FolderKind("nemo", "a NeMo checkpoint", _ORIGINAL, ("*.nemo",)),
    FolderKind("native", "a checkpoint in its maker's own form", _ORIGINAL, ("params.json", "consolidated*")),
    FolderKind("fairseq", "a fairseq checkpoint", _ORIGINAL, ("dict.txt", "*.pt")),
    FolderKind("megatron", "a Megatron checkpoint", _ORIGINAL, ("latest_checkpointed_iteration.txt",)),
    FolderKind("deepspeed", "a DeepSpeed checkpoint",
               "python PATH/zero_to_fp32.py PATH PATH --safe_serialization converts it", ("zero_to_fp32.py",)),
    FolderKind("fsdp", "an FSDP checkpoint", "accelerate merge-weights PATH/FILE PATH converts it",
               ("pytorch_model_fsdp_*",)),
    FolderKind("shards", "safetensors shards without model.safetensors.index.json, the list of their arrays",
               "copy the whole folder again from where it came", ("model-*-of-*.safetensors",)),
    FolderKind("safetensors", "safetensors under another name", "mv PATH/FILE PATH/model.safetensors",
               ("*.safetensors",)),
    FolderKind("gguf", "a GGUF model", "its file is the model: --model PATH/FILE", ("*.gguf",)),
    FolderKind("pickle", _PICKLE, _TORCH, ("pytorch_model.bin",)),
    FolderKind("pickles", "PyTorch weights in pickles, which are never opened (they can run code)", _SHARDS,
               ("pytorch_model-*.bin",)),
    FolderKind("tensorflow", "TensorFlow weights", _OLD.format("tf"), ("tf_model*.h5",)),
    FolderKind("flax", "Flax weights", _OLD.format("flax"), ("flax_model*.msgpack",)),
    FolderKind("bert", "a TensorFlow checkpoint of BERT as its makers saved it", _ORIGINAL,
               ("*model.ckpt*.index", "bert_config.json")),
    FolderKind("tensorflow", "a TensorFlow checkpoint", _ORIGINAL, ("*.ckpt*.index",)),
    FolderKind("savedmodel", "a TensorFlow SavedModel", _EXPORT, ("saved_model.pb",)),
    FolderKind("keras", "a Keras model", _EXPORT, ("*.keras",)),
    FolderKind("keras", "weights in HDF5", _EXPORT, ("*.h5",)),
    FolderKind("onnx", "an ONNX export", _EXPORT, ("*.onnx",)),
    FolderKind("onnx", "an ONNX export", _EXPORT, ("onnx/*.onnx",)),
    FolderKind("rust", "weights for rust-bert", _EXPORT, ("rust_model.ot",)),
    FolderKind("tflite", "a TensorFlow Lite export", _EXPORT, ("*.tflite",)),
    FolderKind("gensim", "a folder of gensim's files", _VECTORS, ("*.kv",)),
    FolderKind("gensim", "a folder of gensim's files", _VECTORS, ("*.model", "*.npy")),
    FolderKind("fasttext", "a folder of fastText's files", _VECTORS, ("*.vec",)),
    FolderKind("fasttext", "a compressed fastText model", _VECTORS, ("*.ftz",)),
    FolderKind("pickle", _PICKLE, _ORIGINAL, ("*.bin",)),
    FolderKind("pickle", _PICKLE, _ORIGINAL, ("*.pt",)),
    FolderKind("pickle", _PICKLE, _ORIGINAL, ("*.pth",)),
    FolderKind("pickle", _PICKLE, _ORIGINAL, ("*.ckpt",)),
    FolderKind("dataset", "a data set", _OTHER, ("dataset_info.json",)),
    FolderKind("dataset", "a data set", _OTHER, ("dataset_dict.json",)),
    FolderKind("corpus", "a folder of attn corpus", _OTHER, ("manifest.json", "weights")),
    FolderKind("tokenizer", "a tokenizer without a model", _OTHER, ("tokenizer*",)),
    FolderKind("tokenizer", "a tokenizer without a model", _OTHER, ("vocab.*",)),
    FolderKind("empty", "nothing", _OTHER, ()),
)  # fmt: skip


def kind_of_folder(
    path: str | os.PathLike[str], wanted: Callable[[FolderKind], bool] = lambda _: True
) -> tuple[FolderKind, str] | None:
    """The kind of the folder, of those that are `wanted`, and the file that its first mark found.

    None if it is unknown or cannot be read. No file is opened.
    """
    names = entries(path)
    if names is None:
        return None
    for kind in filter(wanted, KINDS):
        found = [_first(path, names, mark) for mark in kind.marks]
        if all(found) and (found or not names):
            return kind, found[0] if found else ""
    return None


def entries(path: str | os.PathLike[str]) -> list[str] | None:
    """The names in the folder, sorted; None if it cannot be read. Of a very full one, some."""
    try:
        with os.scandir(path) as found:
            return sorted(entry.name for entry, _ in zip(found, range(MOST), strict=False))
    except (OSError, ValueError):
        return None


def _first(path: str | os.PathLike[str], names: list[str], mark: str) -> str:
    """The first name that the mark matches, empty if no name does."""
    folder, _, name = mark.rpartition("/")
    if folder:
        inside = entries(os.path.join(path, folder)) or [] if folder in names else []
        found = _first(path, inside, name)
        return f"{folder}/{found}" if found else ""
    return next((each for each in names if fnmatchcase(each, name)), "")


def _quoted(match: re.Match[str], files: dict[str, str]) -> str:
    """The path for a placeholder, quoted for the shell."""
    inside = match[1] or ""
    return shlex.quote(files[match[0].removesuffix(inside) if inside else match[0]] + inside)
