"""The words of an encoder and of its decoder: one table for both, or a table of each where a checkpoint has two."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from attncli.models.blocks.within import Within
from attncli.models.family import Embedding

SHARED = "shared"
OWN = {part: f"{part}.embed_tokens.weight" for part in ("encoder", "decoder")}
#: The tables that are no others than the shared one where they hold the same numbers.
COPIES: Mapping[str, str] = MappingProxyType(dict.fromkeys(OWN.values(), f"{SHARED}.weight"))


def by_part(embeddings: Iterable[Embedding], names: Iterable[str]) -> list[Within]:
    """The embeddings of encoder and decoder, made with the shared table, by the names of a checkpoint's arrays.

    A part takes its own table, else the shared one, else that of the other part.
    """
    there, found = frozenset(names), []
    for embedding, (part, own) in zip(embeddings, OWN.items(), strict=True):
        shared, other = f"{SHARED}.weight", next(OWN[each] for each in OWN if each != part)
        name = next((each for each in (own, shared, other) if each in there), shared)
        found.append(Within(embedding, "", {shared: name}))
    return found
