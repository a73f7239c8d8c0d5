"""Prompts tell the rules, differ from call to call, and do not grow with the catalog."""

import json

import pytest

from shared.catalog import draft_rules
from shared.catalog.items import CategoryList, DraftBatch
from shared.catalog.planning import CategoryQuota, plan_batch
from shared.catalog.theme import Theme
from shared.models.prompts.item_requests import build_categories_request, build_items_request
from shared.models.protocol import Question

QUOTAS = [CategoryQuota("Space Crew", 3), CategoryQuota("City Life", 2)]


def ask(
    theme: Theme | None = None,
    *,
    taken: dict[str, list[str]] | None = None,
    batch: int = 1,
    writer: str | None = None,
    attempt: int = 0,
    stricter: bool = False,
    rejected: dict[str, int] | None = None,
) -> Question[DraftBatch]:
    return build_items_request(
        theme or Theme(),
        QUOTAS,
        taken or {},
        batch=batch,
        writer=writer,
        attempt=attempt,
        stricter=stricter,
        rejected_last_time=rejected,
    )


def test_the_task_of_a_batch_is_json_and_says_what_is_wanted() -> None:
    task = json.loads(ask(taken={"City Life": ["Bold Baker"], "Elsewhere": ["Nobody"]}, batch=7).task)
    assert task["task"] == "items"
    assert task["batch"] == 7
    assert task["categories"] == [
        {"name": "Space Crew", "count": 3, "taken": []},
        {"name": "City Life", "count": 2, "taken": ["Bold Baker"]},
    ]
    assert task["promptCharacters"] == 230
    assert task["openings"] == list(Theme().openings)
    assert task["tail"] == Theme().tail
    assert "Star Wars" in task["forbiddenWords"]
    assert "rejectedLastTime" not in task


def test_the_theme_speaks_in_the_task_unescaped() -> None:
    theme = Theme(subject='Fleurs d\'été "bio"', openings=("Photo d'une fleur",), tail="fond blanc")
    request = ask(theme)
    assert json.loads(request.task)["subject"] == 'Fleurs d\'été "bio"'
    assert "été" in request.task


@pytest.mark.parametrize("held", [200, 20_000])
def test_the_size_of_a_prompt_does_not_depend_on_the_size_of_the_catalog(held: int) -> None:
    counts = {f"Category Number {place}": held // 20 for place in range(20)}
    taken = {category: [f"{'n' * 70} {place:08}" for place in range(count)] for category, count in counts.items()}
    quotas = plan_batch(counts, target=held + 50, batch_size=50)
    request = build_items_request(Theme(), quotas, taken, batch=12_345)
    assert len(request.task) + len(request.instructions) < 13_000


def test_the_fixed_part_is_the_same_for_every_batch_so_that_services_can_cache_it() -> None:
    assert ask(batch=1).instructions == ask(Theme(subject="Tools"), batch=9, attempt=3).instructions


def test_every_request_differs_so_that_no_answer_comes_twice() -> None:
    tasks = {ask(batch=batch, attempt=attempt).task for batch in (1, 2, 3) for attempt in (0, 1, 50, 100)}
    assert len(tasks) == 12


def test_the_requests_of_writers_differ_and_are_the_same_at_every_delivery() -> None:
    writers = [
        f"{resume_count}.{workers}.{worker}/3"
        for resume_count in (0, 1)
        for workers, worker in ((1, 0), (4, 0), (4, 1))
    ]
    tasks = {ask(batch=3, writer=writer, attempt=attempt).task for writer in writers for attempt in (0, 1)}
    assert len(tasks) == 12
    assert {ask(batch=3, writer=writer, attempt=attempt).task for writer in writers for attempt in (0, 1)} == tasks
    assert "writer" not in json.loads(ask().task)


def test_the_names_that_a_prompt_shows_cost_at_10_000_items_what_they_cost_at_1_000() -> None:
    lengths = []
    for held in (1_000, 10_000):
        taken = {quota.category: [f"Brave Comet Pilot {place:06}" for place in range(held // 20)] for quota in QUOTAS}
        lengths.append(len(ask(taken=taken).task))
    assert lengths[0] == lengths[1]
    assert lengths[1] - len(ask().task) < 60 * len('"Brave Comet Pilot 000000",') + 1


def test_the_instructions_name_the_numbers_of_the_rules() -> None:
    text = ask().instructions
    for number in (
        draft_rules.MAX_NAME_WORDS,
        draft_rules.MAX_NAME_CHARACTERS,
        draft_rules.MIN_SENTENCES,
        draft_rules.MAX_SENTENCES,
        draft_rules.MIN_DESCRIPTION_CHARACTERS,
        draft_rules.MAX_DESCRIPTION_CHARACTERS,
    ):
        assert str(number) in text


def test_a_stricter_request_adds_to_the_instructions_and_leaves_the_task() -> None:
    assert ask(stricter=True).instructions.startswith(ask().instructions)
    assert "previous answer" in ask(stricter=True).instructions
    assert ask(stricter=True).task == ask().task


def test_a_supplement_reports_why_the_others_were_rejected() -> None:
    request = ask(rejected={"name_words": 4})
    assert json.loads(request.task)["rejectedLastTime"] == {"name_words": 4}
    assert "rejectedLastTime" in request.instructions
    assert "rejectedLastTime" not in ask().instructions


def test_categories_are_asked_with_those_there_and_more_strictly_from_the_second_time_on() -> None:
    first = build_categories_request(Theme(), count=3, existing=["Space Crew"], attempt=0)
    again = build_categories_request(Theme(), count=3, existing=["Space Crew"], attempt=1)
    task = json.loads(first.task)
    assert (task["task"], task["count"], task["existing"]) == ("categories", 3, ["Space Crew"])
    assert again.instructions.startswith(first.instructions)
    assert again.instructions != first.instructions
    assert again.task != first.task


def test_answers_are_typed() -> None:
    request = build_categories_request(Theme(), count=1, existing=[], attempt=0)
    assert (request.answer_type, request.schema_name) == (CategoryList, "category_list")
    assert (ask().answer_type, ask().schema_name) == (DraftBatch, "item_batch")
