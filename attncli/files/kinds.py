"""Kinds of files by their first bytes: one table for all files that attn opens.

Sources: the formats' own documents, and the signatures that file(1) knows. One that could be the beginning of a list
of words (`GGUF`, `%PDF`) must be followed by the bytes that its format puts there.
"""

import os
import re
import shlex
import stat
from collections.abc import Sequence
from dataclasses import dataclass

SAMPLE = 4096  # bytes that tell the kind
PICKLE = re.compile(rb"\x80[\x02-\x05]|c[\w.]+\n[\w.]+\n|\(d|\(lp|\(i[\w.]+\n")  # protocols 2 to 5, and 0 and 1

_AS_TEXT = "write it as text: a word and its numbers a line"
_MODEL = "a model is a folder: attn explain --model FOLDER"
_TORCH = (
    "attn runs no pickles; in Python, model.save_pretrained(FOLDER) writes safetensors, "
    "and a table of word vectors goes into text: a word and its numbers a line"
)
_ARRAY = f"it has numbers and no words; {_AS_TEXT}"
_OTHER = "name another file"
_AGAIN = "the download gave a page, perhaps of an error or a login: read it, then download the file itself"
_LFS = "git lfs pull, in its repository, fetches the file itself"


@dataclass(frozen=True)
class FileKind:
    """A kind of file: a short `key`, its `name` with an article, and the way from it to something that attn reads."""

    key: str
    name: str
    way: str

    def hint(self, path: str) -> str:
        """The way on for the file at `path`."""
        return self.way.replace("PATH", shlex.quote(path))


def _archive(key: str, name: str, command: str) -> FileKind:
    return FileKind(key, name, f"{command} PATH unpacks it; then name the file in it")


def _encoded(name: str) -> FileKind:
    return FileKind(name.lower(), f"{name} text", f"iconv -f {name} -t UTF-8 PATH > utf8.txt makes UTF-8 of it")


#: By bytes that no text has; the first that matches.
_BINARY: tuple[tuple[FileKind, bytes], ...] = (
    (_archive("tar", "a tar archive", "tar xf"), rb".{257}ustar[\0 ]"),
    (_archive("rar", "a RAR archive", "unrar x"), rb"Rar!\x1a\x07"),
    (_archive("7z", "a 7z archive", "7z x"), rb"7z\xbc\xaf\x27\x1c"),
    (_archive("zstd", "a zstd archive", "zstd -d"), rb"[\x22-\x28]\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"),
    (_archive("lz4", "an lz4 archive", "lz4 -d"), rb"\x04\x22\x4d\x18"),
    (_archive("lzip", "an lzip archive", "lzip -d"), rb"LZIP\x01"),
    (_archive("compress", "an archive of compress", "gzip -d"), rb"\x1f[\x9d\xa0]"),
    (_archive("lzma", "an lzma archive", "xz -d"), rb"\x5d\0\0(?:[\x01-\x80]\0|\0[\x01-\x80])"),
    (_archive("cab", "a cabinet archive", "cabextract"), rb"MSCF\0{4}"),
    (FileKind("npy", "a NumPy .npy file", _ARRAY), rb"\x93NUMPY"),
    (FileKind("hdf5", "an HDF5 file", f"h5py reads it; {_AS_TEXT}"), rb"\x89HDF"),
    (FileKind("sqlite", "an SQLite file", f"sqlite3 reads it; {_AS_TEXT}"), rb"SQLite format 3\0"),
    (FileKind("duckdb", "a DuckDB database", f"duckdb reads it; {_AS_TEXT}"), rb".{8}DUCK.{2}\0{6}"),
    (FileKind("parquet", "a Parquet file", f"pyarrow or duckdb reads it; {_AS_TEXT}"), rb"PAR[1E][\x15\x19\x1c\0]"),
    (FileKind("arrow", "an Arrow file", f"pyarrow reads it; {_AS_TEXT}"),
     rb"ARROW1\0\0|FEA1\0|\xff{4}.{3}\0\x10\0\0\0"),
    (FileKind("avro", "an Avro file", _AS_TEXT), rb"Obj\x01"),
    (FileKind("orc", "an ORC file", f"pyarrow reads it; {_AS_TEXT}"), rb"ORC[\0-\x1f]"),
    (FileKind("safetensors", "a safetensors file", _MODEL), rb".{6}\0\0\{\s*[\"}]"),
    (FileKind("gguf", "a GGUF model", "it has no vectors of words; " + _MODEL),
     rb"GGUF(?:[\x01-\x09]\0|\0\0\0[\x01-\x09])"),
    (FileKind("ggml", "a GGML model", _MODEL), rb"(?:lmgg|fmgg|tjgg)(?:[\x01-\x09]\0|.{2}\0\0)"),
    (FileKind("torch", "a PyTorch checkpoint", _TORCH), rb"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19\."),
    (FileKind("savedmodel", "a TensorFlow SavedModel", _MODEL), rb"\x08\x01\x12"),
    (FileKind("onnx", "an ONNX model", _MODEL), rb"\x08[\x02-\x14][\x12\x1a\x22\x28\x32\x3a\x42]"),
    (FileKind("tflite", "a TensorFlow Lite model", _MODEL), rb".{2}\0\0TFL3"),
    (FileKind("sentencepiece", "a SentencePiece model", _MODEL), rb"\n[\x05-\x7f]\n[\x01-\x70][^\n]{1,112}?[\x15\x18]"),
    (FileKind("faiss", "a faiss index", _ARRAY), rb"Ix[\w2]{2}.{2}\0\0"),
    (FileKind("finalfusion", "a finalfusion file", f"finalfusion convert writes word2vec; {_AS_TEXT}"),
     rb"FiFu[\0-\x09]"),
    (FileKind("matlab", "a MATLAB file", f"scipy.io.loadmat reads it; {_AS_TEXT}"), rb"MATLAB 5\.0 MAT-file"),
    (FileKind("r", "a file of R's", f"in R, write.table makes text of it; {_AS_TEXT}"),
     rb"RD[AX][23]\n|X\n\0\0\0[\x02\x03]"),
    (FileKind("pdf", "a PDF document", "pdftotext PATH takes its text out"), rb"%PDF-\d"),
    (FileKind("postscript", "a PostScript document", "ps2txt PATH takes its text out"), rb"%!PS-"),
    (FileKind("rtf", "an RTF document", "save it as plain text"), rb"\{\\rtf"),
    (FileKind("picture", "a picture", _OTHER), rb"\x89PNG|\xff\xd8\xff|GIF8[79]a|RIFF.{4}WEBP|II\*\0|MM\0\*"),
    (FileKind("sound", "a sound or a film", _OTHER),
     rb"RIFF.{4}(?:WAVE|AVI )|ID3[\x02-\x04]\0|OggS\0|fLaC\0|\0.{3}ftyp"),
    (FileKind("program", "a program", _OTHER), rb"\x7fELF|[\xcf\xce]\xfa\xed\xfe|\xca\xfe\xba\xbe|MZ.{58,510}PE\0\0"),
    (_encoded("UTF-32"), rb"\xff\xfe\0\0|\0\0\xfe\xff"),
    (_encoded("UTF-16"), rb"\xff\xfe|\xfe\xff"),
)  # fmt: skip

#: By bytes too: the packings that attn unpacks.
_PACKED: tuple[tuple[FileKind, bytes], ...] = (
    (_archive("gzip", "a gzip archive", "gunzip -k"), rb"\x1f\x8b"),
    (_archive("bzip2", "a bzip2 archive", "bunzip2 -k"), rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"),  # BZh may be a word
    (_archive("xz", "an xz archive", "unxz -k"), rb"\xfd7zXZ\0"),
    (_archive("zstd", "a zstd archive", "zstd -d"), rb"\x28\xb5\x2f\xfd"),
    (_archive("zip", "a zip archive", "unzip"), rb"PK(?:\x03\x04|\x05\x06)"),
)  # fmt: skip

_BEFORE = rb"(?:\xef\xbb\xbf)?\s*"
_FIELD = rb"(?:\"[^\"\n]*\"|[^\s,;\"]*)"
#: By their first line, which a list of words could have as well: for files that are known to be no such list.
_TEXTUAL: tuple[tuple[FileKind, bytes], ...] = (
    (FileKind("lfs", "a Git LFS pointer in the place of a file that was not fetched", _LFS),
     rb"version https://git-lfs\.github\.com/spec/"),
    (FileKind("html", "a web page (HTML)", _AGAIN), _BEFORE + rb"<(?:!doctype html|html|head|body|title|script|!--)"),
    (FileKind("xml", "an XML document", _AS_TEXT), _BEFORE + rb"<(?:\?xml|\w[\w:]*(?: [\w:]+=\"[^\"]*\")+ ?/?>)"),
    (FileKind("script", "a script", _OTHER), rb"#!\s*/"),
    (FileKind("json", "a JSON file", _AS_TEXT),
     _BEFORE + rb"(?:\{\s*(?:\"[^\"\n]*\"\s*:|\})|\[\s*(?:[\[{\"\]]|-?[\d.eE+-]+\s*[,\]]))"),
    (FileKind("csv", "a table with commas (CSV)", "tr ',' ' ' < PATH > vectors.txt makes blanks of them"),
     _BEFORE + _FIELD + rb"(?:, ?" + _FIELD + rb"){2,}\s*?(?:\n|\Z)"),
    (FileKind("csv", "a table with semicolons (CSV)", "tr ';' ' ' < PATH > vectors.txt makes blanks of them"),
     _BEFORE + _FIELD + rb"(?:; ?" + _FIELD + rb"){2,}\s*?(?:\n|\Z)"),
)  # fmt: skip

#: Kinds of zip archives, by the name of a member.
_ZIPPED: tuple[tuple[FileKind, str], ...] = (
    (FileKind("torch", "a PyTorch checkpoint", _TORCH), r"(?:[^/]+/)?data\.pkl"),
    (FileKind("office", "an office document", "save it as plain text"), r"\[Content_Types\]\.xml|mimetype"),
    (FileKind("keras", "a Keras model", _MODEL), r"model\.weights\.h5"),
    (FileKind("jar", "a Java archive", _OTHER), r"META-INF/MANIFEST\.MF"),
    (FileKind("wheel", "a Python package", "pip install PATH installs it"), r"[^/]+\.dist-info/METADATA"),
)
_NPZ = FileKind("npz", "a NumPy .npz file", _ARRAY)
_PICKLED = FileKind("pickle", "a Python pickle", _TORCH)


def packed_kind(head: bytes) -> FileKind | None:
    """The kind of archive that begins with these bytes, of those that attn unpacks: its `key` names the packing."""
    return next((kind for kind, pattern in _PACKED if re.match(pattern, head)), None)


def binary_kind(head: bytes) -> FileKind | None:
    """The kind of a file that begins with these bytes, if they are of a kind that is no text.

    Archives that attn unpacks are `packed_kind`'s; pickles are not in the table, since their marks are weak.
    """
    return next((kind for kind, pattern in _BINARY if re.match(pattern, head, re.DOTALL)), None)


def text_kind(head: bytes) -> FileKind | None:
    """The kind of text that begins with these bytes. A list of words can look like most of them."""
    return next((kind for kind, pattern in _TEXTUAL if re.match(pattern, head, re.IGNORECASE)), None)


def kind_of_members(names: Sequence[str]) -> FileKind | None:
    """The kind of a zip archive with members of these names; None if it is any archive."""
    if names and all(name.endswith(".npy") for name in names):
        return _NPZ
    return next((kind for kind, pattern in _ZIPPED if any(re.fullmatch(pattern, name) for name in names)), None)


def kind_of_file(path: str | os.PathLike[str]) -> FileKind | None:
    """The kind of the file at `path`; None if it is unknown, empty, no plain file, or cannot be read.

    Nothing is waited for: a pipe or a device is not opened for reading.
    """
    import zipfile  # 10 ms, which only a file should cost

    try:
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None
            head = file.read(SAMPLE)
            if not head.startswith(b"PK\x03\x04"):
                return binary_kind(head) or text_kind(head) or (_PICKLED if PICKLE.match(head) else None)
            with zipfile.ZipFile(file) as archive:
                return kind_of_members(archive.namelist()[:1000])
    except (OSError, ValueError, LookupError, RuntimeError, zipfile.BadZipFile):
        return None
