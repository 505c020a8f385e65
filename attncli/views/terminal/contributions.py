"""The heads of a model by what they add to the answer's logit: a line a head with a signed bar, and the sum of all."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from attncli.errors import Setting
from attncli.models.stream import BIASES, EMBEDDING, FEED_FORWARD, OUTPUT_BIAS
from attncli.recipes.contributions import OTHER_HEADS, HeadContribution, HeadContributions
from attncli.settings.wording import Remark
from attncli.views.screen import Screen, cells, encodes, pad
from attncli.views.terminal.going_on import more_heads
from attncli.views.terminal.heading import names, sentences
from attncli.views.terminal.prediction import quoted
from attncli.views.terminal.typeset import BOLD, DIM, bar, heading, line, notes, wrap

LONGEST_BAR, NARROWEST, LEAST_BAR = 40, 24, 4  # cells
NUMBER = 7  # cells
SHOWN_LAYERS = 3  # feed-forwards
LEFT_OUT = (
    "contributions are direct: the use that later layers make of what a head adds is left out, so that a head with a "
    "small one may still matter"
)
HELD = "the sizes that norms divide by are held fixed"


def contributions_lines(found: HeadContributions, screen: Screen) -> list[Text]:
    """The heads that add most, those that take away most, and the sum of all parts."""
    model = found.model
    size = screen.own(f"({model.size})")
    lines = wrap([("attn heads  ", BOLD), (f"{screen.word(model.name)} {size}", "")], screen.columns, 2)
    lines += [Text(), *sentences(found.sentence, found.memory, screen), Text()]
    numbers, before = f"logit {found.logit:.2f}, probability {found.probability:.3f}", found.with_all
    if before is not None:
        numbers += f"; unchanged {before.logit:.2f}, {before.probability:.3f}"
    said = f"{quoted(found.answer, screen)} at {names(found.sentence, screen)[found.position]}: {numbers}"
    lines += [*wrap([("answer  ", BOLD), (said, "")], screen.columns, 2), Text()]
    lines += heading("heads", "by the share of the answer's logit that each adds directly", screen)
    lines += [*_list(found, screen), Text(), *_sum(found, screen), Text()]
    return [*lines, *notes(_remarks(found), screen), *notes(found.warnings, screen, "warning")]


def ends(found: HeadContributions) -> tuple[Sequence[HeadContribution], Sequence[HeadContribution]]:
    """The heads that are shown: the first, and behind a gap half as many of those that take away most."""
    top = found.settings.top
    last = [head for head in found.heads[top:] if head.contribution < 0]
    return found.heads[:top], last[len(last) - min(len(last), max(top // 2, 1)) :]


def _list(found: HeadContributions, screen: Screen) -> Iterator[Text]:
    """A line each of the heads that are shown."""
    first, last = ends(found)
    between = len(found.heads) - len(first) - len(last)
    spoken = screen.accessible or screen.columns < NARROWEST
    width = max(map(cells, ("head", *(head.name for head in (*first, *last)))))
    if not spoken:
        yield line((f"{pad('head', width)}  {pad('share', NUMBER, 'right')}", DIM))
    for heads in (first, last):
        if heads is last and between:
            yield from wrap([(screen.own(f"… {between} head{'s' * (between != 1)} between …"), DIM)], screen.columns, 2)
        for head in heads:
            if spoken:
                yield from wrap([(_spoken(head), "")], screen.columns, 2)
            else:
                yield _row(head, width, [*first, *last], screen)


def _spoken(head: HeadContribution) -> str:
    part = "" if head.part is None else f", part {head.part}"
    return f"Layer {head.layer}, head {head.head}{part}: {head.contribution:+.3f}."


def _row(head: HeadContribution, width: int, shown: Sequence[HeadContribution], screen: Screen) -> Text:
    """Name, number, and a bar to the right of the axis, or to the left of it where the head takes away."""
    text = Text(f"{pad(head.name, width)}  {head.contribution:+{NUMBER}.3f}", no_wrap=True)
    both = any(each.contribution < 0 for each in shown)
    room = min(LONGEST_BAR, screen.columns - cells(text.plain) - 2) // (2 if both else 1)
    if room >= LEAST_BAR:
        most = max(abs(each.contribution) for each in shown) or 1.0
        text.append("  " + signed_bar(head.contribution / most, room, both, screen), DIM)
        text.rstrip()
    return text


def signed_bar(share: float, width: int, both: bool, screen: Screen) -> str:
    """A bar of a share from −1 to 1 on one side of an axis; both: whether there is room for bars at the left of it."""
    if share >= 0:
        return " " * width * both + bar(share, width, screen)
    halves = max(round(-share * width * 2), 1)
    blocks = ("█", "▐") if encodes("█▐", screen.encoding) else ("#", "")
    return (blocks[1] * (halves % 2) + blocks[0] * (halves // 2)).rjust(width)


def sum_of(found: HeadContributions) -> str:
    """All shares by kind, as a sum that is the logit."""
    n, fed = len(found.heads), sum(each.part == FEED_FORWARD for each in found.parts)
    there = {each.part for each in found.parts}
    terms = {
        "embedding": found.of(EMBEDDING),
        f"{n} head{'s' * (n != 1)}": float(found.contributions.sum()),
        **({"other heads": found.of(OTHER_HEADS)} if OTHER_HEADS in there else {}),
        f"{fed} feed-forward{'s' * (fed != 1)}": found.of(FEED_FORWARD),
        **({"biases": found.of(BIASES) + found.of(OUTPUT_BIAS)} if there & {BIASES, OUTPUT_BIAS} else {}),
    }
    added = " ".join(f"{'-' if share < 0 else '+'} {abs(share):.2f} ({name})" for name, share in terms.items())
    first = added.removeprefix("+ ").replace("- ", "-", added.startswith("- "))
    return f"{first} = {found.sum:.2f}, the logit"


def _sum(found: HeadContributions, screen: Screen) -> Iterator[Text]:
    """The sum of all parts, and the largest feed-forwards."""
    yield from wrap([("sum  ", BOLD), (sum_of(found), "")], screen.columns, 2)
    fed = [each for each in found.parts if each.part == FEED_FORWARD]
    largest = sorted(fed, key=lambda each: -abs(each.contribution))[:SHOWN_LAYERS]
    of_layers = ", ".join(f"layer {each.layer} {each.contribution:+.2f}" for each in largest)
    yield from wrap([("  largest feed-forwards: ", DIM), (of_layers, "")], screen.columns, 4)


def _remarks(found: HeadContributions) -> Iterator[str | Remark]:
    yield Remark((f"{LEFT_OUT}: ", Setting("by", "effect")))
    yield HELD
    first, last = ends(found)
    if rest := len(found.heads) - len(first) - len(last):
        yield more_heads(rest)
    head = found.heads[0]
    part = () if head.part is None else (" ", Setting("part", head.part))
    where = (" ", Setting("layer", head.layer), " ", Setting("head", head.head))
    yield Remark(("look at the first: attn explain … --model …", *part, *where))
    yield from found.remarks
