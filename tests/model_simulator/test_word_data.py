"""Word lists, sentence patterns and grammar of generated texts."""

import random
from itertools import combinations

import pytest
from rapidfuzz.distance import Levenshtein

from model_simulator.text_generation import vocabulary
from model_simulator.text_generation.descriptions import read_sentences
from model_simulator.text_generation.english_grammar import (
    add_article,
    have_common_stem,
    have_common_word,
    make_plural,
    make_singular,
    name_single_item,
)
from model_simulator.text_generation.shuffle_bag import ShuffleBag
from model_simulator.text_generation.themes import GROUPS, ThemeWords, find_theme, load_themes
from model_simulator.text_generation.word_data import read_json, read_phrases, split_phrases
from shared.catalog.forbidden_words import holds_word
from shared.catalog.theme import FORBIDDEN_FRANCHISES, FORBIDDEN_TRADEMARK_WORDS

THEMES = pytest.mark.parametrize("theme", load_themes(), ids=lambda theme: theme.names[0])


def test_there_are_themes_for_a_hundred_categories() -> None:
    names = [name.casefold() for theme in load_themes() for name in theme.names]

    assert len(names) == len(set(names)) >= 100


@THEMES
def test_a_theme_uses_only_words_of_the_vocabulary(theme: ThemeWords) -> None:
    assert set(theme.outfits) <= set(vocabulary.OUTFITS)
    assert set(theme.hats) <= set(vocabulary.HEADGEAR)
    assert set(theme.colours) <= set(vocabulary.COLOURS)
    assert set(theme.settings) <= set(vocabulary.SETTINGS)
    assert set(theme.extras) <= set(vocabulary.EXTRAS)
    for job in theme.jobs:
        assert set(job.tools) <= set(vocabulary.TOOLS)


@THEMES
def test_a_theme_has_twenty_thousand_names(theme: ThemeWords) -> None:
    pools = read_phrases("pools.json")
    leads = len(theme.leads) + len(pools["hours"]) + len(pools["tempers"]) + len(read_json("pools.json")["tints"])

    assert sum((leads + 1) * len(job.things) * len(job.roles) for job in theme.jobs) >= 20_000


@THEMES
def test_no_words_of_a_theme_differ_by_one_letter_only(theme: ThemeWords) -> None:
    for words in (theme.leads, *[job.things for job in theme.jobs], *[job.roles for job in theme.jobs]):
        for one, other in combinations(words, 2):
            assert Levenshtein.distance(one.casefold(), other.casefold(), score_cutoff=1) > 1, (one, other)


@THEMES
def test_phrases_are_spelled_as_sentences_need_them(theme: ThemeWords) -> None:
    for phrase in (*theme.where, *theme.loves, *[does for job in theme.jobs for does in job.does]):
        assert phrase[0].islower(), phrase
        assert phrase[-1].isalpha(), phrase
    for job in theme.jobs:
        for does in job.does:
            assert any(word.endswith("s") for word in does.split()[:2]), does


@pytest.mark.parametrize("name", ["figure_sentences.json", "product_sentences.json"])
def test_every_position_has_thirty_single_sentences(name: str) -> None:
    for slot, sentences in read_sentences(name).items():
        patterns = [sentence.pattern for sentence in sentences]
        assert len(set(patterns)) == len(patterns) >= 30, slot
        assert all(pattern.endswith(".") and pattern.count(".") == 1 for pattern in patterns), slot


def test_no_two_positions_hold_sentences_with_all_the_same_details() -> None:
    for name in ("figure_sentences.json", "product_sentences.json"):
        slots = read_sentences(name)
        for opening in slots["openings"]:
            assert any(opening.details.isdisjoint(closing.details) for closing in slots["closings"])


def test_products_have_materials_of_the_vocabulary_and_finishes() -> None:
    document = read_json("products.json")
    finished = {material for materials in document["finishes"] for material in split_phrases(materials)}

    for field in [*document["fields"], document["general"]]:
        assert set(split_phrases(field["settings"])) <= set(vocabulary.SETTINGS)
        for line in field["lines"]:
            assert set(split_phrases(line["materials"])) <= set(vocabulary.MATERIALS)
    for finishes in document["finishes"].values():
        assert set(split_phrases(finishes)) <= set(vocabulary.FINISHES)
    assert set(vocabulary.MATERIALS) == finished


def test_the_general_theme_uses_only_words_of_the_vocabulary() -> None:
    test_a_theme_uses_only_words_of_the_vocabulary(find_theme("Zither Fellowship"))


@pytest.mark.parametrize("name", [*(f"themes/{group}.json" for group in GROUPS), "pools.json", "products.json"])
def test_no_word_list_holds_a_brand(name: str) -> None:
    assert not holds_word(str(read_json(name)), FORBIDDEN_TRADEMARK_WORDS + FORBIDDEN_FRANCHISES)


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [("apple", "an apple"), ("uniform", "a uniform"), ("umbrella", "an umbrella"), ("one-off", "a one-off")],
)
def test_articles_follow_the_sound(phrase: str, expected: str) -> None:
    assert add_article(phrase) == expected


def test_pairs_and_things_without_article_are_named_naturally() -> None:
    assert name_single_item("overalls", "blue") == "a pair of blue overalls"
    assert name_single_item("armor", "silver") == "silver armor"
    assert name_single_item("coat", "orange") == "an orange coat"


@pytest.mark.parametrize(
    ("singular", "plural"),
    [
        ("Watchman", "Watchmen"),
        ("Bread Box", "Bread Boxes"),
        ("Berry", "Berries"),
        ("Toy", "Toys"),
        ("Knife", "Knives"),
    ],
)
def test_plurals_and_singulars_convert_into_each_other(singular: str, plural: str) -> None:
    assert make_plural(singular) == plural
    if not plural.endswith("men"):
        assert make_singular(plural) == singular


@pytest.mark.parametrize("word", ["glass", "bus", "series", "tennis", "家具"])
def test_a_word_that_is_not_plural_does_not_change(word: str) -> None:
    assert make_singular(word) == word


def test_words_that_start_alike_are_detected() -> None:
    assert have_common_stem(["Storm", "Stormlight", "Keeper"])
    assert not have_common_stem(["Harbor", "Lamp", "Keeper"])


def test_a_bag_returns_each_value_once_before_it_repeats_any() -> None:
    deck = ShuffleBag("abcde", random.Random(1))

    assert sorted(deck.pick() for _ in range(5)) == list("abcde")
    assert sorted(deck.pick() for _ in range(5)) == list("abcde")


def test_a_bag_keeps_rejected_values() -> None:
    deck = ShuffleBag("abcde", random.Random(1))

    assert deck.pick(lambda card: card == "c") == "c"
    assert sorted(deck.pick() for _ in range(4)) == list("abde")


def test_a_bag_without_an_accepted_value_raises() -> None:
    with pytest.raises(LookupError, match="None of the 2 values"):
        ShuffleBag("ab", random.Random(1)).pick(lambda card: card == "c")
    with pytest.raises(ValueError, match="got no values"):
        ShuffleBag("", random.Random(1))


@THEMES
def test_every_place_has_an_activity_that_does_not_repeat_its_words(theme: ThemeWords) -> None:
    for job in theme.jobs:
        for where in theme.where:
            assert sum(not have_common_word(does, where) for does in job.does) >= 3, where
