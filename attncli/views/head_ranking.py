"""The page and the JSON of `attn heads`: the heads of a model by their weight on a pair of words or on a pattern."""

from rich.text import Text

from attncli.head_ranking import HeadRanking, places_of
from attncli.tokens import Sentence
from attncli.views.glyphs import bar
from attncli.views.heading import names, place
from attncli.views.json import VERSION, Numbers, json_line, sentence_record
from attncli.views.screen import Screen
from attncli.views.typeset import BOLD, DIM, heading, notes, wrap

LONGEST_BAR = 40
PATTERNS = {
    "previous": "weight on the token before",
    "next": "weight on the token after",
    "duplicate": "weight on earlier occurrences of the same token",
    "induction": "weight on the tokens that came after earlier occurrences of the same token",
}


def ranking_lines(ranking: HeadRanking, screen: Screen) -> list[Text]:
    """The first heads, a line each, with a bar."""
    model = ranking.model
    size = screen.own(f"({model.family}, {model.layers} layers × {model.heads} heads)")
    lines = wrap([("attn heads  ", BOLD), (f"{screen.word(model.name)} {size}", "")], screen.columns, 2)
    lines += [Text(), *wrap([("  ", ""), (screen.word(ranking.sentence.text), "")], screen.columns, 2), Text()]
    lines += heading("heads", _by(ranking, screen), screen)
    shown, longest = ranking.heads[: ranking.top], min(LONGEST_BAR, screen.columns - 28)
    most = max((each.score for each in shown), default=0) or 1.0
    for each in shown:
        if screen.accessible or longest < -4:
            told = f"Layer {each.layer}, head {each.head}: {each.score:.3f}."
            lines += wrap([(told, "")], screen.columns)
            continue
        line = Text(f"layer {each.layer:>2}  head {each.head:>2}  {each.score:.3f}", no_wrap=True)
        if longest > 5:
            line.append("  " + bar(each.score / most, longest, screen), DIM)
        lines.append(line)
    first = ranking.heads[0]
    rest = len(ranking.heads) - len(shown)
    said = [f"{rest} more heads: --top K, or --json"] * (rest > 0)
    said.append(f"look at the first: attn explain … --model … --layer {first.layer} --head {first.head}")
    return [*lines, Text(), *notes(said, screen)]


def _by(ranking: HeadRanking, screen: Screen) -> str:
    if ranking.pattern is not None:
        return f"by their share of {PATTERNS[ranking.pattern]}"
    from_, to = (_name(ranking.sentence, pieces, screen) for pieces in (ranking.from_ or (), ranking.to or ()))
    return f"by the weight from {from_} on {to}"


def _name(sentence: Sentence, pieces: tuple[int, ...], screen: Screen) -> str:
    """The word of one token or several, with its place behind it where the sentence has it twice."""
    if len(pieces) == 1:
        return names(sentence, screen)[pieces[0]]
    text = sentence.text[sentence.tokens[pieces[0]].start : sentence.tokens[pieces[-1]].end]
    again = len(places_of(sentence, text.casefold())) > 1
    return screen.word(text) + place(pieces[0], screen) * again


def ranking_json(ranking: HeadRanking, precision: int = 6) -> str:
    """One line of the `attn.heads` schema, every head in it."""
    numbers = Numbers(precision)
    return json_line(
        {
            "schema": "attn.heads",
            "schema_version": VERSION,
            **sentence_record(ranking.sentence),
            "model": vars(ranking.model),
            "pattern": ranking.pattern,
            "from": None if ranking.from_ is None else list(ranking.from_),
            "to": None if ranking.to is None else list(ranking.to),
            "heads": [
                {"layer": each.layer, "head": each.head, "score": numbers.one(each.score)} for each in ranking.heads
            ],
        }
    )
