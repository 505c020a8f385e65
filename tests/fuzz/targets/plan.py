"""The plan in a folder of `attn corpus`: the same, another one with its differing settings named, or damaged."""

from support.corpora import corpus_settings

from attncli.corpus.inputs import Named
from attncli.corpus.plan import begun, plan_of

PLANS = {}


def seeds(folder):
    """The plan of a run over two files."""
    texts = [Named("a.txt", 6, 1), Named("b.txt", 8, 2)]
    PLANS[folder] = plan_of(corpus_settings(words=("river", "bank")), texts, 3)
    with begun(folder / "out", PLANS[folder], False):
        yield (folder / "out" / "plan.json").read_bytes()


def read(folder, data):
    """Go on with it."""
    (folder / "out" / "plan.json").write_bytes(data)
    with begun(folder / "out", PLANS[folder], True):
        pass
