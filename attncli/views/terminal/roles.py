"""The kinds of trained heads: what each looks at on this sentence, and in the evaluation."""

from collections.abc import Iterator

from rich.text import Text

from attncli.recipes.explanation import Explanation
from attncli.views.screen import Screen
from attncli.views.terminal.typeset import BOLD, DIM, heading, wrap


def role_lines(explanation: Explanation, screen: Screen) -> list[Text]:
    """The heads with their kinds on this sentence and in the evaluation; empty without trained heads."""
    if not explanation.source.roles:
        return []
    lines = heading("heads", "what each looks at on this sentence", screen)
    for number, role in zip(explanation.head_numbers, explanation.source.roles, strict=False):
        lines += wrap(
            [(f"{number}  ", DIM), (role.here, BOLD), (str(role).removeprefix(role.here), DIM)], screen.columns, 3
        )
    return lines


def role_sentences(explanation: Explanation) -> Iterator[str]:
    """The kinds of the heads as sentences."""
    for number, role in zip(explanation.head_numbers, explanation.source.roles, strict=False):
        yield f"Head {number} looks at: {role}."
