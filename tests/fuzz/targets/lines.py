"""Lines of text and of JSON, as `attn corpus` reads them: every line is a text, or a pair, or a named problem."""

import json

from attncli.corpus.lines import TAB, Counter, LineForm, Problems, read_texts


def seeds(folder):
    """Text, columns, and objects with texts."""
    yield "the king\n\n  \nthe queen of the river 注意 é\r\nlast".encode()
    yield "the king\tder König\textra\n\tonly\nnone\t\n".encode()
    yield json.dumps({"text": "a\tdog", "to": "ein Hund"}).encode()
    yield b"".join(json.dumps({"text": text, "n": [1, {}]}).encode() + b"\n" for text in ("a dog", "\ud800", ""))


def read(folder, data):
    """With and without a key, in small pieces."""
    pairs = LineForm(paired=True), LineForm("text", "to", paired=True)
    for form in (LineForm(), LineForm("text"), *pairs):
        problems, counter = Problems(), Counter()
        chunks = (data[at : at + 37] for at in range(0, len(data), 37))
        texts = list(read_texts(chunks, form, problems, counter))
        lines = data.count(b"\n") + (not data.endswith(b"\n") and data != b"")
        assert counter.lines == lines == len(texts) + sum(problems.counts.values())
        assert all(text.encode() and text.strip() for _, text in texts)
        assert not form.paired or all(
            text.count(TAB) == 1 and all(map(str.strip, text.split(TAB))) for _, text in texts
        )
