"""Which texts the importer's database takes for one, and which characters a text can do without."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalog.category_names import CategoryNames
from shared.catalog.items import Category
from shared.text.cleaning import clean_id, clean_line
from shared.text.collation import fold_for_database, is_visible
from tests.strategies import THOROUGH, nasty_texts
from tests.support.importer_rules import slugify
from tests.support.sql_server import weigh

texts = st.one_of(nasty_texts, st.text(max_size=8))


@pytest.mark.slow
@THOROUGH
@given(texts, texts)
def test_texts_that_the_database_takes_for_one_have_one_key(first: str, second: str) -> None:
    for other in (second, first.upper(), first + " ", unicodedata.normalize("NFD", first), f"\u200d{first}\U0001f680"):
        if weigh(first) == weigh(other):
            assert fold_for_database(first) == fold_for_database(other)


def test_characters_with_one_weight_have_one_key() -> None:
    keys: dict[str, set[str]] = {}
    for character in map(chr, range(0x3400)):
        keys.setdefault(weigh(character), set()).add(fold_for_database(character))
    assert [weight for weight, found in keys.items() if len(found) > 1] == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("cafe", "caf\u00e9"),
        ("co-op", "coop"),
        ("a b", "ab"),
        ("A/1", "A-1"),
        ("\u00f8", "o"),
        ("\u4e2d", "\u6587"),
        (" a", "a"),
    ],
)
def test_texts_that_the_database_distinguishes_have_two_keys(first: str, second: str) -> None:
    assert fold_for_database(first) != fold_for_database(second)


def test_scripts_without_a_weight_count_only_where_asked() -> None:
    assert fold_for_database("\u1780") != fold_for_database("\u1781")
    assert fold_for_database("\u1780", with_unweighted_scripts=False) == ""


@pytest.mark.parametrize(
    "text",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian, two parts of a word
        "\u0915\u094d\u200d\u0937",  # Devanagari, a half form
        "\u0d05\u0d35\u0d28\u0d4d\u200d",  # Malayalam, a chillu at the end
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\u2764\ufe0f\u200d\U0001f525",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",  # Scotland
        "1\ufe0f\u20e3",
        "\u1820\u180e\u1820",
        "\u0600\u0661",
    ],
)
def test_invisible_characters_stay_where_a_script_or_an_emoji_needs_them(text: str) -> None:
    assert clean_line(f"Set {text} of 2") == f"Set {text} of 2"
    assert clean_id(text) == text


@pytest.mark.parametrize(
    "character",
    [
        "\u200d",
        "\u200c",
        "\u200b",
        "\u200e",
        "\u202e",
        "\u2066",
        "\u061c",
        "\ufeff",
        "\u00ad",
        "\u3164",
        "\u115f",
        "\u180e",
        "\ufe0f",
        "\U000e0067",
    ],
)
def test_invisible_characters_leave_names_and_ids_that_do_not_need_them(character: str) -> None:
    for text in (f"A{character}B", f"{character}AB", f"AB{character}", f"A{character}{character}B"):
        assert clean_line(text) == clean_id(text) == "AB"
    assert not is_visible(character)


def test_control_characters_leave_an_id_without_a_gap_and_a_name_with_one() -> None:
    assert clean_id("PROD\x07-\x00 1\r\n") == "PROD- 1"
    assert clean_line("Red\x07Boot\r\n") == "Red Boot"


def test_categories_that_differ_only_in_symbols_get_readable_slugs() -> None:
    names = CategoryNames()
    for name in ("\u2605\u2605", "\u2605", "\U0001f381", "\u2665 \u2665", "???", "\U00020bb7", "\U0001f1e9\U0001f1ea"):
        names.choose(name)
    categories = names.list_categories()
    assert [category.slug for category in categories[:5]] == [
        "black-star",
        "black-star-2",
        "wrapped-present",
        "black-heart-suit",
        "question-mark",
    ]
    assert categories[5].slug.startswith("category-")
    assert categories[6].slug == "d-e"
    assert all(category.slug == slugify(category.name) for category in categories)


def test_categories_are_found_again_by_any_of_their_spellings() -> None:
    spellings = (
        "\u2605",
        "\u2605\u2605",
        "Men's Shoes",
        "Mens Shoes",
        "\uff33hoes",
        "Cafe\u0301",
        "\u178f & a",
        "\u1780 - a",
    )
    names = CategoryNames()
    chosen = [names.choose(name) for name in spellings]
    again = CategoryNames(category.name for category in names.list_categories())
    assert [again.choose(name) for name in reversed(spellings)] == chosen[::-1]
    assert again.list_categories() == names.list_categories()
    assert chosen[3] == Category("Men's Shoes", "mens-shoes")
    assert chosen[5] == Category("Caf\u00e9", "caf\u00e9")


def test_slugs_are_those_of_the_invariant_lower_case() -> None:
    names = CategoryNames()
    assert names.choose("\u0130STANBUL").slug == "\u0130stanbul"
    assert names.choose("\u039f\u0394\u039f\u03a3").slug == "\u03bf\u03b4\u03bf\u03c3"
    assert names.choose("\u03bf\u03b4\u03bf\u03c2").name == "\u039f\u0394\u039f\u03a3"
