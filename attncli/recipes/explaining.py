"""The recipe for word vectors: a sentence, a set and settings become an `Explanation` with every intermediate."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from attncli.errors import AttnError
from attncli.heads.projections import Blocks, choose_blocks, without_effect
from attncli.recipes.attention_call import Cut, word_numbers
from attncli.recipes.explanation import Explanation, Layer
from attncli.recipes.inputs import IN_SENTENCES, Inputs, as_sets, find_query, read_inputs
from attncli.recipes.layers import resolve_settings, run_layers, run_long_layers
from attncli.recipes.roles import remarks_on, roles_of
from attncli.recipes.sources import VectorSource
from attncli.settings.effect import idle_options
from attncli.settings.explanation import Settings, check_settings
from attncli.settings.wording import Remark
from attncli.vectors import Vectors
from attncli.vectors.catalogue import EmbeddedSets

if TYPE_CHECKING:
    from attncli.recipes.context_moves import ContextMoves

Progress = Callable[[str, int, int], None]
Run = Callable[[tuple[Cut, ...]], tuple[Layer, ...]]  # under cuts
MAX_BYTES = 2**30  # of scores and weights together; of a text that has more, the matrix is not kept
MOST_SCORES = 10**11  # of such a text; at some 300 million a second five minutes


def explain(
    sentence: str,
    vectors: Vectors | str | Path | None = None,
    *,
    mode: str = "self",
    method: str | None = None,
    heads: int | None = None,
    layers: int = 1,
    projections: str | Path | None = None,
    seed: int = 0,
    mask: str | Sequence[str] = (),
    exclude_self: bool | None = None,
    temperature: float | None = None,
    sigma: float | None = None,
    positions: str = "none",
    memory: str | None = None,
    word: str | int | None = None,
    cut: str | Sequence[str] = (),
    top: int = 5,
    unknown: str = "compose",
) -> Explanation[VectorSource]:
    """Every step of the attention of a sentence over word vectors.

    sentence: a text; its n known words are the tokens.
    vectors: an opened set, the name of a kept one, or a path; None: attn-en, or attn-world where that has no word of
        the sentence or of the memory.
    mode: `self` (the vectors themselves), `qkv` (one head with projections), `multihead` (several, mixed by w_o).
    method: the similarity of a query and a key: `dot` q·k, `scaled` q·k/√d_k (Vaswani et al. 2017, equation 1),
        `cosine`, `general` qᵀWk (Luong et al. 2015), `additive` uᵀtanh(W_q q + W_k k) (Bahdanau et al. 2015), `kernel`
        −‖q−k‖²/2σ²; None: `scaled`.
    heads: n_head of `multihead`, from 1; None: 3, or as many as a file of projections has.
    layers: blocks, each on the output of the one before, from 1.
    projections: `trained`, `random`, `identity` or a path to an .npz file; None: trained where the set has such heads,
        else random.
    seed: of random projections, from 0.
    mask: `none`, `causal`, `window:K` (K words to each side), or several of them, which combine.
    exclude_self: whether every word is hidden from itself; None: as the heads were trained, else not.
    temperature: divides the scores, above 0; below 1 the weights become sharper (Hinton et al. 2015); None: 1, or with
        a memory under no given method the vector set's own.
    sigma: σ of `kernel`, above 0; None: σ² = √d_k.
    positions: `none`, or `sinusoidal` (Vaswani et al. 2017, section 3.5).
    memory: another sentence, whose words are the keys and values (cross-attention); None: the sentence itself.
    word: the query of the close-up, a word of the sentence or its index from 0.
    cut: pairs of words of which the first does not see the second, in any layer and head: `he:dog`, `*:dog`, `he:*`, or
        several; places by index, a word to the letter after `=`. With a memory the second word is one of that.
    top: how many context words of every query are ranked, from 1.
    unknown: `compose` the vector of an unknown word where the set can, else leave it out; `skip` it; `error`.

    Returns: `scores` (those that enter the softmax) and `weights` `[n_layer, n_head, n_query, n_key]` in float64, the
        rows of `weights` summing to 1; `layers` with the queries, keys, values and outputs of each; `context`, the
        ranked words of every query; `close_up`; `warnings`; with a cut `changes`, how context vectors move.

    Raises:
        UsageError: an empty sentence, or a value that does not fit; the message quotes it.
        AttnError: no known word, an unknown one with `unknown="error"`, or a text that is too long.
        ResourceError: vectors or projections that are missing or unreadable.
    """
    given = dict(locals())  # the parameters by name
    settings = check_settings(**{name: given[name] for name in given.keys() - {"sentence", "vectors"}})
    explanation = explain_with(sentence, settings, as_sets(vectors))
    idle = map(Remark, idle_options([settings], vars(settings)))
    return replace(explanation, warnings=(*explanation.warnings, *idle))


def explain_with(
    text: str, settings: Settings, vectors: Vectors | EmbeddedSets, progress: Progress = lambda *_: None
) -> Explanation[VectorSource]:
    """`explain` with checked settings and open vectors, or the embedded sets, of which the text chooses one.

    progress: called for a long text with the name of the work, the amount done and the whole amount.
    """
    explanation = explain_inputs(read_inputs(text, settings, vectors), settings, progress)
    changing_nothing = without_effect(settings, explanation.source.settings)
    return replace(explanation, warnings=(*explanation.warnings, *changing_nothing))


def explain_inputs(
    inputs: Inputs, settings: Settings, progress: Progress = lambda *_: None
) -> Explanation[VectorSource]:
    """The explanation of inputs that are read already, so that several methods share them.

    Raises:
        AttnError: a text without a matrix would take more than MOST_SCORES.
    """
    blocks = choose_blocks(settings, inputs.vectors)
    settings = resolve_settings(settings, blocks, inputs.vectors)
    run = partial(_layers, inputs, settings, blocks, progress)
    layers = run(_cuts(inputs, settings))
    warnings = [*(_without_matrix(inputs, settings) if is_long(inputs, settings) else ()), *_blind(layers[-1])]
    changes = _changes(inputs, settings, blocks, layers[-1], run)
    heads, crossed = blocks.heads[-1], inputs.memory is not None
    roles = roles_of(heads, layers, inputs.x) if heads and not crossed else ()
    source = VectorSource(inputs, settings, blocks.in_embedding_space, roles)
    return Explanation(
        source,
        inputs.sentence,
        layers,
        inputs.memory,
        None if settings.word is None else find_query(inputs.sentence, settings.word),
        settings.top,
        (*blocks.warnings, *inputs.warnings, *warnings),
        (
            *source.notes,
            *(remarks_on(heads, layers[-1], crossed, bool(settings.exclude_self)) if heads else ()),
            *(changes.remarks if changes else ()),
            *_stacked(inputs, layers),
        ),
        changes=changes,
    )


def _stacked(inputs: Inputs, layers: tuple[Layer, ...]) -> Iterator[str]:
    """The remark on several layers; of a text too long for a matrix only the last one is there."""
    if len(layers) > 1:
        from attncli.recipes.stacking import remarks_on_stack  # one layer need not wait for it

        yield from remarks_on_stack(inputs, layers)


def _cuts(inputs: Inputs, settings: Settings) -> tuple[Cut, ...]:
    """The pairs that are cut apart, by place."""
    if not settings.cut:
        return ()
    from attncli.recipes.context_moves import cuts_of  # the other sentences need not wait for it

    return cuts_of(inputs, settings)


def _changes(inputs: Inputs, settings: Settings, blocks: Blocks, last: Layer, run: Run) -> "ContextMoves | None":
    """The moves of the context vectors under the cuts; None without any."""
    if not settings.cut:
        return None
    from attncli.recipes.context_moves import context_moves

    return context_moves(inputs, settings, blocks, last, lambda: run(())[-1])


def is_long(inputs: Inputs, settings: Settings) -> bool:
    """Whether the matrices of the text are too large to be kept."""
    return matrix_bytes(inputs, settings) > MAX_BYTES


def matrix_bytes(inputs: Inputs, settings: Settings) -> int:
    """The size of scores and weights of all layers and heads in float64."""
    return 16 * settings.layers * (settings.heads or 1) * len(inputs.x) * len(inputs.key_x)


def _layers(
    inputs: Inputs, settings: Settings, blocks: Blocks, progress: Progress, cuts: tuple[Cut, ...]
) -> tuple[Layer, ...]:
    """Every layer under cuts, of a text too long for a matrix the last one.

    progress: called for such a text with the whole work before it begins, then with the number of finished queries.
    """
    memory = None if inputs.memory is None else inputs.key_x
    if not is_long(inputs, settings):
        return tuple(run_layers(inputs.x, memory, blocks, settings, word_numbers(inputs.sentence), cuts=cuts))
    queries, words = len(inputs.x) * settings.layers, word_numbers(inputs.sentence)
    work = _work(inputs, queries * blocks.n_head * len(inputs.key_x))
    progress(work, 0, queries)
    *_, last = run_long_layers(
        inputs.x, memory, blocks, settings, words, done=lambda done: progress(work, done, queries), cuts=cuts
    )
    return (last,)


def _work(inputs: Inputs, scores: int) -> str:
    """The work in words, with its size. AttnError: too much."""
    work = (
        f"{len(inputs.x):,} words attend to {len(inputs.key_x):,}: {scores / 1e9:,.1f} billion scores, block by block"
    )
    if scores > MOST_SCORES:
        raise AttnError(f"{work}; the most is {MOST_SCORES / 1e9:,.0f} billion", IN_SENTENCES)
    return work


def _without_matrix(inputs: Inputs, settings: Settings) -> Iterator[str]:
    yield (
        f"scores and weights of {len(inputs.x):,} × {len(inputs.key_x):,} words would take "
        f"{matrix_bytes(inputs, settings) / 2**30:,.1f} GiB and are not kept: they were worked out block by block; the "
        "context is exact"
    )


def _blind(layer: Layer) -> Iterator[str]:
    """A warning with the words that see no key."""
    if layer.streamed is None:
        blind = int((~layer.visible.any(axis=1)).sum())
    else:
        blind = int((layer.streamed.total == 0).all(axis=0).sum())
    if blind:
        yield f"words that see nothing under this mask, so that weights and output are 0: {blind}"
