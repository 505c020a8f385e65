"""Running English text for tests of training: news that gensim ships in its test data."""

from pathlib import Path

import gensim

NEWS = Path(gensim.__file__).parent / "test" / "test_data" / "lee_background.cor"


def write_news(folder, documents=12):
    """The first documents of the news as `my-text.txt` in a folder."""
    lines = NEWS.read_text(encoding="utf-8").splitlines()[:documents]
    (folder / "my-text.txt").write_text("\n".join(lines), encoding="utf-8")
