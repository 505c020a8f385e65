"""The rules by which a model goes on from a text: those of generation_config.json, else of config.json."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from attncli.files.json_files import read_object

GENERATION = "generation_config.json"
LARGEST = 2**31  # no token has a larger number
MOST = 2**20  # tokens that are never said, of the largest vocabularies
#: Keys under which transformers says other tokens than the likeliest → the values with which it does not.
OTHERS: Mapping[str, tuple[Any, ...]] = MappingProxyType(
    {
        **dict.fromkeys(("num_beams", "repetition_penalty", "encoder_repetition_penalty", "guidance_scale"), (1,)),
        **dict.fromkeys(("no_repeat_ngram_size", "encoder_no_repeat_ngram_size"), (0,)),
        **dict.fromkeys(("min_length", "min_new_tokens"), (0,)),
        **dict.fromkeys(("sequence_bias", "exponential_decay_length_penalty", "begin_suppress_tokens"), ([],)),
    }
)


class Saying(NamedTuple):
    """The rules; ends: the tokens that end a text; never: those that are never said.

    first, last: the token that is always said first, behind a single one, and those of which the first is said last
    where no more tokens are wanted. others: the keys, with their values, that ask for other tokens than the likeliest,
    and are not honoured.
    """

    ends: tuple[int, ...] = ()
    first: int | None = None
    last: tuple[int, ...] = ()
    never: tuple[int, ...] = ()
    others: tuple[str, ...] = ()


def read_saying(folder: Path, config: Mapping[str, Any]) -> Saying:
    """The rules of a folder.

    Raises:
        ResourceError: generation_config.json is damaged.
    """
    path = folder / GENERATION
    found = read_object(path) if path.exists() else config
    ends = found.get("eos_token_id")
    return Saying(
        ends=ids_of(ends if ends is not None else config.get("eos_token_id")),
        first=next(iter(ids_of(found.get("forced_bos_token_id"))), None),
        last=ids_of(found.get("forced_eos_token_id")),
        never=(*ids_of(found.get("suppress_tokens")), *_bad_words(found.get("bad_words_ids"))),
        others=tuple(_others(found)),
    )


def ids_of(value: Any) -> tuple[int, ...]:
    """The ids that a value names, a number or several."""
    several = value if isinstance(value, list) else [value]
    return tuple(each for each in several[:MOST] if type(each) is int and 0 <= each < LARGEST)


def _bad_words(value: Any) -> tuple[int, ...]:
    """The words of one token among those that are never said."""
    words = value if isinstance(value, list) else []
    return tuple(id for word in words[:MOST] if isinstance(word, list) and len(word) == 1 for id in ids_of(word))


def _others(found: Mapping[str, Any]) -> Iterator[str]:
    """The keys that are not honoured with their values, a long one by its name alone."""
    for key, harmless in OTHERS.items():
        value = found.get(key)
        if value is not None and value not in harmless:
            yield f"{key} {value}" if isinstance(value, int | float) else key
    words = found.get("bad_words_ids")
    if isinstance(words, list) and len(_bad_words(words)) < len(words[:MOST]):
        yield "bad_words_ids"
