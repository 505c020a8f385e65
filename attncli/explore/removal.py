"""Heads of a model taken away at the cursor, and put back; the difference that it makes in one line."""

from dataclasses import replace

from attncli.errors import UsageError
from attncli.explore.state import State
from attncli.explore.view import View
from attncli.recipes.differences import Difference
from attncli.settings.model import PARTS, ModelSettings


def with_head_moved(view: View) -> State:
    """The state with the shown head taken away, or put back where it is away.

    Raises:
        UsageError: there is no such head: attention over word vectors, a mean or a combination of heads.
    """
    if not view.of_model:
        raise UsageError("heads are taken away from a model: v opens one")
    if view.whole.source.combined:
        raise UsageError("these heads are combined: there is none to take away")
    if view.state.head is None and view.n_head > 1:
        raise UsageError("this is the mean of the heads: ] chooses one to take away")
    choice = view.state.ask.choice
    settings = view.whole.source.settings
    part = settings.part if isinstance(settings, ModelSettings) else None
    number = f"{view.layer}.{view.selection.head_numbers[0]}"
    own = {number if part is None else f"{part}:{number}"} | ({number} if part == _unnamed(choice) else set())
    kept = tuple(name for name in choice.without if name not in own)
    moved = kept if len(kept) < len(choice.without) else (*kept, min(own, key=len))
    return replace(view.state, ask=replace(view.state.ask, choice=replace(choice, without=moved)))


def _unnamed(choice: ModelSettings) -> str:
    """The part whose heads need no name."""
    return "decoder" if choice.target is not None else PARTS[0]


def difference_shown(view: View) -> str:
    """The difference that the heads that are away make, in a line; empty where none is."""
    changes = view.whole.changes
    if not isinstance(changes, Difference) or not changes.heads:
        return ""
    return f"without {','.join(changes.settings.without)}: {changes.in_short}"
