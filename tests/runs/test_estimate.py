"""What a run will take is arithmetic over the request, what the catalog has, and the price list."""

import json
import math
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalog.planning import plan_batch
from shared.catalog.theme import Theme
from shared.images.refinement_policy import Refinement
from shared.models.price_files import load_prices
from shared.runs.estimate import Estimate, Inventory, calculate_estimate
from shared.runs.image_estimate import Models
from shared.runs.request import SeedRequest
from tests.strategies import QUICK

MODELS = Models("gpt-5", "gpt-5-mini", "gpt-image-2", load_prices())
NOTHING = Inventory({}, 0, has_categories=False)


def make_stock(items: int, images: int, categories: int = 20) -> Inventory:
    counts = {f"Crew {place}": items // categories + (place < items % categories) for place in range(categories)}
    return Inventory(counts, images, has_categories=True)


def estimate(inventory: Inventory = NOTHING, **request: Any) -> Estimate:
    return calculate_estimate(SeedRequest(catalog="toys", **request), inventory, MODELS)


def test_a_new_catalog_takes_a_call_for_categories_one_a_batch_and_one_an_image() -> None:
    expected = estimate(target_count=210)
    assert (expected.items, expected.text_calls, expected.image_calls) == (210, 12, 210)
    assert expected.cost_usd == pytest.approx(Decimal("11.39"), abs=Decimal("0.05"))


def test_a_dry_run_takes_no_image() -> None:
    expected = estimate(target_count=200, dry_run=True)
    assert (expected.text_calls, expected.image_calls, expected.window_seconds) == (11, 0, 0)


def test_only_what_is_missing_is_counted() -> None:
    expected = estimate(make_stock(60, 30), target_count=60)
    assert (expected.items, expected.text_calls, expected.image_calls) == (0, 0, 30)
    expected = estimate(make_stock(50, 30), target_count=60)
    assert (expected.items, expected.text_calls, expected.image_calls) == (10, 1, 30)


def test_a_catalog_that_has_all_takes_nothing() -> None:
    expected = estimate(make_stock(60, 60), target_count=60)
    assert (expected.text_calls, expected.image_calls, expected.cost_usd) == (0, 0, Decimal(0))


def test_images_that_are_to_be_generated_again_are_counted_again() -> None:
    assert estimate(make_stock(60, 60), target_count=60, force_images=True).image_calls == 60


def test_a_catalog_with_more_items_than_asked_gets_images_for_all_of_them() -> None:
    assert estimate(make_stock(80, 30), target_count=60).image_calls == 50


@pytest.mark.parametrize(("items", "calls"), [(3, 1), (40, 0)])
def test_categories_that_are_generated_again_are_those_without_items(items: int, calls: int) -> None:
    expected = estimate(make_stock(items, items), target_count=items, force_categories=True, dry_run=True)
    assert expected.text_calls == calls


def test_every_writer_ends_with_a_batch_that_may_be_small() -> None:
    assert estimate(target_count=200, dry_run=True).text_calls == 1 + 10
    assert estimate(target_count=200, dry_run=True, parallel_text_requests=4).text_calls == 1 + 4 * 3
    assert estimate(target_count=10, category_count=2, dry_run=True, parallel_text_requests=16).text_calls == 1 + 2


def test_the_minimum_time_is_known_only_if_the_quota_is_reported() -> None:
    assert estimate(target_count=200).minimum_seconds is None
    assert estimate(target_count=200, image_requests_per_minute=6).minimum_seconds == 2000


def test_the_minimum_time_under_the_smallest_quota_is_a_number_of_json() -> None:
    figures = estimate(target_count=200, image_requests_per_minute=5e-324).to_json()
    assert math.isfinite(json.loads(json.dumps(figures, allow_nan=False))["minimumSeconds"])
    assert estimate(target_count=200, parallel_image_requests=10).window_seconds == 400


def test_images_take_as_long_as_one_of_them_if_there_are_fewer_than_may_be_requested_at_a_time() -> None:
    assert estimate(target_count=3, parallel_image_requests=24).window_seconds == 20


def test_a_higher_quality_costs_more() -> None:
    low, medium, high = (estimate(image_quality=quality).cost_usd for quality in ("low", "medium", "high"))
    assert low < medium < high


def test_a_prompt_that_grows_with_the_catalog_is_counted_in() -> None:
    first = estimate(make_stock(0, 0), target_count=20, dry_run=True)
    later = estimate(make_stock(400, 0), target_count=420, dry_run=True)
    assert later.input_tokens > first.input_tokens


def test_figures_are_reported_as_callers_see_them() -> None:
    assert estimate(target_count=20, dry_run=True).to_json() == {
        "catalog": "toys",
        "items": 20,
        "textCalls": 2,
        "imageCalls": 0,
        "inputTokens": pytest.approx(1340, rel=0.1),
        "outputTokens": pytest.approx(2660, rel=0.1),
        "costUsd": pytest.approx(0.028, rel=0.1),
        "minimumSeconds": None,
        "windowSeconds": 0.0,
    }


@pytest.mark.parametrize("target", [199, 200, 5_000, 50_000])
@pytest.mark.parametrize("workers", [1, 3])
def test_calls_are_those_that_the_plan_of_the_run_makes(target: int, workers: int) -> None:
    inventory = make_stock(7, 0, categories=12)
    counts, calls = dict(inventory.counts), 0
    for worker in range(workers):
        while quotas := plan_batch(counts, target=target, batch_size=50, writer_index=worker, writer_count=workers):
            calls += 1
            for quota in quotas:
                counts[quota.category] += quota.count
    expected = estimate(inventory, target_count=target, batch_size=50, parallel_text_requests=workers, dry_run=True)
    assert expected.text_calls == calls


def test_images_that_are_evaluated_are_estimated_with_every_round_used() -> None:
    plain, refined = estimate(target_count=20), estimate(target_count=20, refine=Refinement(iterations=3))
    assert plain.typical is None
    assert refined.image_calls == 3 * 20
    assert refined.text_calls == plain.text_calls + 3 * 20 + 2 * 20
    assert refined.cost_usd > 3 * plain.cost_usd / 2
    assert refined.window_seconds == (60 * 20 + 100 * 10) / 4
    once = estimate(target_count=20, refine=Refinement(iterations=1))
    assert (once.image_calls, once.text_calls) == (20, plain.text_calls + 20)


def test_the_typical_figures_lie_between_one_image_an_item_and_all_of_them() -> None:
    plain = estimate(target_count=200)
    refined = estimate(target_count=200, image_requests_per_minute=6, refine=Refinement(iterations=3))
    typical = refined.typical
    assert typical is not None
    assert 200 < typical.image_calls < 300 < refined.image_calls
    assert plain.cost_usd < typical.cost_usd < refined.cost_usd
    assert typical.minimum_seconds == typical.image_calls * 10
    assert list(refined.to_json())[-1] == "typical"
    assert set(refined.to_json()["typical"]) == set(plain.to_json()) - {"catalog", "items"}


def test_the_vision_model_has_a_price_of_its_own() -> None:
    request = SeedRequest(catalog="toys", target_count=20, refine=Refinement(iterations=1))
    cheap = calculate_estimate(request, NOTHING, MODELS).cost_usd
    assert calculate_estimate(request, NOTHING, replace(MODELS, vision="gpt-5")).cost_usd > cheap


def test_a_dry_run_evaluates_nothing() -> None:
    expected = estimate(target_count=20, dry_run=True, refine=Refinement(iterations=3))
    assert (expected.image_calls, expected.cost_usd) == (0, estimate(target_count=20, dry_run=True).cost_usd)


requests = st.fixed_dictionaries(
    {
        "target_count": st.integers(1, 50_000),
        "category_count": st.integers(1, 100),
        "batch_size": st.integers(1, 50),
        "parallel_text_requests": st.integers(1, 16),
        "force_categories": st.booleans(),
        "force_images": st.booleans(),
        "dry_run": st.booleans(),
        "refine": st.builds(Refinement, iterations=st.integers(0, 3), accept_score=st.integers(0, 100)),
        "theme": st.sampled_from([Theme(), Theme(subject="toasters", openings=("Photo",), tail="")]),
    }
)


@QUICK
@given(requests, st.integers(0, 3_000), st.integers(1, 100))
def test_whatever_is_asked_of_whatever_catalog_there_is_an_estimate(
    request: dict[str, Any], items: int, categories: int
) -> None:
    expected = estimate(make_stock(items, items // 2, categories), **request)
    assert expected.items == max(0, request["target_count"] - items)
    assert expected.text_calls * request["batch_size"] >= expected.items
    if expected.typical is not None:
        assert expected.typical.image_calls <= expected.image_calls
        assert expected.typical.cost_usd <= expected.cost_usd
    assert (expected.cost_usd > 0) == (expected.text_calls + expected.image_calls > 0)


ROWS: dict[str, Any] = {"source": "products", "prompt_writer": "model"}


def test_rows_take_no_text_call_unless_the_model_writes_their_prompts() -> None:
    template = estimate(target_count=90, source="products")
    model = estimate(target_count=90, **ROWS)
    assert (template.text_calls, model.text_calls, model.image_calls) == (0, 5, 90)
    assert model.cost_usd > template.cost_usd
    assert model.input_tokens > template.input_tokens + 5 * 500


def test_prompts_are_counted_for_what_needs_an_image_and_has_none() -> None:
    inventory = Inventory({"Boots": 90}, 40, has_categories=True, prompts=20)
    assert estimate(inventory, target_count=90, **ROWS).text_calls == 2
    assert estimate(inventory, target_count=90, dry_run=True, **ROWS).text_calls == 2
    assert estimate(inventory, target_count=90, force_images=True, **ROWS).text_calls == 4
    assert estimate(Inventory({"Boots": 90}, 90, has_categories=True), target_count=90, **ROWS).text_calls == 0
