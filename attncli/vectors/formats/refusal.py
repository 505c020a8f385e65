"""The error for a file that is no set of word vectors."""

from attncli.errors import ResourceError

SUPPORTED = (
    "attn reads word2vec text and binary, GloVe, fastText .vec and .bin and gensim .kv files, "
    "also as .gz, .bz2, .xz, .zst or alone in a .zip"
)


def refused(path: str, why: str, hint: str = SUPPORTED) -> ResourceError:
    """The file is no set of word vectors, or a broken one."""
    return ResourceError(f"'{path}' {why}", hint)
