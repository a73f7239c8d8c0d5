import hashlib
import random
import struct
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from shared.rendering.inspect_image import MAX_SIDE_PIXELS, BadImageError, ImageProperties, inspect_image
from tests.support.sample_images import draw, draw_gradient


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_a_whole_image_is_described(kind: str) -> None:
    data = draw(size=(640, 480), kind=kind)
    properties = inspect_image(data)
    assert properties == ImageProperties(
        width=640,
        height=480,
        format="png" if kind == "png" else "jpeg",
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        dhash=0,
    )
    assert properties.content_type == f"image/{kind}"


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_an_image_cut_short_anywhere_is_found(kind: str) -> None:
    data = draw_gradient(kind=kind)
    for length in {*range(0, len(data), 37), *range(len(data) - 16, len(data))}:
        with pytest.raises(BadImageError) as caught:
            inspect_image(data[:length])
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("header", [b"", b"\0\0\x30\x0a\x10\0\0\0MotionPhoto_Data"])
def test_a_photo_with_a_video_behind_it_is_whole_unless_it_is_cut_short(header: bytes) -> None:
    data = draw_gradient(kind="JPEG")
    video = header + b"\0\0\0\x18ftypmp42" + random.Random(1).randbytes(5000)
    assert inspect_image(data + video).width == 256
    with pytest.raises(BadImageError):
        inspect_image(data[:-200] + video)


def test_a_changed_bit_in_a_png_is_found_by_its_checksums() -> None:
    data = bytearray(draw_gradient())
    for position in range(20, len(data) - 4, 11):
        damaged = bytearray(data)
        damaged[position] ^= 1
        with pytest.raises(BadImageError):
            inspect_image(bytes(damaged))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_damage_of_any_kind_raises_nothing_but_our_error(kind: str) -> None:
    rng = random.Random(1)
    data = draw(kind=kind)
    for _ in range(300):
        damaged = bytearray(data)
        for _ in range(rng.choice((1, 5, 40))):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        with suppress(BadImageError):
            inspect_image(bytes(damaged))


@pytest.mark.parametrize(
    "data",
    [b"", b"upstream error", b"<html></html>", b"\x89PNG", draw(kind="GIF"), draw(kind="BMP"), b"RIFF"],
)
def test_anything_else_is_rejected(data: bytes) -> None:
    with pytest.raises(BadImageError, match="expected PNG, JPEG or WebP"):
        inspect_image(data)


def test_the_largest_image_is_taken() -> None:
    assert inspect_image(draw(size=(MAX_SIDE_PIXELS, 2))).width == MAX_SIDE_PIXELS


@pytest.mark.parametrize("size", [(MAX_SIDE_PIXELS + 1, 1), (1, MAX_SIDE_PIXELS + 1), (60_000, 60_000)])
def test_an_image_that_claims_to_be_larger_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    head = b"IHDR" + struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0)
    rows = b"IDAT" + zlib.compress(b"")
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in (head, rows, b"IEND")
    )
    with pytest.raises(BadImageError, match=f"{size[0]}x{size[1]}; expected at most 4096"):
        inspect_image(data)


def test_images_are_inspected_on_many_threads_at_once() -> None:
    images = [draw((number, 0, 0), size=(100 + number, 50), kind=("PNG", "JPEG")[number % 2]) for number in range(32)]
    with ThreadPoolExecutor(8) as threads:
        assert [metadata.width for metadata in threads.map(inspect_image, images)] == list(range(100, 132))


@pytest.mark.processes
def test_pillow_is_not_loaded_before_there_is_an_image() -> None:
    code = "import sys, shared.rendering.inspect_image, shared.rendering.contact_sheet; sys.exit('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
