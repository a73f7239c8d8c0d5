"""Renders placeholders: a neutral card with the item's name, for an item whose image the provider refuses.

A comment in the file marks it as a placeholder, so that it is recognized even if the store's metadata is lost.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final

from shared.rendering.lettering import Pen, is_plain
from shared.rendering.placeholder_label import break_lines, choose_label, cut_lines

if TYPE_CHECKING:
    from PIL.Image import Image

_SIGNATURE: Final = b"catalog-seeder: placeholder"
_SIGNATURE_SEARCH_BYTES: Final = 512
"""The comment precedes the pixels in both formats."""

_PAPER: Final = "#eef0f3"
_FRAME: Final = "#c9cdd6"
_INK: Final = "#3d424d"
_MUTED: Final = "#7a808c"
_CAPTION: Final = "placeholder"

_MAX_TEXT_RATIO, _MIN_READABLE_RATIO, _CAPTION_RATIO = 1 / 7, 1 / 14, 1 / 20
"""Letter sizes relative to the shorter side. At 1/14 a thumbnail of 256 pixels has letters of 18 pixels."""

_MIN_TEXT_PIXELS: Final = 8
_REFERENCE_PIXELS: Final = 100
_SHRINK_FACTOR: Final = 0.92
_LINE_HEIGHT: Final = 1.2
_MARGIN: Final = 1 / 10
_JPEG_QUALITY: Final = 88


@dataclass(frozen=True, slots=True)
class PlaceholderCard:
    """A placeholder: ``data`` is the file, ``image`` its pixels, ``sha256`` the digest of the file in hex."""

    data: bytes
    image: "Image"
    sha256: str


@dataclass(frozen=True, slots=True)
class _Text:
    """Lines, and the size of their letters in pixels."""

    lines: list[str]
    size: float


def render_placeholder(texts: Sequence[str], *, width: int, height: int, content_type: str) -> PlaceholderCard:
    """Render a card with the first text whose letters are available. Takes 15-30 ms for 1024x1024.

    Thread-safe and deterministic: the same arguments give the same file.

    Args:
        texts: the item's name, then its ids.
        width: in pixels.
        height: in pixels.
        content_type: ``image/png`` or ``image/jpeg``.
    """
    from PIL import Image, ImageDraw  # noqa: PLC0415 - loaded on first use, for a fast start of the app

    image = Image.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(image)
    side = min(width, height)
    inset = round(side * _MARGIN / 2)
    draw.rectangle((inset, inset, width - 1 - inset, height - 1 - inset), outline=_FRAME, width=max(1, side // 128))
    text = _fit(choose_label(*texts), width - 4 * inset, height - 6 * inset, side)
    _write(image, text, width / 2, height / 2, _INK)
    caption = _Text([_CAPTION], side * _CAPTION_RATIO)
    if caption.size >= _MIN_TEXT_PIXELS:
        _write(image, caption, width / 2, height - 2 * inset, _MUTED)
    data = _encode(image, content_type)
    return PlaceholderCard(data, image, hashlib.sha256(data).hexdigest())


def is_placeholder_file(data: bytes) -> bool:
    """Return whether a file is a placeholder of this module, regardless of the store's metadata."""
    return _SIGNATURE in data[:_SIGNATURE_SEARCH_BYTES]


def _fit(label: str, width: float, height: float, side: int) -> _Text:
    """Return the label as large as it fits; words are split only if the letters would become unreadably small."""
    reference = Pen(_REFERENCE_PIXELS) if all(map(is_plain, label)) else None
    size = max(side * _MAX_TEXT_RATIO, _MIN_TEXT_PIXELS)
    while True:
        pen, scale = (reference, size / _REFERENCE_PIXELS) if reference is not None else (Pen(size), 1.0)

        def measure(text: str, pen: Pen = pen, scale: float = scale) -> float:
            return pen.measure(text) * scale

        max_lines = max(1, int(height / (size * _LINE_HEIGHT)))
        lines = break_lines(label, width, measure, splits_words=size < side * _MIN_READABLE_RATIO)
        if lines is not None and len(lines) <= max_lines:
            return _Text(lines, size)
        if size <= _MIN_TEXT_PIXELS:
            whole = break_lines(label, width, measure, splits_words=True) or []
            return _Text(cut_lines(whole, max_lines, width, measure), size)
        size = max(size * _SHRINK_FACTOR, _MIN_TEXT_PIXELS)


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
        image.save(buffer, "JPEG", quality=_JPEG_QUALITY, comment=_SIGNATURE)
    else:
        from PIL.PngImagePlugin import PngInfo  # noqa: PLC0415 - see render_placeholder

        comment = PngInfo()
        comment.add_text("Comment", _SIGNATURE.decode())
        image.save(buffer, "PNG", pnginfo=comment)
    return buffer.getvalue()
