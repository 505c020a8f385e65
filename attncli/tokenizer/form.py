"""The parts of a tokenizer.json: those that are refused, and those that take little time and memory on any text."""

import base64
import binascii
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attncli.arrays import Array

FREE, A_ROW = 2**20, 512  # bytes of a tokenizer.json: in all, and for each row of the embedding; real ones take 130
MOST_PARTS = 16  # of a normalizer, pre-tokenizer or template; the longest in use has 8
MOST_ADDED = 20_000
REFUSED_PARTS = 1000
MOST_GROWTH = 16  # how many times longer a text may become before it is cut
REFUSED_GROWTH = 2**16
LONGEST_FORM = 256  # bytes that a character may become; the longest of Unicode's compatibility forms has 33
LONGEST_WORD = 1000  # characters that WordPiece tries to cut, in quadratic time; 100 everywhere
ESCAPED = tuple(rb"\u00%d" % digit for digit in range(2, 8))  # a letter, sign or digit that could be written as such
CHARSMAP = re.compile(rb'"precompiled_charsmap"\s*:\s*("(?:[^"\\]|\\.)*")')
REGEX = re.compile(rb'"Regex"\s*:\s*("(?:[^"\\]|\\.)*")')
_CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_WORDS = r"[^\r\n\p{L}\p{N}]?\p{L}+"
_SIGNS = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
_LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_CASED = rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+"
_CAPITALS = rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*"
_SLASHED = r" ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_ENDED = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = rf"{_CONTRACTIONS}|{_WORDS}|\p{{N}}{{1,3}}|{_SIGNS}"
QWEN2 = rf"{_CONTRACTIONS}|{_WORDS}|\p{{N}}|{_SIGNS}"
GPT4O = rf"{_CASED}{_ENDED}|{_CAPITALS}{_ENDED}|\p{{N}}{{1,3}}|{_SLASHED}"
TEKKEN = rf"{_CASED}|{_CAPITALS}|\p{{N}}|{_SLASHED}"
#: Expressions that take linear time: those, and SentencePiece's.
REGEXES = {
    *(GPT2, LLAMA3, QWEN2, GPT4O, TEKKEN),
    *(r"\A | \z", r"\A▁", r"\n"),
    *(" {2,}", r"\s{2,}|[\n\r\t]", r"\s+", r"\p{N}", r"\p{N}{1,3}", r"\d", r"\s", r"[\r\n]"),
}
CUTTERS = {"BertPreTokenizer", "ByteLevel", "Metaspace", "Whitespace", "WhitespaceSplit", "Punctuation", "Digits"}
CUTTERS |= {"CharDelimiterSplit", "UnicodeScripts", "FixedLength", "Split"}
NORMALIZERS = {"BertNormalizer", "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Strip", "StripAccents", "Nmt", "ByteLevel"}
NORMALIZERS |= {"Precompiled", "Prepend", "Replace"}
TEXTS = {"single": "A", "pair": "AB"}  # forms of a template, and the texts that each takes, in order


class FaultyTokenizerError(Exception):
    """A tokenizer.json that cannot be used; its text is the reason."""


def largest(rows: int) -> int:
    """The bytes that a tokenizer.json of a model of so many tokens may have to be read in this process."""
    return FREE + A_ROW * rows


def may_be_parsed(data: bytes) -> bool:
    """Whether the library may read the file in this process: no unknown expression is in it.

    Nor a table of characters that says it is larger than it is, for which the library takes the memory.
    Cheap: the file is searched, not parsed.
    """
    if any(escape in data for escape in ESCAPED) or not all(map(_is_whole, CHARSMAP.findall(data))):
        return False
    found = REGEX.findall(data) if b'"Regex"' in data else []
    return all(_regex(text) in REGEXES for text in found)


def _is_whole(text: bytes) -> bool:
    """Whether a table of characters, quoted, has the length that it says."""
    try:
        _charsmap(json.loads(text))
    except (ValueError, FaultyTokenizerError):
        return False
    return True


def _regex(text: bytes) -> str:
    try:
        return str(json.loads(text))
    except ValueError:
        return ""


def check_form(tokenizer: Any) -> None:
    """Raise FaultyTokenizerError for a part that no tokenizer needs, or one that contradicts itself."""
    normal, cuts, after = _steps(tokenizer)
    if max(len(normal), len(cuts), len(after)) > REFUSED_PARTS:
        raise FaultyTokenizerError(f"a step of it has more than {REFUSED_PARTS:,} parts")
    if any(part["type"] == "FixedLength" and part.get("length") == 0 for part in cuts):
        raise FaultyTokenizerError("its pre-tokenizer cuts pieces of length 0")
    if _growth(normal) > REFUSED_GROWTH:
        raise FaultyTokenizerError("its normalizer makes texts more than 65,536 times longer")
    for part in normal:
        if part["type"] == "Precompiled":
            _charsmap(part["precompiled_charsmap"])
    if (added := sum(_added_by(part) for part in after)) > REFUSED_PARTS:
        raise FaultyTokenizerError(f"its template adds {added:,} tokens to every text")


def is_known(tokenizer: Any, more: Collection[str] = ()) -> bool:
    """Whether every part of a tokenizer of the library is of a form that takes little time and memory on any text.

    more: expressions that are known besides those of any file.
    """
    normal, cuts, after = _steps(tokenizer)
    tables = [part["precompiled_charsmap"] for part in normal if part["type"] == "Precompiled"]
    return (
        max(len(normal), len(cuts), len(after), sum(map(_added_by, after))) <= MOST_PARTS
        and _growth(normal) <= MOST_GROWTH
        and all(part["type"] in NORMALIZERS and _is_plain(part, more) for part in normal)
        and all(part["type"] in CUTTERS and _is_plain(part, more) for part in cuts)
        and getattr(tokenizer.model, "max_input_chars_per_word", 0) <= LONGEST_WORD
        and len(tokenizer.get_added_tokens_decoder()) <= MOST_ADDED
        and all(is_sound(_charsmap(table)) for table in tables)
    )


Part = Mapping[str, Any]


def _steps(tokenizer: Any) -> tuple[list[Part], list[Part], list[Part]]:
    """The parts of the normalizer, of the pre-tokenizer, and of the post-processor."""
    return (
        list(_parts(tokenizer.normalizer, "normalizers")),
        list(_parts(tokenizer.pre_tokenizer, "pretokenizers")),
        list(_parts(tokenizer.post_processor, "processors")),
    )


def _parts(component: Any, name: str) -> Iterator[Part]:
    """The steps of a component, one after another."""
    yield from [] if component is None else _flat(json.loads(component.__getstate__()), name)


def _flat(state: Part, name: str) -> Iterator[Part]:
    if state["type"] != "Sequence":
        yield state
        return
    for part in state[name]:
        yield from _flat(part, name)


def _growth(parts: Sequence[Part]) -> float:
    """The factor by which replacements may lengthen a text."""
    growth = 1.0
    for part in parts:
        if part["type"] == "Replace":
            growth *= max(1.0, len(part["content"]) / (len(part["pattern"].get("String", " ")) or 1e-9))
    return growth


def _is_plain(part: Part, more: Collection[str]) -> bool:
    """Whether its pattern is a text or a known expression, and its prefix is short."""
    pattern = part.get("pattern")
    known = not isinstance(pattern, dict) or (
        pattern.get("String") != "" and pattern.get("Regex", QWEN2) in {*REGEXES, *more}
    )
    return known and len(part.get("prepend", "")) <= MOST_GROWTH


def _charsmap(text: str) -> bytes:
    """SentencePiece's rules; FaultyTokenizerError if their table has another length than they give."""
    try:
        rules = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        rules = b""
    check_charsmap(rules)
    return rules


def check_charsmap(rules: bytes) -> None:
    """Raise FaultyTokenizerError if SentencePiece's table has another length than its rules give."""
    size = int.from_bytes(rules[:4], "little")
    if not 1024 <= size <= len(rules) - 4 or size % 4:
        raise FaultyTokenizerError("the rules of its normalizer (precompiled_charsmap) are damaged")


def check_pair(tokenizer: Any) -> None:
    """Raise FaultyTokenizerError for a template of two texts that takes one not just once, or adds too many tokens."""
    parts = _parts(tokenizer.post_processor, "processors")
    if (added := sum(_added_by(part, "pair") for part in parts)) > REFUSED_PARTS:
        raise FaultyTokenizerError(f"its template adds {added:,} tokens to every two texts")


def _added_by(part: Part, form: str = "single") -> int:
    """The number of tokens that a template adds. FaultyTokenizerError: a wrong count, or a text not just once."""
    if part["type"] != "TemplateProcessing":
        return 0
    if [each["Sequence"]["id"] for each in part[form] if "Sequence" in each] != list(TEXTS[form]):
        raise FaultyTokenizerError(f"its template takes {'the text' if form == 'single' else 'a text'} not just once")
    named = [each["SpecialToken"]["id"] for each in part[form] if "SpecialToken" in each]
    special = [part["special_tokens"].get(name, {"ids": (), "tokens": ()}) for name in named]
    for each in special:
        if len(each["ids"]) != len(each["tokens"]):
            raise FaultyTokenizerError(f"its template has {len(each['ids'])} ids for {len(each['tokens'])} tokens")
    return sum(len(each["ids"]) for each in special)


def is_sound(rules: bytes) -> bool:
    """Whether no text leads outside SentencePiece's table of replacements: a double array (Darts), and texts.

    Every step must lead to a unit of the table, and every end to a text of its own.
    A unit has its label in bits 0–7, whether something ends there in bit 8, and how far the next one is in bits 10–30
    (bit 9: times 256); bit 31 marks an end, whose other bits are the place of its text.
    """
    import numpy as np  # the process of a tokenizer of unknown form does without it

    size = int.from_bytes(rules[:4], "little")
    units = np.frombuffer(rules, "<u4", size // 4, 4).astype(np.int64)  # [n]
    texts = np.frombuffer(rules, np.uint8, offset=4 + size)  # [bytes]
    steps = np.flatnonzero(units >> 31 == 0)
    far = units[steps] >> 10 << ((units[steps] & 512) >> 6)
    following = steps ^ far
    if not len(steps) or (following | 255).max() >= len(units):
        return False
    places = units[following[units[steps] & 256 > 0]] & 0x7FFFFFFF
    return _are_texts(texts, places)


def _are_texts(texts: "Array", places: "Array") -> bool:
    """Whether a short text that ends with 0 starts at each place."""
    ends = (texts == 0).nonzero()[0]
    if not len(ends) or ends[-1] != len(texts) - 1 or places.max(initial=0) >= len(texts):
        return False
    longest = (ends[ends.searchsorted(places)] - places).max(initial=0)
    try:
        texts.tobytes().decode()
    except UnicodeDecodeError:
        return False
    return bool(longest <= LONGEST_FORM and not (texts[places] & 0xC0 == 0x80).any())
