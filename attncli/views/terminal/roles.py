"""What each head of a trained block does, a line each."""

from collections.abc import Iterator

from rich.text import Text

from attncli.recipes.explanation import Explanation
from attncli.views.screen import Screen
from attncli.views.terminal.typeset import BOLD, DIM, heading, wrap


def role_lines(explanation: Explanation, screen: Screen) -> list[Text]:
    """The heads with what they look at on this sentence and in the evaluation; nothing where none were trained."""
    if not explanation.source.roles:
        return []
    lines = heading("heads", "what each looks at on this sentence", screen)
    for number, role in zip(explanation.head_numbers, explanation.source.roles, strict=False):
        lines += wrap(
            [(f"{number}  ", DIM), (role.here, BOLD), (str(role).removeprefix(role.here), DIM)], screen.columns, 3
        )
    return lines


def role_sentences(explanation: Explanation) -> Iterator[str]:
    """The same as sentences."""
    for number, role in zip(explanation.head_numbers, explanation.source.roles, strict=False):
        yield f"Head {number} looks at: {role}."
