"""Images for tests."""

from io import BytesIO

from PIL import Image

Color = tuple[int, int, int] | tuple[int, int, int, int]


def draw(color: Color = (200, 30, 30), *, size: tuple[int, int] = (64, 48), kind: str = "PNG") -> bytes:
    """Return an image of one color: three numbers, or four with its opacity."""
    buffer = BytesIO()
    Image.new("RGBA" if len(color) == 4 else "RGB", size, color).save(buffer, kind)
    return buffer.getvalue()


def draw_gradient(*, kind: str = "PNG") -> bytes:
    """Return an image of 256x256 whose every row differs."""
    buffer = BytesIO()
    Image.linear_gradient("L").convert("RGB").save(buffer, kind)
    return buffer.getvalue()
