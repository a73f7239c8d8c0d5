"""The tiles of the contact sheet: reduced images with rounded corners, and a symbol for a missing image."""

from io import BytesIO
from typing import TYPE_CHECKING, Final

from shared.rendering.contact_sheet_layout import TILE
from shared.rendering.flatten_image import flatten_image
from shared.rendering.inspect_image import BadImageError, shrink_image

if TYPE_CHECKING:
    from PIL.Image import Image

_BACKGROUND: Final = "#ffffff"
_EMPTY: Final = "#eaecf0"
_EMPTY_MARK: Final = "#c9cdd6"
_CORNER_RADIUS: Final = 10
_SMOOTHING: Final = 4  # Pillow renders hard edges: render larger, then reduce


def make_sheet_thumbnail(data: bytes) -> bytes:
    """Return an image as a small PNG that fits a tile (30-50 KB), so that all images of a page fit into memory.

    Raises:
        BadImageError: the bytes are not a complete image, or exceed 8192 pixels a side.
    """
    buffer = BytesIO()
    _shrink(data).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def make_tile(image: bytes | None) -> "Image":
    """Return a square tile with the image in its middle; an empty tile if it is missing or cannot be decoded."""
    from PIL import Image  # noqa: PLC0415 - loaded on first use, for a fast start of the app

    if image is None:
        return _make_empty_tile()
    try:
        small = _shrink(image)
    except BadImageError:
        return _make_empty_tile()
    tile = Image.new("RGB", (TILE, TILE), _BACKGROUND)
    tile.paste(small, ((TILE - small.width) // 2, (TILE - small.height) // 2))
    return tile


def make_tile_mask() -> "Image":
    """Return the shape of a tile as a paste mask: a square with smooth, rounded corners."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - see make_tile

    side = TILE * _SMOOTHING
    mask = Image.new("L", (side, side), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, side - 1, side - 1), _CORNER_RADIUS * _SMOOTHING, fill=255)
    return mask.reduce(_SMOOTHING)


def _shrink(data: bytes) -> "Image":
    """Return an image no larger than a tile; transparent parts become white."""
    return flatten_image(shrink_image(data, TILE))


def _make_empty_tile() -> "Image":
    """Return a tile with the symbol of an image: a frame, a sun and two hills."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - see make_tile

    side = TILE * _SMOOTHING
    tile = Image.new("RGB", (side, side), _EMPTY)
    draw = ImageDraw.Draw(tile)

    def scale(*parts: float) -> list[float]:
        return [part * side for part in parts]

    draw.rounded_rectangle(scale(0.32, 0.35, 0.68, 0.65), side * 0.03, outline=_EMPTY_MARK, width=round(side * 0.02))
    draw.ellipse(scale(0.39, 0.41, 0.46, 0.48), fill=_EMPTY_MARK)
    draw.polygon(scale(0.37, 0.6, 0.46, 0.5, 0.51, 0.55, 0.57, 0.46, 0.64, 0.6), fill=_EMPTY_MARK)
    return tile.reduce(_SMOOTHING)
