"""The estimated tokens of a call are those that the simulator bills."""

import random
from typing import Any

import pytest

from model_simulator.billing import TokenUsage
from model_simulator.text_answers import WRITERS, SimulatedTextAnswer, measure_usage
from model_simulator.text_calls import parse_text_call
from model_simulator.text_generation import write_items
from shared.catalog.items import DraftBatch, PromptDraftBatch
from shared.catalog.planning import CategoryQuota
from shared.catalog.theme import Theme
from shared.models.prompts.image_prompt_requests import build_prompts_request
from shared.models.prompts.item_requests import build_categories_request, build_items_request
from shared.models.protocol import AnswerT, Question
from shared.models.providers.json_schema import build_strict_schema
from shared.models.tokens import bound_text_usage, estimate_prompt_tokens, estimate_text_usage
from shared.runs.request import SeedRequest
from tests.support.catalogs import make_source_item

GARDEN = Theme(
    subject="garden furniture and garden tools",
    openings=("Studio photo of a garden product",),
    tail="plain background, soft light, 1024x1024",
    forbidden_words=("IKEA",),
)
THEMES = {"figures": Theme(), "garden": GARDEN, "toasters": Theme(subject="toasters", openings=("Photo",), tail="")}
every_theme = pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)


def bill(ask: Question[AnswerT], seed: int) -> TokenUsage:
    """Return what the simulator bills for a request."""
    schema = build_strict_schema(ask.answer_type)
    text_format = {"type": "json_schema", "name": ask.schema_name, "schema": schema, "strict": True}
    body = {"model": "gpt-5", "instructions": ask.instructions, "input": ask.task, "text": {"format": text_format}}
    call = parse_text_call(body)
    write = WRITERS[ask.schema_name]
    return measure_usage(call, SimulatedTextAnswer(str(write(call.task, random.Random(seed)))))


def ask_for_drafts(theme: Theme, count: int) -> Question[DraftBatch]:
    """Return the request for a batch of so many drafts in five categories."""
    shares = [count // 5 + (place < count % 5) for place in range(5)]
    quotas = [CategoryQuota(f"Sea Explorers {place}", share) for place, share in enumerate(shares) if share]
    return build_items_request(theme, quotas, {}, batch=1)


def assert_limit_holds(ask: Question[Any], theme: Theme, count: int) -> None:
    limit = bound_text_usage(ask, theme=theme, entries=count)
    for seed in range(20):
        billed = bill(ask, seed)
        assert billed.output_tokens <= limit.output_tokens
        assert billed.input_tokens <= limit.input_tokens


@every_theme
@pytest.mark.parametrize("count", [20, 50])
def test_a_batch_takes_what_was_estimated(theme: Theme, count: int) -> None:
    ask = ask_for_drafts(theme, count)
    expected, billed = estimate_text_usage(ask, theme=theme, entries=count), bill(ask, seed=1)
    assert billed.output_tokens == pytest.approx(expected.output_tokens, rel=0.06)
    assert billed.input_tokens == pytest.approx(expected.input_tokens, rel=0.06)


@every_theme
@pytest.mark.parametrize("count", [1, 3, 20, 50])
def test_no_batch_takes_more_than_its_limit(theme: Theme, count: int) -> None:
    ask = ask_for_drafts(theme, count)
    assert_limit_holds(ask, theme, count)


@every_theme
@pytest.mark.parametrize("count", [1, 20, 100])
def test_no_call_for_categories_takes_more_than_its_limit(theme: Theme, count: int) -> None:
    ask = build_categories_request(theme, count=count, existing=["Sea Explorers"], attempt=0)
    limit = bound_text_usage(ask, theme=theme, entries=count)
    assert max(bill(ask, seed).output_tokens for seed in range(20)) <= limit.output_tokens


def ask_for_rows(theme: Theme, count: int) -> Question[PromptDraftBatch]:
    """Return the request for the prompts of so many products."""
    request = SeedRequest(catalog="toys", source="products", prompt_writer="model", theme=theme)
    names = ("Trail Boot", "Enamel Camp Mug", "Alpine Goggles", "Sky Backpack 40")
    rows = [
        make_source_item(f"{names[number % 4]} {number}", category="Outdoor", prompt_hints={"colour": "dark green"})
        for number in range(count)
    ]
    return build_prompts_request(request, rows, batch=1)


@every_theme
def test_prompts_of_rows_take_what_was_estimated(theme: Theme) -> None:
    ask = ask_for_rows(theme, 20)
    expected, billed = estimate_text_usage(ask, theme=theme, entries=20), bill(ask, seed=1)
    assert billed.output_tokens == pytest.approx(expected.output_tokens, rel=0.12)
    assert billed.input_tokens == pytest.approx(expected.input_tokens, rel=0.06)


@every_theme
@pytest.mark.parametrize("count", [1, 3, 20])
def test_no_prompts_of_rows_take_more_than_their_limit(theme: Theme, count: int) -> None:
    ask = ask_for_rows(theme, count)
    assert_limit_holds(ask, theme, count)


@every_theme
def test_an_image_prompt_has_about_the_estimated_tokens(theme: Theme) -> None:
    ask = ask_for_drafts(theme, 50)
    schema = {"name": "item_batch", "type": "json_schema", "schema": build_strict_schema(ask.answer_type)}
    body = {"model": "gpt-5", "input": ask.task, "text": {"format": schema}}
    drafts = write_items(parse_text_call(body).task, random.Random(1))["items"]
    typical = sum(len(draft["imagePrompt"]) for draft in drafts) / len(drafts) / 4
    assert estimate_prompt_tokens(theme) == pytest.approx(typical, rel=0.05)
