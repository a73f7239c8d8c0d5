"""Brands and forbidden words are found and removed by one rule, in any spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalog.forbidden_words import drop_trademark_signs, find_word, fold_word, holds_word, remove_words
from tests.strategies import QUICK, nasty_texts


@pytest.mark.parametrize(
    ("word", "text", "left"),
    [
        ("Lumière", "LUMIERE lamp", "lamp"),
        ("Lumiere", "Lumie\u0300re lamp", "lamp"),
        ("O'Hara", "O\u2019Hara boots", "boots"),
        ("OHara", "boots by O'Hara.", "boots."),
        ("Sky-Walk", "Sky Walk boots", "boots"),
        ("Sky Walk", "Skywalk boots", "boots"),
        ("SkyWalk", "sky\u2010walk boots", "boots"),
        ("SKYWALKER", "Sky Walker boots", "boots"),
        ("Zeta", "ZETA\u00ae boots", "boots"),
        ("Zeta", "ZETA\u00aeboots", "boots"),
        ("Zeta", "zeta(TM) boots", "boots"),
        ("Zeta\u2122", "Boots from Zeta", "Boots"),
        ("Zeta & Co", "Zeta &amp; Co boots", "boots"),
        ("Lumière", "Lumi&amp;egrave;re lamp", "lamp"),
        ("Zeta", "Zeta's boots", "boots"),
        ("Zeta", "Boots (Zeta), brown", "Boots, brown"),
        ("Ørn", "Orn boots", "boots"),
        ("\u4efb\u5929\u5802", "\u4efb\u5929\u5802\u306e\u9774", "\u306e\u9774"),
        ("Zeta", "Zeta\u306e\u9774", "\u306e\u9774"),
        ("\u0939\u0940\u0930\u094b", "\u0939\u0940\u0930\u094b \u091c\u0942\u0924\u093e", "\u091c\u0942\u0924\u093e"),
        ("mark", "Cap with Mark", "Cap"),
    ],
)
def test_a_word_is_found_and_taken_out_in_any_spelling(word: str, text: str, left: str) -> None:
    assert holds_word(text, (word,))
    assert remove_words(text, (word,)).text == left


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("Gap", "gapless frame"),
        ("Gap", "stopgap frame"),
        ("\u0939\u0940\u0930", "\u0939\u0940\u0930\u094b"),
        ("Ninjago", "ninja go-kart"),
        ("X", "5 x 10"),
        ("", "boots"),
        ("&", "salt & pepper"),
    ],
)
def test_a_word_inside_another_one_is_left_alone(word: str, text: str) -> None:
    assert not holds_word(text, (word,))
    assert remove_words(text, (word,)).text == text


def test_what_was_taken_out_is_reported_as_it_was_spelled() -> None:
    assert remove_words("ZETA\u00ae boots, O\u2019Hara lace", ("O'Hara", "Zeta")).removed == (
        "ZETA\u00ae",
        "O\u2019Hara",
    )


def test_the_word_that_was_found_is_returned_as_it_was_spelled() -> None:
    assert find_word("mug by ZET\u00c1\u00ae", ("Sky", "Zeta")) == "ZET\u00c1\u00ae"
    assert find_word("mug", ("Sky", "Zeta")) is None


def test_marks_that_stand_alone_are_dropped() -> None:
    assert drop_trademark_signs("Boots \u00ae and (R) lace\u2122") == "Boots and lace"
    assert fold_word("L'Or\u00e9al\u00ae") == "loreal"


@QUICK
@given(nasty_texts, st.lists(nasty_texts, max_size=4).map(tuple))
def test_what_is_left_holds_none_of_the_words_or_was_never_cut(text: str, words: tuple[str, ...]) -> None:
    cut = remove_words(text, words)
    assert bool(cut.removed) == holds_word(text, words)
    assert cut.removed or cut.text == text
