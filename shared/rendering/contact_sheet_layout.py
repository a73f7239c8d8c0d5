"""Chooses the items of a contact sheet and their places, in pixels: categories are blocks of cells, in stacks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import ceil
from typing import Final, TypeVar

from shared.catalog.items import Item

EntryT = TypeVar("EntryT")

TILE: Final = 152
NAME_LINES: Final = 2
NAME_LINE_HEIGHT: Final = 17
NAME_TOP: Final = TILE + 8
GAP: Final = 16
MARGIN: Final = 56
TITLE_HEIGHT: Final = 108
HEADING_HEIGHT: Final = 48

_CELL_HEIGHT: Final = NAME_TOP + NAME_LINES * NAME_LINE_HEIGHT + 14
_BLOCK_GAP: Final = 16
_STACK_GAP: Final = 56
_COLUMNS: Final = range(4, 15)
_STACKS: Final = range(1, 5)
_MAX_WIDTH: Final = 2800  # names stay readable when a screen shows the whole width


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """A page: ``columns`` cells per row of a category's block, and stacks of blocks side by side."""

    columns: int
    stacks: int
    cell_counts: tuple[int, ...]

    @property
    def block_width(self) -> int:
        """Width of a category's block."""
        return self.columns * (TILE + GAP) - GAP

    @property
    def width(self) -> int:
        """Width of the page."""
        return 2 * MARGIN + self.stacks * (self.block_width + _STACK_GAP) - _STACK_GAP

    @property
    def height(self) -> int:
        """Height of the page."""
        bottoms = [
            top + self._measure(count) for count, (_, top) in zip(self.cell_counts, self.place_blocks(), strict=True)
        ]
        return max(bottoms, default=MARGIN + TITLE_HEIGHT) + MARGIN

    def place_blocks(self) -> list[tuple[int, int]]:
        """Return the top left corner of each category: the next one goes to the shortest stack, the leftmost first."""
        tops = [MARGIN + TITLE_HEIGHT] * self.stacks
        corners = []
        for count in self.cell_counts:
            stack = tops.index(min(tops))
            corners.append((MARGIN + stack * (self.block_width + _STACK_GAP), tops[stack]))
            tops[stack] += self._measure(count)
        return corners

    def place_cells(self, left: int, top: int, count: int) -> Iterator[tuple[int, int]]:
        """Yield the top left corner of each cell of a category, given the corner of its block."""
        for number in range(count):
            row, column = divmod(number, self.columns)
            yield left + column * (TILE + GAP), top + HEADING_HEIGHT + row * _CELL_HEIGHT

    def _measure(self, cell_count: int) -> int:
        return HEADING_HEIGHT + ceil(cell_count / self.columns) * _CELL_HEIGHT + _BLOCK_GAP


def choose_layout(cell_counts: Sequence[int], columns: int | None = None) -> SheetLayout:
    """Return the layout with the shortest longer side, so that the whole page fits a screen best."""
    layouts = [
        SheetLayout(columns=count, stacks=stacks, cell_counts=tuple(cell_counts))
        for count, stacks in product(_COLUMNS if columns is None else [columns], _STACKS)
    ]
    fitting = [layout for layout in layouts if layout.width <= _MAX_WIDTH] or layouts[:1]
    return min(fitting, key=lambda layout: (max(layout.width, layout.height), layout.width * layout.height))


def sample_evenly(entries: Sequence[EntryT], max_entries: int) -> list[EntryT]:
    """Return at most ``max_entries`` of some entries, evenly spaced, from the first to the last."""
    if len(entries) <= max_entries:
        return list(entries)
    last = len(entries) - 1
    return [entries[place * last // (max_entries - 1)] for place in range(max_entries)]


class CategorySampler:
    """Selects at most ``max_items`` items for a contact sheet, evenly over the categories, in one pass.

    Keeps the first items of each category. A category's share only shrinks as items arrive, so a dropped item is never
    needed again.
    """

    def __init__(self, max_items: int) -> None:
        self._max_items = max_items
        self._share = max_items
        self._groups: dict[str, list[Item]] = {}
        self._kept = 0

    def add(self, item: Item) -> None:
        """Offer the next item, in acceptance order."""
        group = self._groups.get(item.category)
        if group is None:
            if len(self._groups) == self._max_items:
                return  # more categories than items to select: the first categories have one each
            group = self._groups[item.category] = []
        if len(group) == self._share:
            return
        group.append(item)
        self._kept += 1
        while self._kept > self._max_items:
            self._share -= 1
            for crowded in self._groups.values():
                self._kept -= len(crowded[self._share :])
                del crowded[self._share :]

    def list_sample(self) -> list[Item]:
        """Return the selected items, category by category in order of first appearance."""
        return [item for group in self._groups.values() for item in group]
