"""Images as bytes: padded to the size of real ones, and damaged where a fault says so."""

import random
import zlib
from enum import StrEnum

from model_simulator.drawing import render_image
from model_simulator.image_calls import ImageCall

PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
PNG_PADDING_TYPE = b"paDd"
"""Ancillary, private, safe to copy: a reader skips it."""

PNG_CHUNK_OVERHEAD = 12
JPEG_SEGMENT_OVERHEAD = 4
JPEG_SEGMENT_BYTES = 0xFFFF + 2
"""The longest comment, its marker included."""


class ImageCorruption(StrEnum):
    """What is wrong with a bad image."""

    NOT_AN_IMAGE = "no_picture"
    TRUNCATED = "cut_off"
    WRONG_SIZE = "wrong_size"


def choose_corruption(stream: random.Random) -> ImageCorruption:
    """Draw one kind of damage, evenly."""
    return stream.choice(tuple(ImageCorruption))


def make_image_bytes(call: ImageCall, *, corruption: ImageCorruption | None, image_bytes: int | None) -> bytes:
    """Draw the image that was asked for, padded to ``image_bytes`` if that is more than it has.

    A damaged one is no image at all, or half of one, or one of another size.
    """
    if corruption is ImageCorruption.NOT_AN_IMAGE:
        return b"upstream image worker returned no content\n" * 40
    width, height = call.width, call.height
    if corruption is ImageCorruption.WRONG_SIZE:
        width = height = 256 if (width, height) != (256, 256) else 512
    image = render_image(call.prompt, width=width, height=height, image_format=call.image_format)
    if corruption is ImageCorruption.TRUNCATED:
        return image[: len(image) // 2]
    missing = (image_bytes or 0) - len(image)
    return _pad_png(image, missing) if call.image_format == "png" else _pad_jpeg(image, missing)


def _pad_png(image: bytes, missing: int) -> bytes:
    if missing < PNG_CHUNK_OVERHEAD or not image.endswith(PNG_END):
        return image
    data = PNG_PADDING_TYPE + bytes(missing - PNG_CHUNK_OVERHEAD)
    length, checksum = len(data) - len(PNG_PADDING_TYPE), zlib.crc32(data)
    return b"".join((image[: -len(PNG_END)], length.to_bytes(4, "big"), data, checksum.to_bytes(4, "big"), PNG_END))


def _pad_jpeg(image: bytes, missing: int) -> bytes:
    segments = []
    while missing >= JPEG_SEGMENT_OVERHEAD:
        size = min(missing, JPEG_SEGMENT_BYTES)
        if 0 < missing - size < JPEG_SEGMENT_OVERHEAD:
            size -= JPEG_SEGMENT_OVERHEAD  # leaves room for a last segment
        segments.append(b"\xff\xfe" + (size - 2).to_bytes(2, "big") + bytes(size - JPEG_SEGMENT_OVERHEAD))
        missing -= size
    # After the first segment, which names the format and has to stay the first.
    end = 4 + int.from_bytes(image[4:6], "big")
    return image[:end] + b"".join(segments) + image[end:]
