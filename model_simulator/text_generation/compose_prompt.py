"""Compose an image prompt: an opening, as many details as fit, and the tail."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

FIXED_COLOURS = {
    "aluminum": ("silver", "gray", "teal", "blue", "red"),
    "armor": ("silver", "gray", "gold", "black"),
    "bamboo": ("beige", "yellow"),
    "brass": ("gold",),
    "cast iron": ("black", "gray"),
    "chainmail": ("silver", "gray"),
    "chef hat": ("white",),
    "copper": ("orange", "brown"),
    "cork": ("beige", "brown"),
    "crown": ("gold", "silver"),
    "knight helmet": ("silver", "gray", "gold"),
    "lab coat": ("white",),
    "laurel wreath": ("green", "gold"),
    "marble": ("white", "gray", "black"),
    "oak": ("beige", "brown"),
    "scrubs": ("teal", "green", "blue", "white"),
    "steel": ("silver", "gray", "black"),
    "straw hat": ("yellow", "beige"),
    "toga": ("white", "beige", "red"),
    "top hat": ("black", "purple", "gray"),
    "tuxedo": ("black", "white", "navy"),
    "walnut": ("brown",),
    "wicker": ("beige", "brown"),
}
"""Things with fixed colours, independent of the palette."""

METALLIC_COLOURS = frozenset({"gold", "silver"})
SHINY_THINGS = frozenset(
    {"spacesuit", "jumpsuit", "suit", "dress", "robe", "body panels", "leotard", "helmet", "bubble helmet",
     "diving helmet", "racing helmet", "flight helmet", "party hat", "enamel", "porcelain", "glass", "resin", "trim"},
)  # fmt: skip
"""Things that can be gold or silver, besides other colours."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Openings and tail of a task's prompts, and their maximum length in characters."""

    openings: tuple[str, ...]
    tail: str
    limit: int

    def compose(self, details: Sequence[str], rng: random.Random) -> str:
        """Return a prompt with the details in order, as far as the limit allows.

        The first detail is always included, even if opening and tail leave no room for it.
        """
        opening = rng.choice(self.openings)
        if not self._fits(opening, details[:1]):
            opening = min(self.openings, key=len)
        kept = list(details[:1])
        for detail in details[1:]:
            if self._fits(opening, [*kept, detail]):
                kept.append(detail)
        return self._join(opening, kept)

    def _fits(self, opening: str, details: Sequence[str]) -> bool:
        return len(self._join(opening, details)) <= self.limit

    def _join(self, opening: str, details: Sequence[str]) -> str:
        return ", ".join(filter(None, [opening, *details, self.tail]))


def pick_colour(thing: str, palette: Sequence[str], rng: random.Random, *, avoid: str = "", wish: str = "") -> str:
    """Return a possible colour of a thing: ``wish`` if possible, and not ``avoid`` if there is a choice."""
    options = FIXED_COLOURS.get(thing) or tuple(
        colour for colour in palette if thing in SHINY_THINGS or colour not in METALLIC_COLOURS
    )
    if wish and (wish in options or thing not in FIXED_COLOURS):
        return wish
    return rng.choice([colour for colour in options if colour != avoid] or options)
