"""The sentences that models are compared on; the odd ones have broken tokenizers and position counts before."""

SHORT = (
    "Bark is very cute and he is a dog",
    "",
    "\u200b \u00ad",  # words of no visible letter
    "a",
    "dog dog dog dog",
    "the dog 🐕 and 👩‍👩‍👧 bark",
    "注意力 is all 您 need",
    "naïve café — Straße",
    "don't e-mail the U.S. 3.14%",
    "[CLS] typed [SEP] and [MASK]",
    "antidisestablishmentarianism",
    "tab\tand\nnew\x00line",
    "مرحبا بالعالم",
    "E = mc² ∑ αβγ",
)
#: With spaces and numerals that pairs of bytes are cut at, and tokens that are typed.
WRITTEN = (
    *SHORT,
    "  two  spaces\n\n\n and 12345 67.8",
    "x**2\t# <|im_start|>user\n",
    "ﬁ ½ Ⅷ e\u0301 ¿¡",
    "<s> a<unk>b",
)
WORDS = (
    *("the", "old", "dog", "saw", "a", "small", "red", "cat", "and", "he", "ran", "over", "every", "hill", "to"),
    *("find", "his", "long", "lost", "friend", "by", "the", "sea"),
)


def words(n: int) -> str:
    """A text of n words, each one token of MiniLM."""
    return " ".join(WORDS[i * i % len(WORDS)] for i in range(n))


LONGEST = words(510)  # with [CLS] and [SEP]: 512 tokens
TINY = (SHORT[0], "a", "the dog 🐕 barks", "don't   stop, 注意!")
