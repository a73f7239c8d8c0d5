"""Categories are distinct by the importer's slug rule, and their slugs are in kebab-case."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalog.category_rules import validate_categories
from shared.catalog.items import Category, make_slug
from shared.catalog.theme import Theme
from tests.strategies import THOROUGH, nasty_texts, plain_names
from tests.support.importer_rules import import_rows, slugify

THEME = Theme()

names = st.one_of(
    plain_names,
    nasty_texts,
    st.tuples(st.sampled_from(("Sci-Fi", "SciFi", "sci fi", "Sci'Fi", "SCIFI")), st.sampled_from(("Heroes", "heroes!")))
    .map(" ".join),
)  # fmt: skip


def pick(*proposed: str, taken: list[Category] | None = None, count: int = 10) -> list[str]:
    return [
        category.name for category in validate_categories(proposed, taken=taken or [], count=count, theme=THEME).chosen
    ]


@THOROUGH
@given(st.lists(names, max_size=12), st.integers(1, 12))
def test_the_importer_accepts_the_categories_of_any_proposal(proposed: list[str], count: int) -> None:
    chosen = validate_categories(proposed, taken=[], count=count, theme=THEME).chosen
    rows = [
        {"productId": str(place), "name": "x", "category": category.name, "filename": f"{place}.png"}
        for place, category in enumerate(chosen)
    ]
    assert len(import_rows(rows)) == len(chosen) <= count
    for category in chosen:
        assert 2 <= len(category.name.split()) <= 3
        assert category.slug == slugify(category.name)
        assert re.fullmatch(r"[^\W_]+(-[^\W_]+)+", category.slug)


@given(st.text(max_size=12))
@THOROUGH
def test_a_slug_is_what_the_importer_makes_of_the_name(name: str) -> None:
    assert make_slug(name) == slugify(name)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Sci-Fi Heroes", "scifi-heroes"),
        ("SciFi Heroes", "scifi-heroes"),
        ("Café Kings", "café-kings"),
        ("Route 66", "route-66"),
        ("Half ½", "half-"),
        ("Snake_Case Things", "snakecase-things"),
    ],
)
def test_slugs(name: str, slug: str) -> None:
    assert make_slug(name) == slug


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Sci-Fi Heroes", "SciFi Heroes"),
        ("Space Crew", "space  CREW"),
        ("Space Crew", "Space Crew!"),
        ("Straße Team", "STRASSE Team"),
        ("STRASSE Team", "Straße Team"),
        ("Red & Blue", "Red and Blue"),
    ],
)
def test_of_two_names_with_one_slug_the_first_is_taken(first: str, second: str) -> None:
    assert len(pick(first, second)) == 1


@pytest.mark.parametrize(
    "name",
    ["Space", "One Two Three Four", "Batman Friends", "!! ??", "Space -", "Half ½", "", f"{'a' * 32} {'b' * 32}"],
)
def test_names_that_break_a_rule_are_left_out(name: str) -> None:
    assert pick(name) == []


def test_an_ampersand_is_spelled_out_so_that_no_slug_has_two_hyphens_in_a_row() -> None:
    assert validate_categories(["Rock & Roll"], taken=[], count=1, theme=THEME).chosen == (
        Category("Rock and Roll", "rock-and-roll"),
    )


def test_the_longest_name_has_64_characters() -> None:
    name = f"{'a' * 32} {'b' * 31}"
    assert pick(name) == [name]


def test_what_is_taken_stays_first_even_beyond_the_count() -> None:
    taken = [Category("Space Crew", "space-crew"), Category("City Life", "city-life")]
    assert pick("Sea Team", "Space crew", taken=taken, count=3) == ["Space Crew", "City Life", "Sea Team"]
    assert pick("Sea Team", taken=taken, count=1) == ["Space Crew", "City Life"]


def test_a_name_that_the_importer_knows_keeps_the_spelling_that_it_knows() -> None:
    proposed, known = ["SciFi Crew", "Sea Team"], ["Sci-Fi Crew"]
    verdict = validate_categories(proposed, taken=[], count=2, theme=THEME, known=known)
    assert [category.name for category in verdict.chosen] == ["Sci-Fi Crew", "Sea Team"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Minifigure Collections", "Minifigures Collection"),
        ("Toy Boxes", "Box Toys"),
        ("Sci-Fi Heroes", "SciFi Hero"),
        ("Party Knives", "Parties Knife"),
        ("Café Kings", "Cafe King"),
        ("Gartenstühle Holz", "Gartenstuhl Holz"),
        ("Καρέκλες Κήπου", "Καρέκλα Κήπου"),
        ("बगीचे की कुर्सियाँ", "बगीचे की कुर्सी"),
        ("ガーデン チェア", "ガーデンチェア"),
    ],
)
def test_names_that_differ_in_spelling_order_or_plural_are_one_category(first: str, second: str) -> None:
    for pair in ((first, second), (second, first)):
        verdict = validate_categories(pair, taken=[], count=10, theme=THEME, validate_items=False)
        assert [category.name for category in verdict.chosen] == [pair[0]]
        assert verdict.rejected[0].to_json()["reasons"] == ["duplicate_category"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Garden Chairs", "Garden Chains"),
        ("Garden Tools", "Garden Stools"),
        ("Pet Care", "Pet Cars"),
        ("ガラス細工", "カラス細工"),
        ("Ocean Divers", "Ocean Drivers"),
    ],
)
def test_names_of_other_things_are_other_categories(first: str, second: str) -> None:
    assert pick(first, second) == [first, second]


@pytest.mark.parametrize(
    "name", ["園芸ばさみ", "植木鉢", "花园 椅子", "정원 의자", "เก้าอี้สวน", "बगीचे की कुर्सियाँ", "كراسي الحديقة"]
)
def test_a_category_has_two_or_three_words_where_its_script_sets_blanks(name: str) -> None:
    assert pick(name) == [name]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("कुर्सी", "category_words"),
        ("정원의자", "category_words"),
        ("One Two Three Four", "category_words"),
        ("Batman Friends", "forbidden_word"),
        ("庭" * 65, "category_length"),
    ],
)
def test_a_rejected_category_says_which_rule_it_breaks(name: str, reason: str) -> None:
    row = validate_categories([name], taken=[], count=1, theme=THEME).rejected[0].to_json()
    assert (row["kind"], row["name"], row["reasons"]) == ("category", name, [reason])
    assert len(row["messages"]) == 1


def test_without_content_rules_a_category_only_has_to_be_new_and_importable() -> None:
    names = ["Space", "Batman Friends", "One Two Three Four", "space", "!!", "x" * 65]
    verdict = validate_categories(names, taken=[], count=10, theme=THEME, validate_items=False)
    assert [category.name for category in verdict.chosen] == names[:3]
