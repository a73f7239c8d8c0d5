"""Placeholders: a neutral card with an item's name, for an item whose picture the service refuses to draw.

The file itself says what it is, in a comment: where the store's facts are lost, nobody takes it for a picture.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final

from shared.imaging.lettering import Pen, is_plain
from shared.imaging.placeholder_text import break_lines, choose_label, cut_lines

if TYPE_CHECKING:
    from PIL.Image import Image

_MARK: Final = b"catalog-seeder: placeholder"
_MARKED_BYTES: Final = 512
"""The comment comes before the pixels, in both formats."""

_PAPER: Final = "#eef0f3"
_FRAME: Final = "#c9cdd6"
_INK: Final = "#3d424d"
_QUIET: Final = "#7a808c"
_CAPTION: Final = "placeholder"

_LARGEST, _READABLE, _CAPTION_SIZE = 1 / 7, 1 / 14, 1 / 20
"""Sizes of letters, of the card's shorter side. At 1/14 a thumbnail of 256 pixels has letters of 18 pixels."""

_SMALLEST_PIXELS: Final = 8
_MEASURED_PIXELS: Final = 100
_SHRINK: Final = 0.92
_LINE_HEIGHT: Final = 1.2
_MARGIN: Final = 1 / 10
_JPEG_QUALITY: Final = 88


@dataclass(frozen=True, slots=True)
class DrawnPlaceholder:
    """A placeholder: ``data`` is its file, ``image`` its pixels, ``sha256`` of the file in hex."""

    data: bytes
    image: "Image"
    sha256: str

    def to_facts(self) -> dict[str, str]:
        """Return the facts that travel with it in a store; without a perceptual hash, as it is like no picture."""
        return {"sha256": self.sha256, "width": str(self.image.width), "height": str(self.image.height)}


@dataclass(frozen=True, slots=True)
class _Text:
    """Lines, and the size of their letters in pixels."""

    lines: list[str]
    size: float


def draw_placeholder(texts: Sequence[str], *, width: int, height: int, content_type: str) -> DrawnPlaceholder:
    """Draw a card with the first of the texts that can be drawn. For any thread; takes 15-30 ms for 1024x1024.

    The same arguments give the same file.

    Args:
        texts: the item's name, then its ids.
        width: in pixels.
        height: in pixels.
        content_type: of the file: ``image/png`` or ``image/jpeg``.
    """
    from PIL import Image, ImageDraw  # noqa: PLC0415 - must not slow down the start of the app

    image = Image.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(image)
    side = min(width, height)
    inset = round(side * _MARGIN / 2)
    draw.rectangle((inset, inset, width - 1 - inset, height - 1 - inset), outline=_FRAME, width=max(1, side // 128))
    text = _fit(choose_label(*texts), width - 4 * inset, height - 6 * inset, side)
    _write(image, text, width / 2, height / 2, _INK)
    caption = _Text([_CAPTION], side * _CAPTION_SIZE)
    if caption.size >= _SMALLEST_PIXELS:
        _write(image, caption, width / 2, height - 2 * inset, _QUIET)
    data = _encode(image, content_type)
    return DrawnPlaceholder(data, image, hashlib.sha256(data).hexdigest())


def is_placeholder_file(data: bytes) -> bool:
    """Tell whether a file is a placeholder that was drawn here, whatever the store knows of it."""
    return _MARK in data[:_MARKED_BYTES]


def _fit(label: str, width: float, height: float, side: int) -> _Text:
    """Return the label as large as it fits; words are split only where letters would get too small to be read."""
    reference = Pen(_MEASURED_PIXELS) if all(map(is_plain, label)) else None
    size = max(side * _LARGEST, _SMALLEST_PIXELS)
    while True:
        pen, scale = (reference, size / _MEASURED_PIXELS) if reference is not None else (Pen(size), 1.0)

        def measure(text: str, pen: Pen = pen, scale: float = scale) -> float:
            return pen.measure(text) * scale

        most = max(1, int(height / (size * _LINE_HEIGHT)))
        lines = break_lines(label, width, measure, splits_words=size < side * _READABLE)
        if lines is not None and len(lines) <= most:
            return _Text(lines, size)
        if size <= _SMALLEST_PIXELS:
            whole = break_lines(label, width, measure, splits_words=True) or []
            return _Text(cut_lines(whole, most, width, measure), size)
        size = max(size * _SHRINK, _SMALLEST_PIXELS)


def _write(image: "Image", text: _Text, x: float, y: float, color: str) -> None:
    """Write lines with their middle at a point."""
    pen = Pen(text.size)
    step = text.size * _LINE_HEIGHT
    top = y - step * (len(text.lines) - 1) / 2
    for number, line in enumerate(text.lines):
        pen.write_centered(image, x, top + number * step, line, color)


def _encode(image: "Image", content_type: str) -> bytes:
    buffer = BytesIO()
    if content_type == "image/jpeg":
        image.save(buffer, "JPEG", quality=_JPEG_QUALITY, comment=_MARK)
    else:
        from PIL.PngImagePlugin import PngInfo  # noqa: PLC0415 - see draw_placeholder

        comment = PngInfo()
        comment.add_text("Comment", _MARK.decode())
        image.save(buffer, "PNG", pnginfo=comment)
    return buffer.getvalue()
