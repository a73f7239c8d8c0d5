from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from model_simulator.drawing.encode import encode_image


@given(st.integers(1, 9), st.integers(1, 9), st.binary(min_size=9 * 9 * 3, max_size=9 * 9 * 3))
@settings(max_examples=50, deadline=None)
def test_a_png_holds_every_pixel(width: int, height: int, noise: bytes) -> None:
    image = Image.frombytes("RGB", (width, height), noise[: width * height * 3])

    again = Image.open(BytesIO(encode_image(image, "png", comment="")))

    assert (again.size, again.mode, again.tobytes()) == (image.size, image.mode, image.tobytes())


@pytest.mark.parametrize(("image_format", "place"), [("png", "Comment"), ("jpeg", "comment")])
def test_the_comment_travels_with_the_file(image_format: str, place: str) -> None:
    image = Image.open(BytesIO(encode_image(Image.new("RGB", (8, 8)), image_format, comment="0a1b")))
    image.load()

    assert image.info[place] in {"0a1b", b"0a1b"}


def test_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match=r"image_format is 'gif'; expected one of png, jpeg"):
        encode_image(Image.new("RGB", (8, 8)), "gif", comment="")
