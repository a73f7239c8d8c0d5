"""Checks that a file is a complete PNG, JPEG or WebP image, and describes it.

Pillow is imported with the first image, because it would slow down the start of the app.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final, Literal

from shared.errors import Mismatch
from shared.rendering.perceptual_hash import compute_dhash

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

ImageFormat = Literal["png", "jpeg", "webp"]
"""The formats that can be read. Images are stored as PNG or JPEG."""

MAX_SIDE_PIXELS: Final = 4096
"""Decoded, such an image takes 64 MiB. A small file can claim any size."""

MAX_PHOTO_SIDE_PIXELS: Final = 8192
"""Of photos that people bring along: those of phones and cameras have up to 50 megapixels."""

_END_MARKERS: Final[dict[str, bytes]] = {"png": b"IEND\xaeB`\x82", "jpeg": b"\xff\xd9"}
_TAIL_BYTES: Final = 1024  # some programs append a few bytes
_JPEG_BEFORE_VIDEO: Final = re.compile(rb"\xff\xd9.{0,64}?ftyp", re.DOTALL)
"""The end marker of a phone's photo, and the header of the video that follows it in the same file."""

_SIGNATURES: Final[dict[bytes, ImageFormat]] = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}
_OTHER_FILES: Final = {
    b"GIF8": "a GIF image",
    b"BM": "a BMP image",
    b"II*\x00": "a TIFF image",
    b"<": "markup, not an image",
}
_WEBP_HEADER_BYTES: Final = 12
_RIFF_HEADER_BYTES: Final = 8


class BadImageError(ValueError):
    """The bytes are not a complete image of a usable size; the message is one line.

    Attributes:
        mismatch: what the bytes are instead, if the provider is likely to return the same again.
    """

    def __init__(self, message: str, mismatch: Mismatch | None = None) -> None:
        super().__init__(message)
        self.mismatch = mismatch


@dataclass(frozen=True, slots=True)
class ImageProperties:
    """What an inspection found.

    Attributes:
        width: in pixels.
        height: in pixels.
        format: of the file.
        sha256: of the file, in hex.
        size: in bytes.
        dhash: perceptual hash, 64 bits.
    """

    width: int
    height: int
    format: ImageFormat
    sha256: str
    size: int
    dhash: int

    @property
    def content_type(self) -> str:
        """The media type, such as ``image/png``."""
        return f"image/{self.format}"


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """The pixels of a complete image, at most four bytes each, and the properties of its file."""

    properties: ImageProperties
    image: "Image"


def decode_image(data: bytes, max_side: int = MAX_SIDE_PIXELS) -> DecodedImage:
    """Decode an image to its last pixel, and describe it. Thread-safe; takes 6-45 ms for 1024x1024.

    Args:
        data: the file.
        max_side: maximum width and height in pixels.

    Raises:
        BadImageError: the bytes are not PNG, JPEG or WebP, are damaged or cut short, or exceed the maximum.
    """
    image_format = _detect_format(data)
    with _catch_decode_errors(data, image_format):
        _check_end(data, image_format)
        if image_format == "png":
            _open(data, image_format, max_side).verify()  # decoding alone does not verify the checksums
        image = _open(data, image_format, max_side)
        image.load()
        dhash = compute_dhash(image)
    properties = ImageProperties(
        width=image.width,
        height=image.height,
        format=image_format,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        dhash=dhash,
    )
    return DecodedImage(properties, image)


def inspect_image(data: bytes, max_side: int = MAX_SIDE_PIXELS) -> ImageProperties:
    """Return the properties of an image of at most ``max_side`` pixels a side.

    Raises:
        BadImageError: as ``decode_image``.
    """
    return decode_image(data, max_side).properties


def shrink_image(data: bytes, side: int) -> "Image":
    """Decode an image or photo, and reduce it to at most ``side`` pixels a side; keeps proportions and mode.

    A photo that its camera has marked as rotated is turned upright, as viewers show it.

    Raises:
        BadImageError: as ``decode_image``, but some kinds of damage are not detected.
    """
    image_format = _detect_format(data)
    with _catch_decode_errors(data, image_format):
        image = _open(data, image_format, MAX_PHOTO_SIDE_PIXELS)
        image.thumbnail((side, side))  # decodes a JPEG at a fraction of its size
        image.load()  # thumbnail() does not decode an image that is already small
        return _turn_upright(image)


def _turn_upright(image: "Image") -> "Image":
    """Return an image as its EXIF orientation says; as it is if there is none, or if it cannot be read."""
    from PIL.ExifTags import Base  # noqa: PLC0415 - see the top
    from PIL.Image import Transpose  # noqa: PLC0415

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    try:
        orientation = image.getexif().get(Base.Orientation)
    except Exception:  # noqa: BLE001 - Pillow raises many types; the pixels are fine
        return image
    turn = turns.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)


@contextmanager
def _catch_decode_errors(data: bytes, image_format: ImageFormat) -> Iterator[None]:
    try:
        yield
    except BadImageError:
        raise
    except Exception as exc:
        # Pillow raises many types for damaged bytes: OSError, SyntaxError, struct.error, zlib.error, ...
        cause = next(iter(str(exc).splitlines()), "") or type(exc).__name__
        what = f"the {image_format} of {len(data)} bytes is damaged: {cause}"
        raise BadImageError(what, _describe_damage(data, image_format)) from exc


def _describe_damage(data: bytes, image_format: ImageFormat) -> Mismatch:
    digest = hashlib.sha256(data).hexdigest()[:12]
    return Mismatch(f"the same damaged {image_format} file ({digest})", "check the image service")


def _detect_format(data: bytes) -> ImageFormat:
    for signature, image_format in _SIGNATURES.items():
        if data.startswith(signature):
            return image_format
    if data[:4] == b"RIFF" and data[8:_WEBP_HEADER_BYTES] == b"WEBP":
        return "webp"
    kind = next((name for start, name in _OTHER_FILES.items() if data.lstrip().startswith(start)), None)
    if data[4:8] == b"ftyp":  # phones write HEIC
        kind = "a HEIC or AVIF image"
    what = f"{len(data)} bytes that start with {data[:8]!r} are {kind or 'not an image'}"
    raise BadImageError(
        f"{what}; expected PNG, JPEG or WebP",
        Mismatch(kind or "bytes of an unknown format", "use an image model that returns PNG, JPEG or WebP"),
    )


def _open(data: bytes, image_format: ImageFormat, max_side: int) -> "ImageFile":
    """Open an image without ``Image.open``, which warns about large images before their size can be checked."""
    if image_format == "png":
        from PIL.PngImagePlugin import PngImageFile  # noqa: PLC0415 - see the top

        image: ImageFile = PngImageFile(BytesIO(data))
    elif image_format == "webp":
        from PIL.WebPImagePlugin import WebPImageFile  # noqa: PLC0415 - see the top

        _check_size(*read_webp_size(data), max_side)
        image = WebPImageFile(BytesIO(data))
    else:
        from PIL.JpegImagePlugin import JpegImageFile  # noqa: PLC0415 - see the top

        image = JpegImageFile(BytesIO(data))
    _check_size(image.width, image.height, max_side)
    return image


def _check_end(data: bytes, image_format: ImageFormat) -> None:
    """Check the end marker, which Pillow does not require, or the length in the header of a WebP file."""
    if image_format == "webp":
        is_whole = len(data) >= int.from_bytes(data[4:8], "little") + _RIFF_HEADER_BYTES
    else:
        is_whole = _END_MARKERS[image_format] in data[-_TAIL_BYTES:]
        is_whole = is_whole or (image_format == "jpeg" and _JPEG_BEFORE_VIDEO.search(data) is not None)
    if not is_whole:
        what = f"the {image_format} of {len(data)} bytes is cut short: its end marker is missing"
        raise BadImageError(what, _describe_damage(data, image_format))


def _check_size(width: int, height: int, max_side: int) -> None:
    if max(width, height) > max_side:
        raise BadImageError(f"the image is {width}x{height}; expected at most {max_side} pixels a side")


_SIDE_BITS: Final = 14
_SIDE_MASK: Final = (1 << _SIDE_BITS) - 1


def read_webp_size(data: bytes) -> tuple[int, int]:
    """Return the width and height in pixels that a WebP header claims; missing bytes count as zeros.

    The decoder reserves memory for any claimed size, so the claim is checked first.
    https://developers.google.com/speed/webp/docs/riff_container and .../webp_lossless_bitstream_specification
    """
    kind = data[12:16]
    if kind == b"VP8X":  # the canvas of an extended file: each side minus 1, in 3 bytes
        return _read_number(data, 24, 27) + 1, _read_number(data, 27, 30) + 1
    if kind == b"VP8L":  # lossless: a signature byte, then each side minus 1, in 14 bits
        bits = _read_number(data, 21, 25)
        return (bits & _SIDE_MASK) + 1, (bits >> _SIDE_BITS & _SIDE_MASK) + 1
    return _read_number(data, 26, 28) & _SIDE_MASK, _read_number(
        data, 28, 30
    ) & _SIDE_MASK  # lossy: after the start code


def _read_number(data: bytes, start: int, end: int) -> int:
    return int.from_bytes(data[start:end], "little")
