"""Lines of text and of JSON, as `attn corpus` reads them: every line is a text or a named problem."""

import json

from attncli.corpus.lines import Counter, Problems, read_texts


def seeds(folder):
    """Text, and objects with a text each."""
    yield "the king\n\n  \nthe queen of the river 注意 é\r\nlast".encode()
    yield b"".join(json.dumps({"text": text, "n": [1, {}]}).encode() + b"\n" for text in ("a dog", "\ud800", ""))


def read(folder, data):
    """With and without a key, in small pieces."""
    for key in (None, "text"):
        problems, counter = Problems(), Counter()
        chunks = (data[at : at + 37] for at in range(0, len(data), 37))
        texts = list(read_texts(chunks, key, problems, counter))
        lines = data.count(b"\n") + (not data.endswith(b"\n") and data != b"")
        assert counter.lines == lines == len(texts) + sum(problems.counts.values())
        assert all(text.encode() and text.strip() for _, text in texts)
