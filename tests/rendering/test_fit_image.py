"""Images are cropped to a shape before an edit, and scaled to a size after it."""

import io

import pytest
from PIL import Image

from shared.rendering.fit_image import crop_image, scale_image
from shared.rendering.inspect_image import BadImageError
from tests.support.sample_images import draw


def read_size(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as image:
        return image.size


@pytest.mark.parametrize("size", [(64, 64), (96, 32), (32, 96), (640, 480)])
def test_the_middle_of_an_image_has_the_size_that_was_asked_for(size: tuple[int, int]) -> None:
    data = crop_image(draw((200, 30, 30, 128), size=(80, 60)), size)
    assert read_size(data) == size
    assert data.startswith(b"\xff\xd8")


def test_damaged_data_cannot_be_cropped() -> None:
    with pytest.raises(BadImageError):
        crop_image(draw()[:60], (64, 64))


@pytest.mark.parametrize(
    ("actual", "expected"), [((1360, 768), (1600, 900)), ((64, 64), (128, 128)), ((99, 50), (100, 50))]
)
def test_an_image_of_the_same_shape_is_scaled(actual: tuple[int, int], expected: tuple[int, int]) -> None:
    assert read_size(scale_image(draw(size=actual), expected)) == expected


@pytest.mark.parametrize("data", [draw(size=(64, 48)), draw(size=(128, 128)), b"not an image"])
def test_another_shape_the_right_size_and_other_data_stay_as_they_are(data: bytes) -> None:
    assert scale_image(data, (128, 128)) == data
