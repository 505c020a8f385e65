"""Heads against a treebank of made-up sentences: the processor time of the whole against that of a corpus of its texts.

python tests/bench/bench_treebank.py FOLDER [SENTENCES]: a model, as all-MiniLM-L6-v2; all sides tokenise and attend to
the same texts on one core, in turn: the packs alone, and with the tables that bench_packs.py has. Printed are medians
of the ratios, and sentences a second.
"""

import os
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # before NumPy is imported

from attncli.corpus.model_reading import ModelReader  # noqa: E402
from attncli.corpus.tables import table_classes  # noqa: E402
from attncli.corpus.treebank_running import treebank_heads  # noqa: E402
from attncli.models.model import open_model  # noqa: E402
from attncli.settings.model import check_model_settings  # noqa: E402

WORDS = ("the", "a", "old", "small", "dog", "cat", "garden", "sees", "eats", "gives", "in", "and", "Jane", "antelopes")
RELATIONS = ("det", "amod", "nsubj", "obj", "obl", "case", "cc", "conj", "nmod", "advmod")
ROUNDS, AT_ONCE, TABLES = 5, 2048, ("entropy", "distance")


def made_up(count):
    """Sentences of CoNLL-U, of 5 to 35 words, and their texts."""
    lot, sentences, texts = random.Random(0), [], []
    for _ in range(count):
        n = lot.randint(5, 35)
        forms = [lot.choice(WORDS) for _ in range(n)]
        heads = [0, *(lot.randint(max(1, i - 4), i) for i in range(1, n))]
        rows = zip(range(1, n + 1), forms, heads, strict=True)
        lines = (
            f"{i}\t{form}\t_\t_\t_\t_\t{head}\t{lot.choice(RELATIONS) if head else 'root'}\t_\t_"
            for i, form, head in rows
        )
        texts.append(" ".join(forms))
        sentences.append("\n".join([f"# text = {texts[-1]}", *lines, "", ""]))
    return "".join(sentences), texts


def timed(run):
    start = time.process_time()
    run()
    return time.process_time() - start


def main(folder, count="2000"):
    model = open_model(folder)
    content, texts = made_up(int(count))
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "made.conllu"
        path.write_text(content)

        def corpus(*collect):
            tables = [table() for table in table_classes(collect)]
            for start in range(0, len(texts), AT_ONCE):
                for batch in ModelReader(model, check_model_settings()).read(texts[start : start + AT_ONCE], print):
                    for table in tables:
                        table.add(batch)

        def treebank():
            treebank_heads(path, model=model)

        took = [(timed(treebank), timed(corpus), timed(lambda: corpus(*TABLES))) for _ in range(ROUNDS)]
    alone, tables = (median(ours / floors[side] for ours, *floors in took) for side in (0, 1))
    rate = len(texts) / median(ours for ours, *_ in took)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    floors = f"{tables:.2f} x the time of packs with tables, {alone:.2f} x of packs alone"
    print(f"{len(texts)} sentences: {rate:.0f}/s, {floors}, peak {peak} MB")


if __name__ == "__main__":
    main(*sys.argv[1:])
