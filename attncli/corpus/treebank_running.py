"""A run over treebanks: sentences read and mapped, heads counted on them, and the value of both."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import reduce
from operator import add
from pathlib import Path

from attncli.analysis.relations import Tally
from attncli.corpus.inputs import in_quotes
from attncli.corpus.relating import Attending, ByModel, ByVectors, HeadCounter, ReadSentence, tallies
from attncli.corpus.treebank_file import Malformed, read_treebank
from attncli.corpus.treebank_heads import (
    Numbers as Chosen,
)
from attncli.corpus.treebank_heads import (
    RelationHeads,
    TreebankHeads,
    TreebankSource,
    Unread,
    VectorHeads,
    relation_heads,
)
from attncli.corpus.treebank_words import Counts, RelationNames
from attncli.errors import AttnError, ResourceError, UsageError
from attncli.models.model import Model
from attncli.recipes.inputs import as_vectors
from attncli.recipes.model_explaining import Numbers, as_model
from attncli.recipes.model_source import ModelInfo
from attncli.settings.explanation import Settings, check_settings
from attncli.settings.model import ModelSettings, check_model_settings
from attncli.settings.treebank import TreebankSettings, check_treebank
from attncli.vectors import Vectors

Skip = Callable[[Unread], None]
Progress = Callable[[str, int, int], None]
READING, COUNTING = "reading", "attending"


def nothing(*_: object) -> None:
    """In place of a function that is told of progress."""


@dataclass
class _Reader:
    """Reads the sentences of treebanks; those that are passed over are kept, and told to `skip`."""

    attending: Attending
    names: RelationNames
    settings: TreebankSettings
    skip: Skip
    progress: Progress
    unread: list[Unread] = field(default_factory=list)
    read: int = 0

    def sentences(self, files: Sequence[str]) -> list[ReadSentence]:
        """Those of files, one after another; of all together as many as the settings say."""
        found: list[ReadSentence] = []
        for name in files:
            left = None if self.settings.limit is None else self.settings.limit - len(found)
            if left != 0:
                found += self._of_file(name, left)
        return found

    def _of_file(self, name: str, limit: int | None) -> Iterator[ReadSentence]:
        for sentence in read_treebank(name, self._malformed, limit):
            try:
                yield self.attending.read(sentence, self.names)
            except (ResourceError, UsageError):
                raise
            except AttnError as error:
                self._pass_over(Unread(sentence.file, sentence.line, error.message))
            self.read += 1
            self.progress(f"{READING} {self.read:,} sentences", 0, 1)

    def _malformed(self, sentence: Malformed) -> None:
        self._pass_over(Unread(sentence.file, sentence.line, sentence.reason))

    def _pass_over(self, sentence: Unread) -> None:
        self.unread.append(sentence)
        self.skip(sentence)


@dataclass(frozen=True)
class TreebankRun:
    """Heads held against the relations of files; choose_on: the file that heads are chosen on for `held_out`."""

    files: tuple[str, ...]
    source: TreebankSource
    attending: Attending
    settings: TreebankSettings
    choose_on: str | None = None

    def __call__(self, skip: Skip = nothing, progress: Progress = nothing) -> TreebankHeads:
        """The heads, with every relation that has a pair.

        skip: takes each sentence that is passed over; progress: takes the work, how much is done of it, and the whole.

        Raises:
            UsageError: no relation that was asked for.
            AttnError: a file that cannot be read, no sentence, or no pair.
        """
        names = RelationNames(self.settings)
        reader = _Reader(self.attending, names, self.settings, skip, progress)
        chosen_on = [] if self.choose_on is None else reader.sentences([self.choose_on])
        sentences = reader.sentences(self.files)
        if not sentences:
            last = reader.unread[-1]  # those of choose_on come before
            raise AttnError(f"no sentence of {in_quotes(last.file)} can be read; line {last.line}: {last.reason}")
        counts = reduce(add, (each.mapped.counts for each in sentences), Counts())
        self._check_pairs(names, counts)
        half = (len(sentences) + 1) // 2
        parts = [sentences[:half], sentences[half:]] if self.choose_on is None else [chosen_on, sentences]
        relations = self._relations(names, self._counted(parts, names, progress))
        return self._made(relations, counts, reader, names)

    def _counted(
        self, parts: Sequence[Sequence[ReadSentence]], names: RelationNames, progress: Progress
    ) -> list[list[Tally]]:
        """The tallies of the relations, of the sentences of each part."""
        whole, done = sum(map(len, parts)), 0

        def count() -> None:
            nonlocal done
            done += 1
            progress(COUNTING, done, whole)

        counter = HeadCounter.of(len(parts), len(names.names), self.attending, hide_first=self.settings.hide_first)
        return tallies(parts, self.attending, counter, count)

    def _relations(self, names: RelationNames, counted: list[list[Tally]]) -> tuple[RelationHeads, ...]:
        """The relations that have pairs, most pairs first."""
        numbers = Chosen(*self.attending.numbers)
        found = []
        for name, chosen_on, judged_on in zip(names.names, *counted, strict=True):
            every = chosen_on + judged_on if self.choose_on is None else judged_on
            if every.count:
                found.append(relation_heads(name, chosen_on, judged_on, every, numbers))
        return tuple(sorted(found, key=lambda each: (-each.count, each.relation)))

    def _check_pairs(self, names: RelationNames, counts: Counts) -> None:
        """UsageError: the relations that were asked for are not there; AttnError: nothing can be counted."""
        if counts.pairs == 0 and self.settings.relations:
            asked = ",".join(self.settings.relations)
            reason, hint = "expected relations of the treebank", f"there are {', '.join(names.met) or 'none'}"
            raise UsageError(reason, hint, setting="relations", value=asked)
        if counts.pairs == counts.pairs_unmapped:
            files = ", ".join(map(in_quotes, self.files))
            if not counts.pairs:
                raise AttnError(f"there is no pair of words in {files} to be counted")
            raise AttnError(
                f"none of the {counts.pairs:,} pairs of words in {files} has two tokens of {self.source.name}"
            )

    def _made(
        self, relations: tuple[RelationHeads, ...], counts: Counts, reader: _Reader, names: RelationNames
    ) -> TreebankHeads:
        return TreebankHeads(
            self.source,
            self.files,
            self.choose_on,
            **vars(counts),
            layers=self.attending.numbers[0],
            heads=self.attending.numbers[1],
            relations=relations,
            settings=self.settings,
            unread=tuple(reader.unread),
            warnings=(*self.attending.warnings, *self._missing(relations, names)),
        )

    def _missing(self, relations: Sequence[RelationHeads], names: RelationNames) -> Iterator[str]:
        """A warning about each relation that was asked for and is not there."""
        there = {each.relation for each in relations}
        for name in self.settings.relations or ():
            if name not in there:
                near = get_close_matches(name, names.met, n=1)
                yield f"no pair of the relation {name}" + (f"; did you mean {near[0]}?" if near else "")


def by_model(
    files: Sequence[str], model: Model, reading: ModelSettings, settings: TreebankSettings, choose_on: str | None
) -> TreebankRun:
    """The run of a model's heads; reading: of the sentences, and the layers and heads that are chosen."""
    source = ModelInfo.of(model, "encoder")
    return TreebankRun(tuple(files), source, ByModel(model, reading), settings, choose_on)


def by_vectors(
    files: Sequence[str], vectors: Vectors, attention: Settings, settings: TreebankSettings, choose_on: str | None
) -> TreebankRun:
    """The run of heads over the words of a vector set."""
    attending = ByVectors(vectors, attention, settings)
    sizes = vectors.words, vectors.dimensions, *attending.sizes
    source = VectorHeads(vectors.name, *sizes, attending.settings.projections or "trained")
    return TreebankRun(tuple(files), source, attending, settings, choose_on)


def treebank_heads(
    files: str | Path | Sequence[str | Path],
    *,
    model: Model | str | Path | None = None,
    vectors: Vectors | str | Path | None = None,
    mode: str = "multihead",
    heads: int | None = None,
    layers: int = 1,
    projections: str | None = None,
    positions: str = "none",
    unknown: str = "compose",
    relations: str | Sequence[str] | None = None,
    subtypes: bool = False,
    limit: int | None = None,
    choose_on: str | Path | None = None,
    layer: Numbers = None,
    head: Numbers = None,
    hide_first: bool = False,
    source_lang: str | None = None,
    bos: bool | None = None,
    truncate: bool = False,
    stride: int | None = None,
) -> TreebankHeads:
    """Heads held against the relations of treebanks (Clark et al. 2019, section 4.2), each in both directions.

    A head is right about a pair of words where the strongest other word of the dependant is its head word, or that of
    the head word its dependant. Beside it stands the best fixed offset's share.

    files: treebanks in CoNLL-U, one or several.
    model: an opened model (`open_model`), a folder, or a name in the local Hugging Face cache; None: heads over word
        vectors.
    vectors, mode, heads, layers, projections, positions, unknown: without a model, as in `explain`.
    relations: names, such as `obj,nsubj:pass`; None: all but root and punct. subtypes: whether `nsubj:pass` is counted
        by itself. limit: so many sentences are read.
    choose_on: a treebank that heads are chosen on for `held_out`; None: the first half of the sentences.
    layer, head: numbers from 0, or texts such as `3`, `0,2` and `4-7`, or several of them; None: all.
    hide_first: whether the first token may not be the strongest. source_lang, bos, truncate, stride: as in
        `explain_model`.

    Returns: `relations`, each with its baseline, its best head, and `correct` `[n_layer, n_head, 2]`.

    Raises:
        UsageError: a value that does not fit, or a relation that is not there.
        AttnError: a treebank that cannot be read, or without a pair.
        ResourceError: a model, set, or file of projections that is missing or unreadable, or the package conllu.
    """
    names = [files] if isinstance(files, str | Path) else files
    paths, on = [str(name) for name in names], None if choose_on is None else str(choose_on)
    numbers = {"layer": layer, "head": head}
    settings = check_treebank(relations=relations, subtypes=subtypes, limit=limit, hide_first=hide_first, **numbers)
    if model is None:
        given = {"mode": mode, "heads": heads, "layers": layers, "projections": projections, "positions": positions}
        attention = check_settings(**given, unknown=unknown)
        return by_vectors(paths, as_vectors(vectors), attention, settings, on)()
    texts = {"source_lang": source_lang, "bos": bos, "truncate": truncate, "stride": stride}
    return by_model(paths, as_model(model), check_model_settings(**texts, **numbers), settings, on)()
