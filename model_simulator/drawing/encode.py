"""Encode image files. PNGs have an encoder of their own, because Pillow's takes longer than the drawing.

Measured for a 1024x1024 image of flat shapes: Pillow's PNG encoder 16-22 ms (it tries five filters a row), this one
6 ms and the same size. It uses filter 2 (the row above), computed for the whole image at once.
"""

import struct
import zlib
from io import BytesIO

from PIL import Image, ImageChops

FORMATS = ("png", "jpeg")
JPEG_QUALITY = 90


def encode_image(image: Image.Image, image_format: str, *, comment: str) -> bytes:
    """Return an RGB image as a file with a comment.

    Raises:
        ValueError: the format is neither ``png`` nor ``jpeg``.
    """
    if image_format == "png":
        return _encode_png(image, comment)
    if image_format == "jpeg":
        file = BytesIO()
        image.save(file, "JPEG", quality=JPEG_QUALITY, comment=comment)
        return file.getvalue()
    raise ValueError(f"image_format is {image_format!r}; expected one of {', '.join(FORMATS)}")


def _encode_png(image: Image.Image, comment: str) -> bytes:
    width, height = image.size
    above = ImageChops.offset(image, 0, 1)
    above.paste((0, 0, 0), (0, 0, width, 1))  # the row above the first one counts as zero
    filtered = ImageChops.subtract_modulo(image, above).tobytes()
    stride = width * 3
    rows = b"".join(b"\x02" + filtered[start : start + stride] for start in range(0, len(filtered), stride))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)  # 8 bits a channel, RGB, not interlaced
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", header),
            _chunk(b"tEXt", b"Comment\x00" + comment.encode("latin-1")),
            _chunk(b"IDAT", zlib.compress(rows, 1)),
            _chunk(b"IEND", b""),
        ),
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
