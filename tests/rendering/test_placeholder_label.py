import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rendering.lettering import can_write
from shared.rendering.placeholder_label import break_lines, choose_label, cut_lines


def measure(text: str) -> float:
    """Every letter is ten pixels wide."""
    return 10 * len(text)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Enamel Mug", "Enamel Mug"),
        ("  Crème\nbrûlée, Łódź & Straße ", "Creme brulee, Lodz & Strasse"),
        ("Чайник «Щёлк» 2\N{NO-BREAK SPACE}л", "Чайник «Щёлк» 2 л"),
        ("Ψάθα Φως", "Ψάθα Φως"),
        ("青いマグ", "青いマグ"),
        ("Sony ソニー", "Sony ソニー"),
        ("كوب أزرق", "كوب أزرق"),
        ("\N{ROCKET} Rocket Mug \N{VARIATION SELECTOR-16}", "Rocket Mug"),
        ("\N{WOMAN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}\N{ZERO WIDTH JOINER}\N{ROCKET} Pilot", "Pilot"),
        ("90°, m\N{SUPERSCRIPT TWO}", "90°, m2"),
        ("Why not?", "Why not?"),
    ],
)
def test_a_name_is_reported_in_letters_that_the_font_has(name: str, label: str) -> None:
    assert choose_label(name, "PROD-1") == label


@pytest.mark.parametrize(
    "name", ["\N{ROCKET}\N{ROCKET}", "...", "", "\U00020bb7野家", "\N{LINEAR B SYLLABLE B008 A} cups"]
)
def test_a_name_that_cannot_be_rendered_is_replaced_by_the_id(name: str) -> None:
    assert choose_label(name, "PROD-1") == "PROD-1"


def test_an_id_that_cannot_be_rendered_is_replaced_by_the_file_name() -> None:
    assert choose_label("\U00020bb7", "\U00020bb7-1", "item-0a1b2c") == "item-0a1b2c"
    assert choose_label("\U00020bb7") == ""


@given(st.text())
def test_no_label_has_a_letter_that_the_font_lacks(name: str) -> None:
    assert all(map(can_write, choose_label(name)))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three", ["one two", "three"]),
        ("long-sleeve", ["long-", "sleeve"]),
        ("691b-39e0-4f39", ["691b-", "39e0-", "4f39"]),
        ("one", ["one"]),
        ("", []),
        ("wonderful x", None),
    ],
)
def test_lines_break_between_words_and_behind_hyphens(text: str, lines: list[str] | None) -> None:
    assert break_lines(text, 80, measure, splits_words=False) == lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [("an extraordinary one", ["an", "extraord", "inary", "one"]), ("x" * 20, ["x" * 8, "x" * 8, "xxxx"])],
)
def test_a_word_that_is_wider_than_a_line_is_split(text: str, lines: list[str]) -> None:
    assert break_lines(text, 80, measure, splits_words=True) == lines


@given(st.text("ab- ", max_size=60))
def test_no_letter_is_lost_and_no_line_too_wide(text: str) -> None:
    lines = break_lines(text, 80, measure, splits_words=True)
    assert lines is not None
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(measure(line) <= 80 for line in lines)


def test_lines_that_have_no_room_end_with_an_ellipsis() -> None:
    lines = ["one two", "three", "four"]
    assert cut_lines(lines, 3, 80, measure) == lines
    assert cut_lines(lines, 2, 80, measure) == ["one two", "three f…"]
