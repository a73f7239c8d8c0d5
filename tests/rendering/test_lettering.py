"""Lines of text in every script: no letter is a question mark or an empty box."""

from itertools import pairwise

import pytest
from hypothesis import given
from PIL import Image, ImageChops

from shared.rendering import bitmap_font
from shared.rendering.lettering import Pen, prepare_text
from shared.rendering.system_fonts import find_font
from shared.rendering.text_shaping import arrange
from tests.strategies import nasty_texts

NAMES = [
    "庭の椅子",
    "绿色木椅",
    "초록 의자",
    "เก้าอี้ไม้",
    "हरी कुर्सी",
    "সবুজ চেয়ার",
    "سبز کرسی",
    "كرسي أخضر",
    "כיסא ירוק",
    "Πράσινη Καρέκλα",
    "Зелёный стул",
    "Grüner Stuhl",
]


def write(text: str, size: float = 20) -> Image.Image:
    image = Image.new("L", (400, 60), 0)
    Pen(size).write(image, 4, 4, prepare_text(text), "white")
    return image


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_written_in_its_own_letters(name: str) -> None:
    written = write(name)
    assert written.getbbox() is not None
    for replaced in ("?" * len(name), "\N{MIDDLE DOT}" * len(name)):
        assert ImageChops.difference(written, write(replaced)).getbbox() is not None
    for letter, other in pairwise(dict.fromkeys(character for character in name if character.isalpha())):
        assert bytes(write(letter).tobytes()) != bytes(write(other).tobytes()), (letter, other)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [13.5, 38, 100])
def test_a_line_is_as_wide_as_it_was_measured(name: str, size: float) -> None:
    pen, prepared = Pen(size), prepare_text(name)
    image = Image.new("L", (2400, 240), 0)
    pen.write(image, 0, 40, prepared, "white")
    box = image.getbbox()
    assert box is not None
    assert box[2] <= pen.measure(prepared) + size / 2


@given(nasty_texts)
def test_any_text_can_be_prepared_measured_and_written(text: str) -> None:
    prepared = prepare_text(text)
    assert prepare_text(prepared) == prepared
    assert Pen(20).measure(prepared) >= 0
    write(text)


@pytest.mark.parametrize(
    ("text", "prepared"),
    [
        ("Plain Name", "Plain Name"),
        ("  two\n lines\t", "two lines"),
        ("Käse, Łódź, Ærø, Straße", "Kase, Lodz, Aero, Strasse"),
        ("2\u00d74 \u2013 “best” … it\u2019s", "2x4 - “best” … it\u2019s"),
        ("中文 name \N{ROCKET}", "中文 name"),
        ("bell\x07", "bell"),
        ("\U00020bb7野家", "\N{MIDDLE DOT}野家"),
    ],
)
def test_latin_letters_lose_accents_and_what_no_font_has_is_left_out_or_a_dot(text: str, prepared: str) -> None:
    assert prepare_text(text) == prepared


@pytest.mark.parametrize(
    "text", ["庭園椅子", "한국어", "ไทย", "বাংলা", "हिन्दी", "اردو", "עברית", "Ελληνικά", "Հայ", "አማርኛ"]
)
def test_the_bitmap_font_has_every_script_where_the_machine_has_no_font(text: str) -> None:
    assert all(map(bitmap_font.has_glyph, text))
    assert bitmap_font.draw(text, 16).getbbox() is not None


@pytest.mark.parametrize("letter", ["\u200d", "\u202e", "\ufe0f", "\ue000", "\U0001f680"])
def test_the_bitmap_font_shows_no_box_for_what_is_invisible(letter: str) -> None:
    assert not bitmap_font.has_glyph(letter)


@pytest.mark.parametrize(
    ("text", "visual"),
    [
        ("abc", "abc"),
        ("אבג", "גבא"),
        ("אב 12 (ג)", "(ג) 12 בא"),
        ("بيت", "\ufe96\ufef4\ufe91"),
        ("لا", "\ufefb"),
        ("कि", "िक"),
        ("কো", "\u09c7ক\u09be"),
        ("กำ", "กำ"),
    ],
)
def test_letters_are_arranged_from_left_to_right(text: str, visual: str) -> None:
    assert "".join(arrange(text)) == visual


def test_a_font_of_this_machine_has_all_letters_or_is_not_used() -> None:
    font = find_font("Ω", 20)
    assert font is None or font.getmask("Ω").getbbox() is not None
    assert find_font("\U0003fffd", 20) is None
