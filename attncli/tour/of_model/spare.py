"""Screen 6: the head that the answer does best without, for all its weight, and how weight and effect go together."""

from attncli.analysis.kinds import MOSTLY
from attncli.recipes.head_effects import HeadEffect
from attncli.tour.of_model.effects import SMALL, Effects, change_of, effects_of, head_table, unanswered
from attncli.tour.of_model.matters import SHOWN
from attncli.tour.of_model.model_tour import ModelTour
from attncli.tour.parts import Part, number, paragraph
from attncli.tour.tour import Command
from attncli.views.screen import Screen

WEAK = 0.3  # Spearman's rank correlation; below it, it says little


def parts(tour: ModelTour, screen: Screen) -> list[Part]:
    """The heads that change the answer least, how many there are, and what weight says of effect."""
    value = effects_of(tour)
    if value is None:
        return [unanswered(tour, screen)]
    figure = head_table(tour, value, _shown(value), screen)
    first = [*_least(value, screen), *_many(value, screen)]
    return [first, figure, [*_resting(value, screen), *_together(value, screen), *_caution(screen)]]


def _shown(value: Effects) -> tuple[HeadEffect, ...]:
    return (value.small or value.order[::-1])[:SHOWN]


def spare_of(value: Effects) -> HeadEffect:
    """Of those without a change to speak of the head with the largest weight; else the one with the least change."""
    return value.small[0] if value.small else value.order[-1]


def _least(value: Effects, screen: Screen) -> Part:
    least = spare_of(value)
    what = "the logit changes by" if value.result.scored else "the state turns by"
    looks = f"{', and yet' if least.weight > MOSTLY else ';'} its largest weight is {least.weight:.2f}."
    return paragraph(screen, "Without head ", number(least.name), f" {what} {change_of(least, value)}{looks}")


def _many(value: Effects, screen: Screen) -> Part:
    small = f"change the answer by less than {SMALL:.0%} of what {value.order[0].name} does:"
    return paragraph(screen, number(str(len(value.small))), f" of {len(value.order)} heads {small}")


def resting(value: Effects) -> list[HeadEffect]:
    """Of the heads that are shown those with most of their weight on the first token or a special one."""
    heads = (each for each in _shown(value) if each.key is not None and each.weight > MOSTLY)
    return [each for each in heads if each.key == 0 or value.result.keys(each).tokens[each.key or 0].special]


def _resting(value: Effects, screen: Screen) -> Part:
    """How many of them are those of the screen on sinks."""
    n, shown = len(resting(value)), len(_shown(value))
    if not n:
        return []
    number_of = f"All {shown}" if n == shown else f"{n} of these {shown}"
    return paragraph(screen, f"{number_of} rest{'s' * (n == 1 < shown)} on a sink (screen 3): such a look adds little.")


def _together(value: Effects, screen: Screen) -> Part:
    """The rank correlation of weights and the sizes of changes."""
    found = value.correlation
    if found is None:
        return []
    meaning = "where a head looks hard is no measure of what it does"
    if abs(found) >= WEAK:
        meaning = f"heads that look harder change {'more' if found > 0 else 'less'} here"
    said = "Heads sorted by weight, and by the size of the change: the two orders agree by "
    return paragraph(screen, said, number(f"{found:+.2f}"), f" (1: the same, 0: unrelated, -1: reversed): {meaning}.")


def _caution(screen: Screen) -> Part:
    return paragraph(screen, "A small effect does not say that a head does nothing: others may make up for it.")


def command(tour: ModelTour) -> Command:
    """The answer, or the map, without the head."""
    value = effects_of(tour)
    if value is None:
        return Command("explain", (), tour.text)
    name = "predict" if value.result.scored else "explain"
    return Command(name, ("--without", spare_of(value).name), value.text)
