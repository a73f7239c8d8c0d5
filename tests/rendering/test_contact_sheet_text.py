import pytest

from shared.rendering.contact_sheet_text import shorten, split_word, wrap


def measure(text: str) -> float:
    """Every letter is ten pixels wide."""
    return 10 * len(text)


def test_a_text_that_fits_is_left_alone() -> None:
    assert shorten("exactly", 70, measure) == "exactly"


@pytest.mark.parametrize(
    ("width", "shown"),
    [(69, "exact…"), (30, "ex…"), (10, "…"), (0, "…")],
)
def test_a_text_that_does_not_fit_ends_with_an_ellipsis(width: float, shown: str) -> None:
    assert shorten("exactly", width, measure) == shown


def test_no_space_or_comma_comes_before_the_ellipsis() -> None:
    assert shorten("one, two", 60, measure) == "one…"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("one", ["one"]),
        ("one two", ["one two"]),
        ("one two three", ["one two", "three"]),
        ("one two three four", ["one two", "three fo…"]),
        ("extraordinary one", ["extraord…", "one"]),
    ],
)
def test_lines_break_between_words(text: str, lines: list[str]) -> None:
    assert wrap(text, 90, 2, measure) == lines


def test_a_mark_is_not_cut_off_its_letter() -> None:
    assert shorten("कुर्सी", 40, measure) == "कु…"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("庭の椅子(折りたたみ式)", ["庭の椅子(折りたたみ", "式)"]),
        ("LED ライト付きチェアー", ["LED ライト付き", "チェアー"]),
        ("เก้าอี้ไม้", ["เก้าอี้ไม้"]),
    ],
)
def test_lines_break_within_words_where_a_script_sets_no_blanks(text: str, lines: list[str]) -> None:
    assert wrap(text, 100, 2, measure) == lines


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("two-tone", ["two-tone"]),
        ("椅子。", ["椅", "子。"]),
        ("「椅子」", ["「椅", "子」"]),
        ("ちゃ", ["ちゃ"]),
        ("เก้า", ["เก้า"]),
        (" LED灯", [" LED", "灯"]),
    ],
)
def test_no_part_of_a_word_begins_with_what_belongs_to_the_letter_before(word: str, parts: list[str]) -> None:
    assert split_word(word) == parts
