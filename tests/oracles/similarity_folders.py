"""The tiny folders of tests/oracles/similarity that sentence-transformers saved, made whole, and the texts for them."""

import shutil
from pathlib import Path

SIMILARITY = Path(__file__).parent / "similarity"
EXPECTED = Path(__file__).parent / "similarity.npz"
#: The models that the folders have in common, of which each has the rest alone.
MODELS = ("encoder", "decoder")
NAMES = sorted(each.name for each in SIMILARITY.glob("*/") if each.name not in MODELS)
#: Pairs of texts; the last text has more tokens than the models have positions.
PAIRS = (
    ("the dog is very cute", "He is a dog and the Bark stops."),
    ("Bark!", "bark"),
    ("the [MASK] DOG", "The dog, the dog, and the cute dog"),
    ("he's a cute dog and he stops", "dog " * 60),
)
#: Pairs of sentences for all-MiniLM-L6-v2: alike, akin, and of something else; of one word, of many; of other letters.
SENTENCES = (
    ("The dog plays in the garden", "A puppy runs on the lawn"),
    ("The cat sat on the mat.", "The cat sat on the mat."),
    ("A man is eating pasta.", "Someone is having a bowl of spaghetti for dinner."),
    ("A man is eating pasta.", "The stock market fell sharply on Tuesday."),
    ("How do I reset my password?", "I forgot my login credentials; what should I do?"),
    ("How do I reset my password?", "My parcel has not arrived yet."),
    ("dog", "puppy"),
    ("bank", "river"),
    ("The film was not good at all.", "The film was not bad at all."),
    ("She did not go to school because she was ill.", "Illness kept her at home."),
    ("Le chat dort sur le canapé.", "The cat sleeps on the sofa."),
    ("注意力 is all 您 need", "attention is all you need"),
    ("naïve café — Straße", "naive cafe - strasse"),
    ("E = mc² ∑ αβγ", "Energy equals mass times the speed of light squared."),
    ("🐕 🐩", "two dogs"),
    ("[CLS] typed [SEP] and [MASK]", "typed and masked"),
    ("antidisestablishmentarianism", "opposition to the disestablishment of the Church of England"),
    ("a", "!"),
    ("The old dog saw a small red cat and ran over every hill to find his friend.", "the sea"),
    (" ".join(["the old dog saw a small red cat by the sea"] * 40), "An animal saw another one near the water."),
)
MINILM_EXPECTED = Path(__file__).parent / "minilm_similarity.npz"


def whole(name: str, place: Path) -> Path:
    """A copy of a folder with the files of its model, in a folder that is there."""
    rows = (SIMILARITY / name / "model").read_text().split()
    folder = shutil.copytree(SIMILARITY / name, place / name, ignore=shutil.ignore_patterns("model"))
    shutil.copytree(SIMILARITY / rows[0], folder.joinpath(*rows[1:]), dirs_exist_ok=True)
    return folder
