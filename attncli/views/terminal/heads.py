"""The ranking of a model's heads, a line each."""

from rich.text import Text

from attncli.analysis.patterns import RankedHead
from attncli.recipes.head_ranking import HeadRanking
from attncli.recipes.word_places import places_of
from attncli.text.tokens import Sentence
from attncli.views.screen import Screen
from attncli.views.terminal.going_on import more_heads
from attncli.views.terminal.heading import names, place, sentences
from attncli.views.terminal.typeset import BOLD, DIM, bar, heading, notes, wrap

LONGEST_BAR, NARROWEST = 40, 24  # cells
PATTERN_MEANINGS = {
    "previous": "weight on the token before",
    "next": "weight on the token after",
    "duplicate": "weight on earlier occurrences of the same token",
    "induction": "weight on the tokens that came after earlier occurrences of the same token",
}


def ranking_lines(ranking: HeadRanking, screen: Screen) -> list[Text]:
    """The first heads, a line each, with a bar."""
    model = ranking.model
    size = screen.own(f"({model.size})")
    part = "" if ranking.part is None else screen.own(f" · part {ranking.part}")
    lines = wrap([("attn heads  ", BOLD), (f"{screen.word(model.name)} {size}{part}", "")], screen.columns, 2)
    lines += [Text(), *sentences(ranking.sentence, ranking.memory, screen), Text()]
    lines += heading("heads", _by(ranking, screen), screen)
    shown = ranking.heads[: ranking.top]
    lines += (line for each in shown for line in _head(each, ranking, screen))
    first = ranking.heads[0]
    rest = len(ranking.heads) - len(shown)
    remarks = [more_heads(rest)] * (rest > 0)
    where = "" if ranking.part in (None, "encoder") else f" --target … --part {ranking.part}"
    remarks.append(f"look at the first: attn explain … --model …{where} --layer {first.layer} --head {first.head}")
    return [*lines, Text(), *notes([*remarks, *ranking.remarks], screen), *notes(ranking.warnings, screen, "warning")]


def _head(each: RankedHead, ranking: HeadRanking, screen: Screen) -> list[Text]:
    """One head with its numbers, and a bar of its rank's measure where there is room."""
    measured = [f"{name} {value:{form}}" for name, value, form in _against(each, ranking.by_lift)]
    if screen.accessible or screen.columns < NARROWEST:
        numbers = ", ".join([f"{each.score:.3f}", *measured])
        return wrap([(f"Layer {each.layer}, head {each.head}: {numbers}.", "")], screen.columns)
    line = Text(f"layer {each.layer:>2}  head {each.head:>2}  {each.score:.3f}", no_wrap=True)
    for measure in measured:
        line.append(f"  {measure}" * (len(line) + 2 + len(measure) <= screen.columns))
    longest = min(LONGEST_BAR, screen.columns - len(line) - 4)
    if longest > 5:
        most = max(_ranked_by(head, ranking) for head in ranking.heads) or 1.0
        line.append("  " + bar(max(0.0, _ranked_by(each, ranking)) / most, longest, screen), DIM)
    return [line]


def _against(each: RankedHead, by_lift: bool) -> list[tuple[str, float, str]]:
    """The measures beside the weight, the one of the ranking first: there may be no room for both."""
    if each.mean is None or each.lift is None:
        return []
    against = [("mean", each.mean, ".3f"), ("lift", each.lift, "+.3f")]
    return against[::-1] if by_lift else against


def _ranked_by(each: RankedHead, ranking: HeadRanking) -> float:
    return each.lift if ranking.by_lift and each.lift is not None else each.score


def _by(ranking: HeadRanking, screen: Screen) -> str:
    if ranking.pattern is not None:
        return f"by their share of {PATTERN_MEANINGS[ranking.pattern]}"
    from_ = _name(ranking.sentence, ranking.from_ or (), screen)
    to = _name(ranking.key_sentence, ranking.to or (), screen)
    return f"by the weight from {from_} on {to}" + f", over the mean of all tokens on {to}" * ranking.by_lift


def _name(sentence: Sentence, pieces: tuple[int, ...], screen: Screen) -> str:
    """The word of one token or several, with its place behind it where the sentence has it twice."""
    if len(pieces) == 1:
        return names(sentence, screen)[pieces[0]]
    text = sentence.text[sentence.tokens[pieces[0]].start : sentence.tokens[pieces[-1]].end]
    again = len(places_of(sentence, text.casefold())) > 1
    return screen.word(text) + place(pieces[0], screen) * again
