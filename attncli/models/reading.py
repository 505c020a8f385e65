"""The reading of a text by a model: its tokens, as many as the model has positions, or cut to them."""

from dataclasses import dataclass

from attncli.errors import AttnError, FinalError, Setting, UsageError, Words
from attncli.models.checkpoint.tokenizing import ModelSentence, ModelTokenizer
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
