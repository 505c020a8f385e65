"""The settings of a run over a corpus, checked once; part files are named by them."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace

from attncli import __version__
from attncli.corpus.lines import LineForm
from attncli.corpus.shards import Shard
from attncli.settings.corpus import KEPT
from attncli.settings.explanation import Settings
from attncli.settings.model import ModelSettings

VERSION = "1.0"  # of the schemas of the tables


@dataclass(frozen=True)
class Source:
    """The source of attention: a vector set by its name or path with its checksum, or a model by its folder."""

    name: str | None
    checksum: str
    model: str | None = None
    blocks: str = ""  # a checksum of the projections and of the method's parameters


@dataclass(frozen=True)
class CorpusSettings:
    """The checked settings of a run: the source, the attention, the part of the text, and the tables.

    words None: of every word; field: the key of JSON lines; split: whether lines are cut into sentences; table: the
    format of files; csv: how text is written in CSV; kept: how many context words a word has in the table. target: the
    file of the decoder's texts; target_field: their key in JSON lines.
    """

    source: Source
    attention: Settings | ModelSettings
    collect: tuple[str, ...] = ("context", "distance", "entropy")
    words: tuple[str, ...] | None = None
    field: str | None = None
    split: bool = False
    table: str = "ndjson"
    csv: str = "guarded"
    kept: int = KEPT
    target: str | None = None
    target_field: str | None = None

    @property
    def top(self) -> int:
        """The number of strongest keys of each word that count as its context."""
        return self.attention.top

    @property
    def part(self) -> str | None:
        """The part of an encoder–decoder that was asked for."""
        return self.attention.part if isinstance(self.attention, ModelSettings) else None

    @property
    def paired(self) -> bool:
        """Whether a line has two texts, a source and its target."""
        return self.part in ("decoder", "cross") or self.target is not None or self.target_field is not None

    @property
    def lines(self) -> LineForm:
        """The form of the lines."""
        return LineForm(self.field, self.target_field, self.paired)


def part_name(settings: CorpusSettings, shard: Shard) -> str:
    """The name of a shard's part: a hash of its range, of the settings, of the set or model, and of the version."""
    named = [__version__, VERSION, asdict(replace(settings, kept=KEPT)), asdict(shard)]
    text = json.dumps(named, sort_keys=True, ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
