"""The tokenizer that the metadata of a GGUF file describe: its vocabulary, and the steps around it, by name.

`tokenizer.ggml.model` is `gpt2` for pairs of bytes (Sennrich et al. 2016), cut as `tokenizer.ggml.pre` says, and
`llama` for SentencePiece's pairs of characters (Kudo and Richardson 2018), which are merged by the score of the result.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from attncli.errors import quoted
from attncli.extras import package
from attncli.tokenizer.byte_spelling import SPELLING, spelled_bytes
from attncli.tokenizer.encoded import Encoder, Mark, Roles
from attncli.tokenizer.encoding import encoder_of, faults, quiet
from attncli.tokenizer.form import GPT4O, LLAMA3, MOST_ADDED, QWEN2, TEKKEN, FaultyTokenizerError
from attncli.tokenizer.merges import merges_of

KEY = "tokenizer.ggml."
MOST_MERGES = 600_000  # Llama 4 has 440,000
MOST_TOKENS = 2**19  # the largest vocabularies in use have 262,144
CONTROL, USER_DEFINED = 3, 4  # token types: special ones, and ones that are never cut
SPACE = "▁"
#: The names of tokens with a role, and those that are special in any file with such a vocabulary.
ROLES = ("bos", "eos", "unknown", "padding")
ALWAYS = ("<s>", "</s>", "<unk>", "<bos>", "<eos>", "<pad>", "<mask>", "<|endoftext|>")
#: `tokenizer.ggml.pre` → the rule by which texts are cut before their bytes are merged; None: GPT-2's.
CUTS: Mapping[str, str | None] = {
    **dict.fromkeys(("default", "gpt-2", "gpt2", "olmo", "mpt", "phi-2", "jais", "dolly", "roberta-bpe"), None),
    **dict.fromkeys(("llama3", "llama-v3", "llama-bpe", "falcon3", "pixtral", "dbrx", "smaug-bpe", "lfm2"), LLAMA3),
    **dict.fromkeys(("qwen2", "deepseek-r1-qwen", "megrez", "kormo"), QWEN2),
    **dict.fromkeys(("gpt-4o", "llama4"), GPT4O),
    "tekken": TEKKEN,
    # These cut each digit off first, which their merges, without pairs of digits, do again; not so numerals such as ½.
    **dict.fromkeys(("smollm", "starcoder", "refact", "command-r", "codeshell", "exaone"), None),
}


@dataclass(frozen=True)
class Described:
    """The metadata of a tokenizer.

    types: of each token, as GGUF counts them; scores: of each token, of SentencePiece's; merges: pairs, in order.
    """

    library: Any
    values: Mapping[str, Any]
    tokens: list[str]
    types: list[int]

    @classmethod
    def of(cls, library: Any, values: Mapping[str, Any]) -> "Described":
        """Checked; FaultyTokenizerError for lists of another form."""
        tokens = values.get(f"{KEY}tokens")
        if not isinstance(tokens, list) or not 0 < len(tokens) <= MOST_TOKENS:  # a list is one of texts
            raise FaultyTokenizerError(f"{KEY}tokens: expected 1 to {MOST_TOKENS:,} texts, got {quoted(tokens)}")
        types = values.get(f"{KEY}token_type")
        return cls(library, values, tokens, [] if types is None else _numbers("token_type", types, len(tokens)))

    @property
    def scores(self) -> list[float]:
        """The score of each token."""
        return _numbers("scores", self.values.get(f"{KEY}scores"), len(self.tokens))

    @property
    def merges(self) -> list[tuple[str, str]] | None:
        """The pairs that are merged, in order; None where the file has none."""
        listed = self.values.get(f"{KEY}merges")
        if listed is None:
            return None
        if not isinstance(listed, list) or len(listed) > MOST_MERGES:
            raise FaultyTokenizerError(f"{KEY}merges: expected up to {MOST_MERGES:,} texts, got {_counted(listed)}")
        if wrong := next((each for each in listed if each.count(" ") != 1), None):
            raise FaultyTokenizerError(f"{KEY}merges: expected texts of two pieces each, got {quoted(wrong)}")
        return [(first, second) for first, _, second in (each.partition(" ") for each in listed)]

    def of_type(self, wanted: int) -> list[str]:
        """The tokens of a type."""
        return [token for token, kind in zip(self.tokens, self.types, strict=False) if kind == wanted]

    def flag(self, name: str, default: bool) -> bool:
        """A switch of the file."""
        found = self.values.get(f"{KEY}{name}")
        return default if found is None else bool(found)

    def token(self, role: str) -> str | None:
        """The token of a role; FaultyTokenizerError for a number that no token has."""
        number = self.values.get(f"{KEY}{role}_token_id")
        if number is None:
            return None
        if type(number) is not int or not 0 <= number < len(self.tokens):
            raise FaultyTokenizerError(f"{KEY}{role}_token_id: expected one of {len(self.tokens):,}, got {number}")
        return self.tokens[number]


def metadata_encoder(values: Mapping[str, Any]) -> Encoder:
    """The tokenizer that the metadata of a GGUF file describe.

    Raises:
        FaultyTokenizerError: a kind that is not known, lists of another form, or ones that contradict each other.
        ResourceError: the library is not installed.
    """
    described = Described.of(package("tokenizers", "a model"), values)
    kind = values.get(f"{KEY}model")
    if not isinstance(kind, str) or kind not in KINDS:
        raise FaultyTokenizerError(f"{KEY}model: expected one of {', '.join(KINDS)}, got {quoted(kind)}")
    with faults(), quiet():
        tokenizer = KINDS[kind](described)
        _add_tokens(tokenizer, described)
        warnings = _put_around(tokenizer, described, kind)
    begin = described.token("bos")
    roles = Roles(None if begin is None else Mark(described.values[f"{KEY}bos_token_id"], begin))
    return encoder_of(tokenizer, (*_unknown_cut(described, kind), *warnings))._replace(roles=roles)


def _counted(found: Any) -> str:
    """How many there are of what should be a list."""
    return f"{len(found):,}" if isinstance(found, list) else quoted(found)


def _numbers(name: str, found: Any, count: int) -> list[Any]:
    if not isinstance(found, np.ndarray) or len(found) != count:
        raise FaultyTokenizerError(f"{KEY}{name}: expected {count:,} numbers, one a token, got {quoted(found)}")
    return list(found.tolist())


def _bytes(described: Described) -> Any:
    """Pairs of bytes, which are spelled with a visible character each (GPT-2)."""
    library, visible = described.library, frozenset(SPELLING.values())
    whole = {*described.of_type(CONTROL), *described.of_type(USER_DEFINED)}
    vocabulary = {
        token if token in whole or visible.issuperset(token) else spelled_bytes(token.encode(errors="replace")): number
        for number, token in enumerate(described.tokens)
    }
    tokenizer = library.Tokenizer(library.models.BPE(vocab=vocabulary, merges=described.merges or []))
    tokenizer.pre_tokenizer = _cut(described)
    return tokenizer


def _cut(described: Described) -> Any:
    library = described.library
    pre, level = library.pre_tokenizers, partial(library.pre_tokenizers.ByteLevel, add_prefix_space=False)
    rule = CUTS.get(str(described.values.get(f"{KEY}pre", "default")))
    if rule is None:
        return level()
    return pre.Sequence([pre.Split(library.Regex(rule), behavior="isolated"), level(use_regex=False)])


def _pieces(described: Described) -> Any:
    """SentencePiece's pairs; in Gemma and Phi-3 with other steps before them."""
    architecture = described.values.get("general.architecture")
    if architecture in ("gemma", "gemma2", "gemma3"):
        return _gemma(described)
    tokenizer = _merged(described, described.tokens, None)
    normalizers, cut = described.library.normalizers, described.library.pre_tokenizers
    if architecture == "phi3":
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend(SPACE), normalizers.Replace(" ", SPACE)])
    else:
        scheme = "first" if described.flag("add_space_prefix", True) else "never"
        tokenizer.pre_tokenizer = cut.Metaspace(replacement=SPACE, prepend_scheme=scheme, split=False)
    return tokenizer


def _gemma(described: Described) -> Any:
    """Merged in the order of the vocabulary, whose scores are another; its runs of spaces are stored as such."""
    tokens = [SPACE * len(each) if each.isspace() and " " in each else each for each in described.tokens]
    tokenizer = _merged(described, tokens, [-number for number in range(len(tokens))], unknown="<unk>")
    tokenizer.normalizer = described.library.normalizers.Replace(" ", SPACE)
    tokenizer.pre_tokenizer = described.library.pre_tokenizers.Split(" ", behavior="merged_with_previous")
    return tokenizer


def _merged(described: Described, tokens: list[str], scores: list[int] | None, unknown: str | None = None) -> Any:
    """The vocabulary with the merges of the file, or those of the scores (None: the file's); bytes for the rest."""
    merges = described.merges
    if merges is None:
        merges = merges_of(tokens, described.scores if scores is None else scores)
    vocabulary = {token: number for number, token in enumerate(tokens)}
    more = {"unk_token": unknown} if unknown in vocabulary else {}
    model = described.library.models.BPE(vocab=vocabulary, merges=merges, fuse_unk=True, byte_fallback=True, **more)
    return described.library.Tokenizer(model)


def _add_tokens(tokenizer: Any, described: Described) -> None:
    """The tokens that are found in a text before it is cut: special ones, and others that are never cut."""
    roles = [token for token in map(described.token, ROLES) if token]
    vocabulary = set(described.tokens)
    special = dict.fromkeys([*described.of_type(CONTROL), *roles, *(each for each in ALWAYS if each in vocabulary)])
    whole = [token for token in described.of_type(USER_DEFINED) if token not in special]
    if len(special) + len(whole) > MOST_ADDED:
        raise FaultyTokenizerError(f"there are {len(special) + len(whole):,} added tokens")
    make = partial(described.library.AddedToken, normalized=False)
    tokenizer.add_special_tokens([make(token, special=True) for token in special if token])
    tokenizer.add_tokens([make(token, special=False) for token in whole if token])


def _put_around(tokenizer: Any, described: Described, kind: str) -> list[str]:
    """The tokens in front of every text and behind it, as the file says, and a warning where it does not."""
    wanted = {"bos": described.flag("add_bos_token", kind == "llama"), "eos": described.flag("add_eos_token", False)}
    given = {role: token for role in wanted if wanted[role] and (token := described.token(role))}
    if given:
        tokens = [(token, tokenizer.token_to_id(token)) for token in given.values()]
        single, second = ([given.get("bos"), text, given.get("eos")] for text in ("$A", "$B"))
        tokenizer.post_processor = described.library.processors.TemplateProcessing(
            single=[each for each in single if each],
            pair=[each for each in (*single, *second) if each],
            special_tokens=tokens,
        )
    first, silent = described.token("bos"), described.values.get(f"{KEY}add_bos_token") is None
    if silent and first and CUTS.get(str(described.values.get(f"{KEY}pre"))) == LLAMA3:
        return [f"the file does not say whether texts begin with {first[:60]}: none is added"]
    return []


def _unknown_cut(described: Described, kind: str) -> list[str]:
    name = described.values.get(f"{KEY}pre", "default")
    if kind != "gpt2" or name in CUTS:
        return []
    return [f"{KEY}pre is {quoted(name)}, which attn does not know: texts are cut by GPT-2's rule, and ids may differ"]


KINDS: Mapping[str, Callable[[Described], Any]] = {"gpt2": _bytes, "llama": _pieces}
