import pytest

from shared.imaging.contact_sheet_text import clean_text, shorten, wrap


def measure(text: str) -> float:
    """Every letter is ten pixels wide."""
    return 10 * len(text)


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Plain Name", "Plain Name"),
        ("  two\n lines\t", "two lines"),
        ("Käse, Łódź, Ærø, Straße", "Kase, Lodz, Aero, Strasse"),
        ("2\u00d74 \u2013 “best” … it\u2019s", "2x4 - “best” ... it\u2019s"),
        ("中文 name", "?? name"),
        ("bell\x07", "bell?"),
    ],
)
def test_letters_that_the_font_lacks_are_replaced(text: str, drawn: str) -> None:
    assert clean_text(text) == drawn


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
