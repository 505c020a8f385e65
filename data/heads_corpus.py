"""The text that the bundled heads are trained on, a sentence a line: Wikipedia extracts and WordNet's glosses.

Sources: the English Wikipedia extracts in gensim's test data (CC BY-SA), and the definitions and examples of WordNet
3.0 as in Debian's `wordnet-base`.
"""

import bz2
import re
from collections.abc import Iterator
from pathlib import Path

from wordnet import PARTS

EXTRACTS = ("enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2", "enwiki-table-markup.xml.bz2")
TABLE_OR_LIST = re.compile(r"^\s*([*#:;|!{}=]|\w+\s*=)")  # the start of a line that is no running text
HEADING = re.compile(r"^\s*=+.*=+\s*$", re.MULTILINE)


def wikipedia(folder: Path) -> Iterator[str]:
    """The paragraphs of the extracts' articles, without markup, tables, lists and headings."""
    from gensim.corpora.wikicorpus import extract_pages, filter_wiki

    for name in EXTRACTS:
        with bz2.open(folder / name) as dump:
            for _, text, _ in extract_pages(dump, filter_namespaces=("0",)):
                if text and not text.lower().startswith("#redirect"):
                    yield from paragraphs(filter_wiki(HEADING.sub("", text)))


def paragraphs(text: str) -> Iterator[str]:
    """The lines of running text: those that begin like a sentence and hold one."""
    for line in text.replace("'''", "").replace("''", "").splitlines():
        if len(line) > 40 and ". " in f"{line} " and not TABLE_OR_LIST.match(line):
            yield line.strip()


def glosses(folder: Path) -> Iterator[str]:
    """Each synset's words with their definition, and each example sentence."""
    for part in PARTS.values():
        for line in (folder / f"data.{part}").read_text("ascii").splitlines():
            if line.startswith(" "):
                continue
            columns, _, gloss = line.partition(" | ")
            count, *words = columns.split()[3:]
            named = [re.sub(r"\(\w+\)$", "", word).replace("_", " ") for word in words[: 2 * int(count, 16) : 2]]
            definition, *_ = re.split(r'; *"', gloss, maxsplit=1)
            for text in (f"{', '.join(named)}: {definition}", *re.findall(r'"([^"]+)"', gloss)):
                yield text.strip().rstrip(".!?;,") + "."
