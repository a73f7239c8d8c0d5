"""Generated item drafts, validated by the catalog's rules."""

import random
import re
from collections import Counter, defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz, process

from model_simulator.text_generation import write_categories, write_items
from model_simulator.text_generation.english_grammar import holds_word
from model_simulator.text_generation.vocabulary import COLOURS, HEADGEAR, OUTFITS, SETTINGS, TOOLS
from shared.catalog.category_rules import validate_categories
from shared.catalog.draft_rules import NameIndex, validate_drafts
from shared.catalog.items import Draft
from shared.catalog.theme import DEFAULT_OPENINGS, DEFAULT_TAIL, FORBIDDEN_FRANCHISES, FORBIDDEN_TRADEMARK_WORDS, Theme

FIGURES = "LEGO-style minifigures"
FORBIDDEN = FORBIDDEN_TRADEMARK_WORDS + FORBIDDEN_FRANCHISES
Items = list[dict[str, str]]

SUBJECTS = st.one_of(
    st.sampled_from([FIGURES, "kitchen tools", "garden furniture", "space-age toasters", "quantum widgets", "shoes"]),
    st.text(min_size=1, max_size=60).filter(str.strip),
)


def is_category(name: str) -> bool:
    """Return whether a run can have a category of this name: no other one is ever asked for."""
    validation = validate_categories([name], taken=(), count=1, theme=Theme(), validate_items=False)
    return [category.name for category in validation.chosen] == [name] and not holds_word(name, FORBIDDEN)


CATEGORIES = st.one_of(
    st.sampled_from(["Space Explorers", "Moon Base Crew", "Beekeeper Guild", "Patio Chairs", "Gizmos and Co."]),
    st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40),
).filter(is_category)


def make_task(subject: str = FIGURES, **changes: Any) -> dict[str, Any]:
    task = {
        "task": "items",
        "batch": 1,
        "subject": subject,
        "openings": list(DEFAULT_OPENINGS),
        "tail": DEFAULT_TAIL,
        "promptCharacters": 230,
        "categories": [{"name": "Space Explorers", "count": 20, "taken": []}],
        "forbiddenWords": list(FORBIDDEN),
    }
    return task | changes


def write(task: dict[str, Any], seed: int = 1) -> Items:
    items: Items = write_items(task, random.Random(seed))["items"]
    return items


def name_categories(subject: str, count: int) -> list[str]:
    task = {"subject": subject, "count": count, "existing": [], "forbiddenWords": list(FORBIDDEN)}
    return [category["name"] for category in write_categories(task, random.Random(3))["categories"]]


def fill_catalog(subject: str, *, categories: int, each: int) -> tuple[Items, Counter[str]]:
    """Ask for batch after batch, as a run does; return all drafts and how many of each category would be accepted."""
    names: set[str] = set()
    accepted: dict[str, list[str]] = defaultdict(list)
    drafts: Items = []
    wanted = name_categories(subject, categories)
    for batch in range(categories * each):
        open_ones = [category for category in wanted if len(accepted[category]) < each]
        if not open_ones:
            break
        shares = [
            {"name": name, "count": max(1, 20 // len(open_ones)), "taken": accepted[name][-2:]} for name in open_ones
        ]
        for item in write(make_task(subject, batch=batch, categories=shares), seed=batch):
            drafts.append(item)
            name, same = item["name"].casefold(), accepted[item["category"]]
            if name not in names and not process.extractOne(name, same, scorer=fuzz.token_sort_ratio, score_cutoff=90):
                names.add(name)
                same.append(name)
    return drafts, Counter({name: len(accepted[name]) for name in wanted})


@settings(max_examples=40, deadline=None)
@given(subject=SUBJECTS, category=CATEGORIES, count=st.integers(1, 6), seed=st.integers(0, 10_000))
def test_every_draft_is_accepted_by_the_rules_whatever_the_subject(
    subject: str, category: str, count: int, seed: int
) -> None:
    task = make_task(subject, categories=[{"name": category, "count": count, "taken": []}])

    items = write(task, seed)

    verdict = validate_drafts(
        [
            Draft(name=i["name"], description=i["description"], category=i["category"], image_prompt=i["imagePrompt"])
            for i in items
        ],
        index=NameIndex(),
        categories=[category],
        theme=Theme(),
        max_accepted=count,
    )
    assert [(rejection.draft, rejection.reasons) for rejection in verdict.rejected] == []
    assert len(verdict.accepted) == count


@settings(max_examples=60, deadline=None)
@given(
    openings=st.lists(
        st.sampled_from(["Studio photo", "Photorealistic LEGO-style figure", "A"]), min_size=1, max_size=3
    ),
    tail=st.sampled_from(["", "plain background", DEFAULT_TAIL]),
    limit=st.integers(150, 260),
    subject=SUBJECTS,
    seed=st.integers(0, 10_000),
)
def test_prompts_keep_opening_tail_and_length(
    openings: list[str], tail: str, limit: int, subject: str, seed: int
) -> None:
    task = make_task(subject, openings=openings, tail=tail, promptCharacters=limit)

    for item in write(task, seed):
        prompt = item["imagePrompt"]
        assert any(prompt.startswith(f"{opening}, ") for opening in openings)
        assert prompt.endswith(f", {tail}" if tail else "")
        assert len(prompt) <= limit


def test_a_prompt_without_room_for_details_still_shows_the_main_one() -> None:
    [item] = write(make_task(promptCharacters=10, categories=[{"name": "Space Explorers", "count": 1, "taken": []}]))

    assert re.search(r"figure, \w+ (spacesuit|jumpsuit|uniform) with \w+ \w+, clean background", item["imagePrompt"])


def test_prompts_of_figures_use_the_vocabulary() -> None:
    colours, outfits, hats = ("|".join(words) for words in (COLOURS, OUTFITS, HEADGEAR))
    tools, places = "|".join(TOOLS), "|".join(SETTINGS)
    pattern = re.compile(
        rf"({'|'.join(DEFAULT_OPENINGS)}), ({colours}) ({outfits}) with ({colours}) \w+, (({colours}) )?({hats}), "
        rf"holding (an? )?(\w+ of )?({tools}), ({places}) backdrop, .*{DEFAULT_TAIL}"
    )
    shares = [{"name": name, "count": 4, "taken": []} for name in name_categories(FIGURES, 104)]

    for item in write(make_task(categories=shares)):
        assert pattern.fullmatch(item["imagePrompt"]), item["imagePrompt"]


@settings(max_examples=30, deadline=None)
@given(
    words=st.lists(st.sampled_from(["comet", "Lunar", "engineer", "navy", "telescope", "space", "this"]), max_size=4)
)
def test_forbidden_words_of_the_task_are_not_used(words: list[str]) -> None:
    for item in write(make_task(forbiddenWords=words)):
        details = item["imagePrompt"].removesuffix(DEFAULT_TAIL)
        text = f"{item['name']} {item['description']} {details}".casefold()
        assert not any(re.search(rf"\b{word.casefold()}\b", text) for word in words), text


def test_a_category_gets_no_drafts_when_everything_is_forbidden() -> None:
    assert write(make_task(forbiddenWords=["with"])) == []


def test_names_already_taken_are_not_proposed_again() -> None:
    first = [item["name"] for item in write(make_task())]

    second = write(make_task(categories=[{"name": "Space Explorers", "count": 20, "taken": first}]))

    assert {item["name"].casefold() for item in second}.isdisjoint(name.casefold() for name in first)


def test_a_batch_repeats_no_description_and_varies_its_names() -> None:
    items = write(make_task())

    assert len({item["description"] for item in items}) == 20
    assert len({item["name"].split()[-1] + item["name"].split()[0] for item in items}) == 20


def test_equal_tasks_and_states_give_equal_drafts() -> None:
    assert write(make_task(), seed=4) == write(make_task(), seed=4)
    assert write(make_task(), seed=4) != write(make_task(), seed=5)


@pytest.mark.parametrize("subject", [FIGURES, "kitchen tools"])
def test_five_thousand_items_over_twenty_categories_are_possible(subject: str) -> None:
    drafts, accepted = fill_catalog(subject, categories=20, each=250)

    assert min(accepted.values()) >= 250
    assert len(drafts) < 5_000 / 0.85, "most drafts are new"
    assert len({draft["description"] for draft in drafts}) >= len(drafts) - 10


def test_most_drafts_are_new_in_a_category_that_is_nearly_full() -> None:
    _, accepted = fill_catalog("space-age toasters", categories=2, each=240)
    drafts, accepted_later = fill_catalog("space-age toasters", categories=2, each=260)

    assert min(accepted.values()) >= 240
    assert sum(accepted_later.values()) / len(drafts) > 0.6


def test_texts_have_no_numbers_repeated_words_or_blanks() -> None:
    shares = [{"name": name, "count": 8, "taken": []} for name in name_categories(FIGURES, 104)]

    for item in write(make_task(categories=shares)):
        assert not re.search(r"\d", item["name"]), item["name"]
        assert 2 <= len(item["name"].split()) <= 4, item["name"]
        text = f"{item['name']}. {item['description']}"
        assert not re.search(r"[{}]|  | [,.]|,,|\.\.", text), text
        assert not re.search(r"\b(\w+) \1\b", text, re.IGNORECASE), text
        assert not re.search(r"\ba [aeio]|\ban [^aeiouhx]", text, re.IGNORECASE), text
