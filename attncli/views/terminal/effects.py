"""The heads of a model by their effect: the answer, a line a head with its weight beside it, and how both agree."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.text import Text

from attncli.errors import Setting
from attncli.recipes.head_effects import HeadEffect, HeadEffects
from attncli.settings.wording import Remark
from attncli.views.screen import Screen, cells, cut, pad
from attncli.views.terminal.going_on import more_heads
from attncli.views.terminal.heading import names, sentences
from attncli.views.terminal.prediction import quoted
from attncli.views.terminal.typeset import BOLD, DIM, bar, heading, line, notes, wrap

LONGEST_BAR, NARROWEST, LEAST_BAR = 40, 30, 6  # cells
LONGEST_KEY = 16
IN_PLACE = {"zero": "zeros", "mean": "its mean over the tokens"}
MADE_UP_FOR = "a head that is taken away may be made up for by others: a small effect does not say that it does nothing"
OF_WEIGHT = "weight: from the watched token, on the key that the head looks at most"
OF_ALL = "weight: the largest of each token, the mean over all tokens"


class Column(NamedTuple):
    """A column of the list: its title, its cell of each head, and whether that stands at the right."""

    title: str
    cells: tuple[str, ...]
    right: bool = True

    @property
    def width(self) -> int:
        """The widest of its cells."""
        return max(map(cells, (self.title, *self.cells)))


def effects_lines(effects: HeadEffects, screen: Screen) -> list[Text]:
    """The first heads, a line each, and the rank correlation of weight and effect over all."""
    model, shown = effects.model, effects.heads[: effects.settings.top]
    size = screen.own(f"({model.size})")
    lines = wrap([("attn heads  ", BOLD), (f"{screen.word(model.name)} {size}", "")], screen.columns, 2)
    lines += [Text(), *sentences(effects.sentence, effects.memory, screen), Text()]
    lines += [*_answer(effects, screen), Text(), *heading("heads", _by(effects), screen)]
    if screen.accessible or screen.columns < NARROWEST:
        lines += [each for head in shown for each in wrap([(_spoken(head, effects, screen), "")], screen.columns, 2)]
    else:
        lines += _table(shown, effects, screen)
    lines += [Text(), *heading("together", correlation(effects), screen), Text()]
    return [*lines, *notes(_remarks(effects), screen), *notes(effects.warnings, screen, "warning")]


def _answer(effects: HeadEffects, screen: Screen) -> list[Text]:
    """The answer with all heads, or the state that is watched, its name in bold letters."""
    name, _, rest = answered(effects, screen).partition(": ")
    return wrap([(f"{name}  ", BOLD), (rest, "")], screen.columns, 2)


def answered(effects: HeadEffects, screen: Screen) -> str:
    """The answer with all heads, or the state that is watched, in words."""
    place = None if effects.position is None else names(effects.sentence, screen)[effects.position]
    if effects.answer is None:
        state = "the mean over all tokens" if place is None else f"that of {place}"
        moved = "" if effects.with_all is None else f", 1 − cosine {effects.with_all.change:.4f} to the unchanged one"
        return f"last hidden state: {state}{moved}; the model has no output layer, and so no answer"
    numbers, before = f"logit {effects.logit:.2f}, probability {effects.probability:.3f}", effects.with_all
    of_token = "" if place is None else f" at {place}"
    answer = quoted(effects.answer, screen)
    if before is not None:
        return f"answer: {answer}{of_token}, {numbers}; unchanged {before.logit:.2f}, {before.probability:.3f}"
    return f"answer: {answer}{of_token}, {numbers} with all heads"


def _by(effects: HeadEffects) -> str:
    taken = f"{IN_PLACE[effects.settings.ablate]} in the place of a head's output"
    if effects.answer is None:
        return f"by 1 − the cosine of that state with and without them ({taken}): what turns it most comes first"
    return f"by the change of the answer's logit without them ({taken}): what helps most comes first"


def correlation(effects: HeadEffects) -> str:
    """The rank correlation of weight and effect in words, with its sign explained."""
    n = f"all {len(effects.heads)} heads" if len(effects.heads) > 1 else "the one head"
    if effects.rank_correlation is None:
        return f"no rank correlation of weight and effect over {n}: either is the same in all"
    means = "above 0: the more weight, the more it turns the state"
    if effects.answer is not None:
        means = "below 0: the more weight, the more it helps the answer"
    return f"rank correlation of weight and effect over {n}: {effects.rank_correlation:+.3f} ({means})"


def _spoken(head: HeadEffect, effects: HeadEffects, screen: Screen) -> str:
    part = "" if head.part is None else f", part {head.part}"
    share = "" if head.probability is None else f", probability {head.probability:.3f}"
    weight = f"weight {head.weight:.3f}{_on(head, effects, screen)}"
    return f"Layer {head.layer}, head {head.head}{part}: effect {_effect(head, effects)}{share}, {weight}."


def _effect(head: HeadEffect, effects: HeadEffects) -> str:
    return f"{head.effect:.4f}" if effects.answer is None else f"{head.effect:+.3f}"


def _on(head: HeadEffect, effects: HeadEffects, screen: Screen) -> str:
    return "" if head.key is None else f" on {names(effects.keys(head), screen)[head.key]}"


def _table(shown: Sequence[HeadEffect], effects: HeadEffects, screen: Screen) -> Iterator[Text]:
    """The columns that there is room for, and a bar of the effect's size."""
    columns = [*_fitting(_columns(shown, effects, screen), screen.columns)]
    used = sum(each.width + 2 for each in columns) - 2
    longest = min(LONGEST_BAR, screen.columns - used - 2)
    most = float(abs(effects.effects).max()) or 1.0
    yield line((_row([each.title for each in columns], columns), DIM))
    for at, head in enumerate(shown):
        text = Text(_row([each.cells[at] for each in columns], columns), no_wrap=True)
        if longest >= LEAST_BAR:
            text.append(" " * (used + 2 - cells(text.plain)) + bar(abs(head.effect) / most, longest, screen), DIM)
        text.rstrip()
        yield text


def _columns(shown: Sequence[HeadEffect], effects: HeadEffects, screen: Screen) -> Iterator[Column]:
    """All columns, the ones to do without last."""
    yield Column("head", tuple(head.name for head in shown), right=False)
    yield Column("effect", tuple(_effect(head, effects) for head in shown))
    yield Column("weight", tuple(f"{head.weight:.3f}" for head in shown))
    if any(head.key is not None for head in shown):
        keys = (_on(head, effects, screen).strip() for head in shown)
        yield Column("", tuple(cut(key, LONGEST_KEY, screen.own("…")) for key in keys), right=False)
    if effects.answer is not None:
        yield Column("probability", tuple(f"{head.probability:.3f}" for head in shown))


def _fitting(columns: Iterable[Column], width: int) -> Iterator[Column]:
    for column in columns:
        width -= column.width
        if width < 0:
            return
        yield column
        width -= 2


def _row(texts: Sequence[str], columns: Sequence[Column]) -> str:
    row = zip(texts, columns, strict=True)
    return "  ".join(pad(text, column.width, "right" if column.right else "left") for text, column in row)


def weight_remarks(effects: HeadEffects) -> Iterator[str]:
    """The meaning of a head's weight."""
    yield OF_WEIGHT if effects.position is not None else OF_ALL
    if effects.position is not None and any(head.part == "encoder" for head in effects.heads):
        yield "weight of a head of the encoder: the largest of each token, the mean over all tokens"


def _remarks(effects: HeadEffects) -> Iterator[str]:
    yield MADE_UP_FOR
    yield from weight_remarks(effects)
    first, rest = effects.heads[0], len(effects.heads) - effects.settings.top
    if rest > 0:
        yield more_heads(rest)
    part = () if first.part is None else (" ", Setting("part", first.part))
    where = (" ", Setting("layer", first.layer), " ", Setting("head", first.head))
    yield Remark(("look at the first: attn explain … --model …", *part, *where))
    yield from effects.remarks
