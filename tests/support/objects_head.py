"""A dozen made-up sentences, and heads over made-up word vectors whose strongest words are known without computing.

Words are of four classes, each a direction: verbs, subjects, objects, others. In head 0 an object looks at the verbs,
in head 1 a verb at the objects; every other word looks at all words alike, so that the first other one is strongest.
"""

import numpy as np
from support.treebanks import written

CLASSES = ("sees eats likes gives", "dog cat", "bone fish", "the and")
VERB, SUBJECT, OBJECT, OTHER = range(4)
#: Behind each sentence its pairs of the relation obj: found by head 0 dependent and head, by head 1 dependent and head.
SENTENCES = (
    (written("dog 2 nsubj", "sees 0 root", "bone 2 obj"), ["1001"]),
    (written("cat 2 nsubj", "eats 0 root", "fish 2 obj"), ["1001"]),
    (written("sees 0 root", "bone 1 obj"), ["1111"]),  # both have but one other word
    (written("dog 2 nsubj", "sees 0 root", "the 4 det", "bone 2 obj"), ["1001"]),
    (written("dog 2 nsubj", "sees 0 root", "and 4 cc", "eats 2 conj", "fish 4 obj"), ["0001"]),  # the first verb
    (
        written("dog 2 nsubj", "sees 0 root", "bone 2 obj", "and 5 cc", "eats 2 conj", "fish 5 obj"),
        ["1001", "0000"],  # of two verbs and of two objects the first
    ),
    (written("fish 3 obj", "dog 3 nsubj", "eats 0 root"), ["1101"]),
    (written("dog 2 nsubj", "likes 0 root"), []),
    (written("bone 0 root"), []),
    (written("dog 2 nsubj", "sees 0 root", "bone 2 obj", ". 2 punct"), ["1001"]),
    (written("dog 2 nsubj", "gives 0 root", "cat 2 iobj", "bone 2 obj"), ["1001"]),
    (written("dog 2 nsubj", "sees 0 root", "qwzx 2 obj"), []),  # the set lacks the word
)


def files(folder):
    """The treebank, the vectors and the projections in a folder."""
    paths = folder / "made.conllu", folder / "words.txt", folder / "objects.npz"
    paths[0].write_text("".join(sentence for sentence, _ in SENTENCES))
    words = [(word, place) for place, some in enumerate(CLASSES) for word in some.split()]
    rows = (f"{word} {' '.join(map(str, np.eye(4, dtype=int)[place]))}\n" for word, place in words)
    paths[1].write_text(f"{len(words)} 4\n{''.join(rows)}")
    w_q, w_k = np.zeros((2, 4, 2)), np.zeros((2, 4, 2))
    w_q[0, OBJECT, 0] = w_k[0, VERB, 0] = w_q[1, VERB, 0] = w_k[1, OBJECT, 0] = 3
    w_v = np.stack([np.eye(4)[:, :2], np.eye(4)[:, 2:]])
    np.savez(paths[2], w_q=w_q, w_k=w_k, w_v=w_v, w_o=np.eye(4))
    return paths
