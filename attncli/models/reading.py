"""The reading of a text by a model: its tokens, as many as the model has positions, or cut to them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from attncli.errors import AttnError, FinalError, Setting, UsageError, Words
from attncli.models.checkpoint.tokenizing import ModelSentence, ModelToken, ModelTokenizer
from attncli.models.truncating import cut_both
from attncli.models.windows import Windows, around

#: Characters of a text: for each position, at least, and at most; a token has four or five, most of them.
CHARACTERS, FEWEST, MOST = 64, 2**15, 2**19
SHORTEN = "shorten the text"
MOST_CUT = 2**20  # characters of a text that is cut or read in windows: seconds and 600 MB of tokens at most


@dataclass(frozen=True)
class TextReader:
    """The tokenizer of a model's texts, or of its targets, and the positions that they have.

    model: its name; language: the code that marks the texts, None: as the tokenizer's settings say; source: of targets
    the code of their sources; bos: whether there are tokens in front of a text, True for the model's `bos_token` where
    the tokenizer puts none there; in_windows: whether a text of more tokens may be read in windows.
    """

    model: str
    tokenizer: ModelTokenizer
    positions: int
    language: str | None = None
    source: str | None = None
    bos: bool | None = None
    in_windows: bool = True

    def read(self, text: str, pair: str | None = None) -> ModelSentence:
        """The tokens of the text as the model sees them; pair: a second text in the same input.

        Raises:
            AttnError: no token, more tokens than positions, or so many characters that tokens are not even counted.
            UsageError: a `bos` of a model that has no such token.
            ResourceError: the tokenizer fails on it.
        """
        shorter = self._shorter(pair is not None)
        sentence = self._read(text, min(max(CHARACTERS * self.positions, FEWEST), MOST), shorter, pair)
        n, most = len(sentence.tokens), self.positions
        if n > most:
            raise AttnError(f"the text has {n:,} tokens for {self.model}, which takes {most:,}", shorter)
        return sentence

    def read_long(self, text: str, pair: str | None = None) -> ModelSentence:
        """The tokens of a text, or of two, that `cut` and `windows` cut, however many they are.

        Raises:
            AttnError, ResourceError: as `read`.
        """
        return self._read(text, MOST_CUT, SHORTEN, pair)

    def cut(self, sentence: ModelSentence) -> ModelSentence:
        """As many of its tokens as there are positions, as transformers' `truncation` cuts a text, or two.

        Raises:
            AttnError: as `windows`.
        """
        if sentence.pair is None:
            return self.windows(sentence).first(sentence)
        self._check_positions(sum(token.special for token in sentence.tokens))
        return cut_both(sentence, self.positions, self.tokenizer.truncation_side)

    def windows(self, sentence: ModelSentence, stride: int = 0) -> Windows:
        """Windows over a text, each of which fits the positions; the first one is the truncated text.

        stride: the tokens that neighbouring windows share.

        Raises:
            UsageError: a stride that leaves no token to a window that the one before does not have.
            AttnError: the special tokens around a text fill all positions.
        """
        positions, special = self.positions, sum(around(sentence))
        self._check_positions(special)
        if stride >= positions - special:
            reason = f"expected a whole number from 0 to {positions - special - 1:,}, less than a window"
            raise UsageError(reason, setting="stride", value=stride)
        return Windows.over(sentence, positions, stride, self.tokenizer.truncation_side)

    def _check_positions(self, special: int) -> None:
        """AttnError: so many special tokens leave no position to the text."""
        if self.positions <= special:
            raise AttnError(f"{self.model} takes {self.positions:,} tokens, and adds {special:,} of its own to a text")

    def _read(self, text: str, most: int, hint: Words, pair: str | None = None) -> ModelSentence:
        """The tokens of a text, or of two, of at most so many characters."""
        if (n := len(text) + len(pair or "")) > most:
            takes = f"{self.model}, which takes {self.positions:,} tokens"
            raise AttnError(f"the text has {n:,} characters, {most:,} are the most for {takes}", hint)
        sentence = self.tokenizer.read(text, self.language, self.source, pair=pair, bos=self.bos)
        if self.bos and sentence.tokens and not sentence.tokens[0].special:
            raise FinalError(f"{self.model} has no token that texts begin with", setting="bos", value=True)
        if not sentence.tokens:
            raise AttnError(f"{self.model} makes no token of {text!r}", "give it a word")
        return sentence

    def _shorter(self, both: bool) -> Words:
        """How a text, or both of two, become ones that the model takes."""
        if both or not self.in_windows:
            return (f"{SHORTEN}, or cut {'both' if both else 'it'}: ", Setting("truncate"))
        windows = Setting("stride", self.positions // 4)
        return (f"{SHORTEN}, cut it: ", Setting("truncate"), ", or read it in windows: ", windows)


@dataclass(frozen=True)
class TargetReader:
    """The reading of targets of an encoder–decoder as its decoder takes them.

    shift: from the ids of a target to those that the decoder reads in training; ends: gives the tokens that end a text.
    """

    texts: TextReader
    shift: Callable[[Sequence[int]], Sequence[int]]
    ends: Callable[[], tuple[int, ...]]

    def read(self, text: str) -> ModelSentence:
        """The tokens that the decoder reads of a target in training: a start token first, the last one dropped.

        Raises:
            UsageError: a language that the tokenizer does not know.
            AttnError, ResourceError: as `TextReader.read`.
        """
        return self.shifted(self.texts.read(text))

    def begun(self, text: str) -> ModelSentence:
        """The tokens that the decoder has read when it goes on from a target, which may be empty.

        Those of `read`, but with all tokens of the text, and none behind it that ends it.

        Raises:
            UsageError, AttnError, ResourceError: as `read`.
        """
        reader = self.texts
        tokenizer, most = reader.tokenizer, reader.positions
        sentence = reader.read(text) if text.strip() else tokenizer.read(text, reader.language, reader.source)
        if not (sentence.tokens and sentence.tokens[-1].special):  # else a token of the text would be dropped
            end = ModelToken(len(sentence.tokens), -1, "", "", 0, 0, True, None)
            sentence = replace(sentence, tokens=(*sentence.tokens, end))
        tokens = list(self.shifted(sentence).tokens)
        while len(tokens) > 1 and tokens[-1].special and tokens[-1].id in self.ends():
            tokens.pop()
        if len(tokens) > most:
            raise AttnError(f"the target has {len(tokens):,} tokens for {reader.model}, which takes {most:,}", SHORTEN)
        return replace(sentence, tokens=tuple(tokens))

    def shifted(self, sentence: ModelSentence) -> ModelSentence:
        """The tokens with those ids that the decoder reads; the first is the target's last one, or none of them."""
        ids = self.shift(sentence.ids)
        *kept, last = sentence.tokens
        start = ModelToken(0, ids[0], self.texts.tokenizer.piece(ids[0]), "", 0, 0, True, None)
        first = last if last.special and last.id == ids[0] else start
        moved = (replace(token, index=index) for index, token in enumerate((first, *kept)))
        return replace(sentence, tokens=tuple(moved))
