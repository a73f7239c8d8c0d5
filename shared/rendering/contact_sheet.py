"""Renders the contact sheet: the images of a run on one page, grouped by category, as one JPEG.

A page has a title, then one block per category: a heading and rows of cells. A cell is a square tile with the item's
name in up to two lines below it. Pillow is imported with the first sheet, for a fast start of the app.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from shared.rendering.contact_sheet_layout import (
    GAP,
    MARGIN,
    NAME_LINE_HEIGHT,
    NAME_LINES,
    NAME_TOP,
    TILE,
    choose_layout,
)
from shared.rendering.contact_sheet_text import shorten, wrap
from shared.rendering.contact_sheet_tiles import make_tile, make_tile_mask
from shared.rendering.lettering import Pen, prepare_text

MAX_CELLS: Final = 240
"""More cells cannot be taken in at a glance; and a page of one column stays below JPEG's 65,535 pixels."""

_PAPER: Final = "#f6f7f9"  # not white, so that an image with a white background stands out as a tile
_INK: Final = "#16181d"
_MUTED: Final = "#7a808c"
_RULE: Final = "#dfe2e8"


@dataclass(frozen=True, slots=True)
class ContactCell:
    """One item. ``image`` is a PNG or JPEG of any size, preferably a thumbnail; None if it is missing."""

    name: str
    category: str
    image: bytes | None


def render_contact_sheet(
    title: str,
    subtitle: str,
    cells: Sequence[ContactCell],
    *,
    columns: int | None = None,
) -> bytes:
    """Render the cells, by category in order of first appearance, and return a JPEG.

    Args:
        title: large, at the top.
        subtitle: one muted line below the title.
        cells: at most 240. An image that cannot be decoded counts as missing.
        columns: cells per row of a category; None chooses the most compact page.

    Raises:
        ValueError: more than 240 cells, or fewer than one column.
    """
    if len(cells) > MAX_CELLS:
        raise ValueError(f"contact sheet has {len(cells)} cells; expected at most {MAX_CELLS}")
    if columns is not None and columns < 1:
        raise ValueError(f"contact sheet has {columns} columns; expected at least 1")
    groups = _group(cells)
    layout = choose_layout([len(group) for group in groups.values()], columns)
    page = _Page(layout.width, layout.height)
    page.draw_title(title, subtitle)
    for (left, top), (category, group) in zip(layout.place_blocks(), groups.items(), strict=True):
        page.draw_heading(left, top, layout.block_width, category, len(group))
        for corner, cell in zip(layout.place_cells(left, top, len(group)), group, strict=True):
            page.draw_cell(*corner, cell)
    return page.to_jpeg()


def _group(cells: Sequence[ContactCell]) -> dict[str, list[ContactCell]]:
    groups: dict[str, list[ContactCell]] = {}
    for cell in cells:
        groups.setdefault(cell.category, []).append(cell)
    return groups


class _Page:
    """The page and the pens that write on it."""

    def __init__(self, width: int, height: int) -> None:
        from PIL import Image, ImageDraw  # noqa: PLC0415 - see the top

        self._image = Image.new("RGB", (width, height), _PAPER)
        self._draw = ImageDraw.Draw(self._image)
        self._title_pen = Pen(38)
        self._heading_pen = Pen(20)
        self._subtitle_pen = Pen(17)
        self._name_pen = Pen(13.5)
        self._mask = make_tile_mask()

    def draw_title(self, title: str, subtitle: str) -> None:
        """Write the title and the subtitle."""
        room = self._image.width - 2 * MARGIN
        self._write(MARGIN, MARGIN - 8, shorten(prepare_text(title), room, self._title_pen.measure), self._title_pen)
        text = shorten(prepare_text(subtitle), room, self._subtitle_pen.measure)
        self._write(MARGIN, MARGIN + 48, text, self._subtitle_pen, _MUTED)

    def draw_heading(self, left: int, top: int, width: int, category: str, cell_count: int) -> None:
        """Write the name of a category and its number of cells, and a line to the end of its block."""
        pen = self._heading_pen
        count = str(cell_count)
        room = width - pen.measure(count) - 2 * GAP
        text = shorten(prepare_text(category), room, pen.measure)
        count_left = left + pen.measure(text) + 10
        line_left, line_top = count_left + pen.measure(count) + GAP, top + 12
        self._write(left, top, text, pen)
        self._write(count_left, top, count, pen, _MUTED)
        if line_left < left + width:
            self._draw.line((line_left, line_top, left + width, line_top), fill=_RULE)

    def draw_cell(self, left: int, top: int, cell: ContactCell) -> None:
        """Render a tile and the name below it."""
        self._image.paste(make_tile(cell.image), (left, top), self._mask)
        lines = wrap(prepare_text(cell.name), TILE, NAME_LINES, self._name_pen.measure)
        for number, line in enumerate(lines):
            self._write(left, top + NAME_TOP + number * NAME_LINE_HEIGHT, line, self._name_pen)

    def to_jpeg(self) -> bytes:
        """Return the page as a JPEG file."""
        buffer = BytesIO()
        self._image.save(buffer, "JPEG", quality=88, optimize=True)
        return buffer.getvalue()

    def _write(self, left: float, top: float, text: str, pen: Pen, color: str = _INK) -> None:
        pen.write(self._image, left, top, text, color)
