"""The settings of a tokenizer in the files beside its tokenizer.json, read as transformers 5 reads them.

A tokenizer class of transformers builds the steps around the vocabulary anew, by the settings of tokenizer_config.json
and its own defaults, and keeps of tokenizer.json the vocabulary, the merges and, but for some classes, the tokens that
are put around a text. `TokenizersBackend` takes tokenizer.json as it is, and adds tokens.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from attncli.errors import quoted
from attncli.files.json_files import read_object
from attncli.tokenizer.form import FaultyTokenizerError

Settings = dict[str, Any]

BERT = ("BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MobileBertTokenizer", "SqueezeBertTokenizer")
ROBERTA = ("RobertaTokenizer", "BartTokenizer", "LongformerTokenizer", "LEDTokenizer")
#: A class of transformers → the kind of its rules in `kinds`.
KIND_OF_CLASS = {
    **dict.fromkeys(BERT, "bert"),
    **dict.fromkeys(ROBERTA, "roberta"),
    "XLMRobertaTokenizer": "xlm-roberta",
    "CamembertTokenizer": "camembert",
    "MPNetTokenizer": "mpnet",
    "BlenderbotTokenizer": "blenderbot",
    "AlbertTokenizer": "albert",
    "DebertaTokenizer": "deberta",
    "DebertaV2Tokenizer": "deberta-v2",
    "GPT2Tokenizer": "gpt2",
    "GPTNeoXTokenizer": "gpt_neox",
    "GemmaTokenizer": "gemma",
    "CohereTokenizer": "cohere",
    "LlamaTokenizer": "llama",
    "T5Tokenizer": "t5",
    "Qwen2Tokenizer": "qwen2",
    "MBartTokenizer": "mbart",
    "MBart50Tokenizer": "mbart50",
    "NllbTokenizer": "nllb",
    "PegasusTokenizer": "pegasus",
}
AS_IT_IS = "TokenizersBackend"
GENERIC = {AS_IT_IS, "PreTrainedTokenizer", "PythonBackend", "BloomTokenizer"}
NAMED = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
FLAGS = ("single_word", "lstrip", "rstrip", "normalized", "special")


class AddedToken(NamedTuple):
    """A token beside the vocabulary: its text and the flags that are given for it."""

    content: str
    flags: tuple[tuple[str, bool], ...] = ()


def class_of(settings: Settings, config: Mapping[str, Any], is_byte_level: bool) -> str:
    """The class that transformers would open the folder with, by tokenizer_config.json and config.json.

    Of config.json the keys model_type and tokenizer_class count, and default_class: the class that its model_type has
    in transformers, None if it has none of its own.
    """
    model_type = config.get("model_type")
    named = settings.get("tokenizer_class") or config.get("tokenizer_class")
    wanted = named.removesuffix("Fast") if isinstance(named, str) else None
    registered: str | None = config.get("default_class")
    if wanted is None:
        return registered or AS_IT_IS
    if registered == AS_IT_IS:
        return AS_IT_IS  # whatever the folder names
    if wanted == "LlamaTokenizer" and is_byte_level and model_type != "qwen2":
        return AS_IT_IS
    if model_type == "mistral" or wanted in GENERIC:
        return registered if model_type == "qwen2" and registered else AS_IT_IS
    return registered if model_type == "qwen2" and registered else wanted


def read_settings(folder: Path) -> Settings:
    """tokenizer_config.json, and where it lists no added tokens special_tokens_map.json; {} where there is neither.

    Raises:
        ResourceError: one of them holds no JSON object.
    """
    settings = _read(folder / "tokenizer_config.json")
    if "additional_special_tokens" in settings and not settings.get("extra_special_tokens"):
        settings["extra_special_tokens"] = settings.pop("additional_special_tokens")
    if "added_tokens_decoder" not in settings:
        settings |= _read(folder / "special_tokens_map.json")
    return settings


def _read(path: Path) -> Settings:
    return read_object(path) if path.is_file() else {}


def added_tokens(settings: Settings, folder: Path, own: Mapping[int, Any]) -> dict[int, AddedToken]:
    """The tokens beside the vocabulary by number; `own` are those of tokenizer.json."""
    if "added_tokens_decoder" in settings:
        listed = _object(settings["added_tokens_decoder"], "added_tokens_decoder")
        return {_number(number): _token(token, "added_tokens_decoder") for number, token in listed.items()}
    extra = _listed(settings.get("extra_special_tokens"))
    special = {_token(token, "a special token").content for token in [*_named(settings).values(), *extra]}
    found = {}
    for text, number in _read(folder / "added_tokens.json").items():
        is_special = text in special
        found[_number(number)] = AddedToken(text, (("normalized", not is_special), ("special", is_special)))
    for number, token in own.items():
        found[number] = AddedToken(token.content, tuple((flag, getattr(token, flag)) for flag in FLAGS))
    return found


def special_tokens(settings: Settings, defaults: Settings, added: Mapping[int, AddedToken]) -> dict[str, AddedToken]:
    """The tokens that have a name, such as `cls_token`, by it: those of the settings, else of the class."""
    by_text = {token.content: token for token in added.values()}
    own = {name: _token(text) for name, text in defaults.items() if name not in settings}
    given = {name: _token(token, name) for name, token in _named(settings).items()}
    found = {**given, **own}
    order = [*NAMED, *(name for name in found if name not in NAMED)]
    return {name: by_text.get(found[name].content, found[name]) for name in order if name in found}


def extra_tokens(settings: Settings) -> list[AddedToken]:
    """Special tokens that have no name."""
    extra = settings.get("extra_special_tokens", settings.get("additional_special_tokens"))
    return [_token(token, "extra_special_tokens") for token in _listed(extra)]


def _listed(given: Any) -> list[Any]:
    return given if isinstance(given, list) else []


def _named(settings: Settings) -> Settings:
    extra = settings.get("extra_special_tokens")
    every = {**settings, **(extra if isinstance(extra, dict) else {})}
    return {
        name: value
        for name, value in every.items()
        if isinstance(value, str | dict) and (name in NAMED or (name.endswith("_token") and name != "chat_template"))
    }


def _token(given: Any, where: str = "") -> AddedToken:
    if isinstance(given, AddedToken):
        return given
    if isinstance(given, str):
        return AddedToken(given)
    if isinstance(given, dict) and isinstance(given.get("content"), str):
        return AddedToken(given["content"], tuple((flag, bool(given[flag])) for flag in FLAGS if flag in given))
    raise FaultyTokenizerError(f"{where} in tokenizer_config.json: expected a token, got {quoted(given)}")


def text_of(given: Any, default: str) -> str:
    """A token of the settings: its text, or an object with it."""
    found = given.get("content") if isinstance(given, dict) else given
    return found if isinstance(found, str) else default


def _object(given: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise FaultyTokenizerError(f"{where} in tokenizer_config.json: expected an object, got {quoted(given)}")
    return given


def _number(given: Any) -> int:
    if not re.fullmatch(r"\d{1,9}", str(given)):
        raise FaultyTokenizerError(f"number of an added token: expected up to 9 digits, got {quoted(given)}")
    return int(given)


def truncation_side(settings: Settings, own: Mapping[str, Any] | None) -> str:
    """Where a text that is too long is cut, `right` or `left`; own: the truncation that tokenizer.json asks for."""
    side = settings.get("truncation_side", (own or {}).get("direction", "right"))
    if side not in ("right", "left"):
        raise FaultyTokenizerError(
            f"truncation_side in tokenizer_config.json: expected left or right, got {quoted(side)}"
        )
    return str(side)


def ignored(settings: Settings, name: str) -> Iterator[str]:
    """Warnings about settings that are not applied."""
    if name not in KIND_OF_CLASS and name not in GENERIC:
        shown = name if re.fullmatch(r"\w{1,60}", name, re.ASCII) else quoted(name)
        yield (
            f"tokenizer_config.json names {shown}, whose own rules are not applied: the tokens are those of "
            "tokenizer.json alone"
        )
    if settings.get("auto_map"):
        yield "tokenizer_config.json has an auto_map: that code is not run"
    if settings.get("fix_mistral_regex"):
        yield "fix_mistral_regex in tokenizer_config.json is not applied"
