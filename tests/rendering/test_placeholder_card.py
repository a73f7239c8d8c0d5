"""A placeholder is a card with a name that can be read, and it says of itself what it is."""

import hashlib
from io import BytesIO

import pytest
from PIL import Image

from shared.rendering.inspect_image import decode_image
from shared.rendering.placeholder_card import PlaceholderCard, is_placeholder_file, render_placeholder
from tests.support.sample_images import draw

LONG = "Professional Stainless Steel Electric Kettle with Temperature Control 1.7 Litres"
WORD = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft"
SIZES = [(1024, 1024), (1536, 1024), (64, 64), (64, 4096), (1023, 65)]
TYPES = {"image/png": "png", "image/jpeg": "jpeg"}


def draw_card(name: str, size: tuple[int, int] = (512, 512), content_type: str = "image/png") -> PlaceholderCard:
    return render_placeholder([name, "PROD-1"], width=size[0], height=size[1], content_type=content_type)


def find_ink(image: Image.Image) -> tuple[int, int, int, int]:
    """Return the box around all that is as dark as letters."""
    box = image.convert("L").point(lambda level: 255 * (level < 110)).getbbox()
    assert box is not None
    return box


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("content_type", TYPES)
def test_it_is_a_whole_image_of_the_requested_size_and_format(size: tuple[int, int], content_type: str) -> None:
    drawn = draw_card(LONG, size, content_type)
    decoded = decode_image(drawn.data)
    assert (decoded.image.size, decoded.properties.format) == (size, TYPES[content_type])
    assert drawn.sha256 == decoded.properties.sha256 == hashlib.sha256(drawn.data).hexdigest()


@pytest.mark.parametrize("content_type", TYPES)
def test_its_file_says_what_it_is_and_an_image_does_not(content_type: str) -> None:
    assert is_placeholder_file(draw_card("Mug", content_type=content_type).data)
    assert not is_placeholder_file(draw(kind=TYPES[content_type].upper()))
    assert not is_placeholder_file(b"")


def test_the_same_name_gives_the_same_file_and_another_name_another() -> None:
    assert draw_card("Mug").data == draw_card("Mug").data != draw_card("Jug").data


def test_a_name_that_cannot_be_written_gives_way_to_the_id() -> None:
    assert draw_card("\U00020bb7").data == draw_card("PROD-1").data
    assert draw_card("青いマグ").data != draw_card("PROD-1").data


@pytest.mark.parametrize(
    "name",
    ["Mug", LONG, WORD, "W" * 80, "i " * 40, "青いマグ" * 9, "كوب أزرق كبير", "691b312b-39e0-4f39-b83f-b4ebf5f217b6"],
)
@pytest.mark.parametrize("size", [(1024, 1024), (1536, 1024), (1024, 1536), (256, 256)])
def test_all_letters_are_within_the_frame(name: str, size: tuple[int, int]) -> None:
    left, top, right, bottom = find_ink(draw_card(name, size).image)
    inset = min(size) // 20
    assert inset < left < right < size[0] - inset
    assert inset < top < bottom < size[1] - inset


def test_a_name_of_eighty_letters_can_be_read_in_a_thumbnail() -> None:
    thumbnail = draw_card(LONG, (1024, 1024)).image.resize((256, 256))
    assert len(LONG) == 80
    _, top, _, bottom = find_ink(thumbnail)
    assert bottom - top > 100


def test_a_name_without_letters_is_an_empty_card() -> None:
    drawn = render_placeholder(["\N{ROCKET}"], width=64, height=64, content_type="image/png")
    with Image.open(BytesIO(drawn.data)) as image:
        darkest = image.convert("L").histogram()[:180]  # the frame is lighter
        assert not any(darkest)
