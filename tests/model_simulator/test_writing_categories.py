"""Category names of the simulator's writer."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_simulator.text_generation import write_categories
from model_simulator.text_generation.product_fields import find_field
from model_simulator.text_generation.subjects import is_about_figures
from model_simulator.text_generation.themes import find_theme

FIGURES = "LEGO-style minifigures"
SUBJECTS = st.one_of(
    st.sampled_from([FIGURES, "kitchen tools", "garden furniture", "space-age toasters", "toy figures", "42"]),
    st.text(min_size=1, max_size=80).filter(str.strip),
)


def name_categories(subject: str, count: int, *, seed: int = 1, **changes: Any) -> list[str]:
    task = {"task": "categories", "subject": subject, "count": count, "existing": [], "forbiddenWords": []} | changes
    return [category["name"] for category in write_categories(task, random.Random(seed))["categories"]]


def slug_of(name: str) -> str:
    """The importer's rule, in other words than the product's."""
    return "".join({" ": "-"}.get(c, c) for c in name.lower() if c.isalnum() or c == " ")


@settings(max_examples=60, deadline=None)
@given(subject=SUBJECTS, count=st.integers(1, 100), seed=st.integers(0, 10_000))
def test_as_many_names_as_asked_for_two_or_three_words_each_and_distinct_slugs(
    subject: str, count: int, seed: int
) -> None:
    names = name_categories(subject, count, seed=seed)

    assert len(names) == count
    assert len({slug_of(name) for name in names}) == count
    for name in names:
        assert 2 <= len(name.split()) <= 3, name
        assert len(name) <= 64, name


@settings(max_examples=25, deadline=None)
@given(subject=SUBJECTS, seed=st.integers(0, 1000))
def test_existing_names_are_not_named_again(subject: str, seed: int) -> None:
    existing = [name.upper() for name in name_categories(subject, 40)]

    names = name_categories(subject, 60, seed=seed, existing=existing)

    assert len(names) == 60
    assert {slug_of(name) for name in names}.isdisjoint(slug_of(name) for name in existing)


def test_forbidden_words_are_left_out() -> None:
    names = name_categories(FIGURES, 100, forbiddenWords=["space", "Pirate Crew"])

    assert len(names) == 100
    assert not any("space" in name.casefold() or name == "Pirate Crew" for name in names)


def test_twenty_categories_of_figures_are_twenty_themes() -> None:
    themes = {find_theme(name).names for name in name_categories(FIGURES, 20)}

    assert len(themes) == 20


def test_the_same_state_gives_the_same_names_and_another_one_others() -> None:
    assert name_categories(FIGURES, 20, seed=1) == name_categories(FIGURES, 20, seed=1)
    assert name_categories(FIGURES, 20, seed=1) != name_categories(FIGURES, 20, seed=2)


def test_a_category_no_one_wrote_words_for_finds_the_theme_that_its_words_point_to() -> None:
    assert find_theme("Galactic Planet Hunters").names[0] == "Space Explorers"
    assert find_theme("The Noodle Street Cooks").names[0] == "Master Chefs"


def test_a_category_that_points_nowhere_is_led_by_its_own_words() -> None:
    assert "Zither" in find_theme("Zither Fellowship").leads


def test_products_are_what_category_or_subject_say() -> None:
    assert find_field("garden furniture", "Patio Chairs").list_things() == ("Chair",)
    assert find_field("space-age toasters", "Retro Space-Age Toasters").list_things() == ("Toaster",)
    assert "Whisk" in find_field("kitchen tools", "Everyday Kitchen Tools").list_things()
    assert find_field("quantum stuff", "New Things").list_things() == ("Quantum Stuff",)


def test_a_material_in_the_category_is_what_everything_is_made_of() -> None:
    lines = find_field("kitchen tools", "Bamboo Spatulas").lines

    assert {line.materials for line in lines} == {("bamboo",)}


@pytest.mark.parametrize(
    "subject", [FIGURES, "toy figures for collectors", "A shop of minifigures, all of them happy", "Action heroes"]
)
def test_little_people_are_figures(subject: str) -> None:
    assert is_about_figures(subject)


@pytest.mark.parametrize("subject", ["kitchen tools", "mini fridges", "character mugs", "doll houses", "figs", ""])
def test_everything_else_is_a_product(subject: str) -> None:
    assert not is_about_figures(subject)
