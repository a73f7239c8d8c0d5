from io import BytesIO
from itertools import combinations

import pytest
from PIL import Image

from shared.rendering.contact_sheet import MAX_CELLS, ContactCell, render_contact_sheet
from shared.rendering.contact_sheet_layout import TILE, choose_layout
from shared.rendering.contact_sheet_tiles import make_sheet_thumbnail, make_tile
from shared.rendering.inspect_image import BadImageError
from tests.support.sample_images import draw

RED, BLUE = (220, 20, 20), (20, 20, 220)


def open_sheet(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    assert image.format == "JPEG"
    return image.convert("RGB")


def count_pixels_like(image: Image.Image, color: tuple[int, int, int]) -> int:
    """Count the pixels that JPEG may have made of a color."""
    bands = [
        band.point(lambda value, wanted=wanted: 255 * (abs(value - wanted) < 24))
        for band, wanted in zip(image.split(), color, strict=True)
    ]
    both = Image.merge("RGB", bands)
    return sum(count for count, pixel in both.getcolors(1 << 24) or [] if pixel == (255, 255, 255))


def test_every_image_is_on_the_sheet() -> None:
    cells = [ContactCell(f"Item {n}", "Knights", draw(RED if n < 3 else BLUE, size=(300, 300))) for n in range(5)]
    sheet = open_sheet(render_contact_sheet("lego", "5 items", cells))
    tile = TILE * TILE
    assert 2.9 * tile < count_pixels_like(sheet, RED) < 3.1 * tile
    assert 1.9 * tile < count_pixels_like(sheet, BLUE) < 2.1 * tile


def test_a_missing_image_and_a_damaged_one_leave_an_empty_tile() -> None:
    whole = draw(RED)
    missing = make_tile(None)
    assert missing.size == (TILE, TILE)
    assert make_tile(whole[:-30]).tobytes() == missing.tobytes()
    assert make_tile(b"no image").tobytes() == missing.tobytes()
    assert make_tile(whole).tobytes() != missing.tobytes()


def test_an_image_keeps_its_proportions_in_the_middle_of_its_tile() -> None:
    tile = make_tile(draw(RED, size=(800, 400)))
    assert tile.getpixel((TILE // 2, TILE // 2)) == RED
    assert tile.getpixel((TILE // 2, TILE // 8)) == (255, 255, 255)


def test_what_is_transparent_becomes_white() -> None:
    assert make_tile(draw((220, 20, 20, 0), size=(200, 200))).getpixel((10, 10)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("1", "PNG"), ("L", "PNG"), ("LA", "PNG"), ("P", "PNG"), ("I;16", "PNG"), ("L", "JPEG"), ("CMYK", "JPEG")],
)
def test_images_of_every_mode_make_a_tile(mode: str, kind: str) -> None:
    buffer = BytesIO()
    Image.new(mode, (300, 200)).save(buffer, kind)
    assert make_tile(buffer.getvalue()).mode == "RGB"


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_sheet_thumbnail_is_small_and_changes_nothing_on_the_sheet(kind: str) -> None:
    image = draw(RED, size=(1024, 1024), kind=kind)
    thumbnail = make_sheet_thumbnail(image)
    assert len(thumbnail) < 50_000
    assert make_tile(thumbnail).tobytes() == make_tile(image).tobytes()


def test_bytes_that_are_not_an_image_get_no_thumbnail() -> None:
    with pytest.raises(BadImageError):
        make_sheet_thumbnail(b"no image")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a\nb\tc",
        "x" * 500,
        "word " * 200,
        "中文のキャラクター",
        "עברית 🧱👩‍🚀",
        "Käpt'n Æther \u2013 №7",
        "\ud800",
        "\0\x07",
    ],
)
def test_no_text_is_too_long_or_too_foreign(text: str) -> None:
    cells = [ContactCell(text, text, None), ContactCell("Plain", "Knights", None)]
    plain = [ContactCell("Plain", "Other", None), ContactCell("Plain", "Knights", None)]
    assert (
        open_sheet(render_contact_sheet(text, text, cells)).size
        == open_sheet(render_contact_sheet("a", "b", plain)).size
    )


def test_a_sheet_without_cells_is_its_title() -> None:
    assert open_sheet(render_contact_sheet("lego", "nothing yet", [])).width > 0


def test_a_whole_catalog_fits_on_one_glance() -> None:
    layout = choose_layout([8, 13, 10, 11, 9, 12, 10, 10, 11, 10, 12, 9, 10, 11, 10, 10, 13, 9, 11, 11])
    assert layout.width <= 2800
    assert layout.height <= 1.8 * layout.width


@pytest.mark.parametrize("counts", [[1], [5], [240], [1] * 100, [7, 1, 30, 2]])
@pytest.mark.parametrize("columns", [None, 1, 3, 20])
def test_nothing_overlaps_or_leaves_the_page(counts: list[int], columns: int | None) -> None:
    layout = choose_layout(counts, columns)
    corners = [
        corner
        for (left, top), count in zip(layout.place_blocks(), counts, strict=True)
        for corner in layout.place_cells(left, top, count)
    ]
    assert len(corners) == sum(counts)
    assert all(0 <= left <= layout.width - TILE and 0 <= top <= layout.height - TILE for left, top in corners)
    assert not any(
        abs(left - other_left) < TILE and abs(top - other_top) < TILE
        for (left, top), (other_left, other_top) in combinations(corners, 2)
    )


def test_too_many_cells_are_refused() -> None:
    cells = [ContactCell("Item", "Knights", None)] * (MAX_CELLS + 1)
    with pytest.raises(ValueError, match="241 cells; expected at most 240"):
        render_contact_sheet("lego", "", cells)


def test_a_sheet_has_at_least_one_column() -> None:
    with pytest.raises(ValueError, match="0 columns"):
        render_contact_sheet("lego", "", [], columns=0)
