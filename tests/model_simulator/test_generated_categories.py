"""Generated category names."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_simulator.text_generation import write_categories
from model_simulator.text_generation.subjects import find_field, is_about_figures
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
def test_the_requested_number_of_names_with_two_or_three_words_and_distinct_slugs(
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
def test_existing_names_are_not_proposed_again(subject: str, seed: int) -> None:
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


def test_equal_states_give_equal_names_and_other_states_others() -> None:
    assert name_categories(FIGURES, 20, seed=1) == name_categories(FIGURES, 20, seed=1)
    assert name_categories(FIGURES, 20, seed=1) != name_categories(FIGURES, 20, seed=2)


def test_an_unknown_category_gets_the_theme_that_matches_its_words() -> None:
    assert find_theme("Galactic Planet Hunters").names[0] == "Space Explorers"
    assert find_theme("The Noodle Street Cooks").names[0] == "Master Chefs"


def test_a_category_without_a_matching_theme_uses_its_own_words() -> None:
    assert "Zither" in find_theme("Zither Fellowship").leads


def test_products_follow_category_or_subject() -> None:
    assert find_field("garden furniture", "Patio Chairs").list_things() == ("Chair",)
    assert find_field("space-age toasters", "Retro Space-Age Toasters").list_things() == ("Toaster",)
    assert "Whisk" in find_field("kitchen tools", "Everyday Kitchen Tools").list_things()
    assert find_field("quantum stuff", "New Things").list_things() == ("Quantum Stuff",)


def test_a_material_in_the_category_applies_to_all_products() -> None:
    lines = find_field("kitchen tools", "Bamboo Spatulas").lines

    assert {line.materials for line in lines} == {("bamboo",)}


@pytest.mark.parametrize(
    "subject", [FIGURES, "toy figures for collectors", "A shop of minifigures, all of them happy", "Action heroes"]
)
def test_subjects_about_figures_are_recognized(subject: str) -> None:
    assert is_about_figures(subject)


@pytest.mark.parametrize("subject", ["kitchen tools", "mini fridges", "character mugs", "doll houses", "figs", ""])
def test_other_subjects_are_products(subject: str) -> None:
    assert not is_about_figures(subject)
