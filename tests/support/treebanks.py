"""Sentences of CoNLL-U for the tests, made of short rows."""


def conllu(*rows, text=None):
    """A sentence of rows `ID FORM HEAD DEPREL [MISC]` between single tabs; a range needs but its form."""
    lines = [f"# text = {text}"] if text is not None else []
    return "\n".join([*lines, *map(_row, rows)]) + "\n\n"


def _row(row):
    number, form, head, relation, misc = [*row.split("\t"), "_", "_", "_"][:5]
    return "\t".join([number, form, "_", "_", "_", "_", head, relation, "_", misc])


def written(*words, text=None):
    """A sentence of words `form head relation`, numbered from 1, with blanks between them."""
    rows = ["\t".join([str(number), *word.split()]) for number, word in enumerate(words, 1)]
    return conllu(*rows, text=" ".join(word.split()[0] for word in words) if text is None else text)


def write_treebank(folder):
    """`en.conllu`, four short English sentences in a folder."""
    sentences = (
        written("The 2 det", "dog 3 nsubj", "sees 0 root", "a 5 det", "bone 3 obj", ". 3 punct"),
        written("She 2 nsubj", "reads 0 root", "old 4 amod", "books 2 obj"),
        written("We 2 nsubj", "eat 0 root", "fish 2 obj"),
        written("The 2 det", "cat 3 nsubj", "likes 0 root", "him 3 obj"),
    )
    (folder / "en.conllu").write_text("".join(sentences))
