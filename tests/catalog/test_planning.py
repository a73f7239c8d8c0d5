"""Batches fill the categories evenly; image workers cut the window exactly."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalog.planning import (
    MAX_TAKEN_NAMES,
    MIN_BATCH_CATEGORIES,
    needs_image,
    pick_taken_names,
    plan_batch,
    plan_image_workers,
)
from shared.runs.request import SeedRequest
from shared.runs.selection import SelectedItem, SelectionRequest
from tests.strategies import THOROUGH
from tests.support.catalogs import make_item

counts_by_category = st.lists(st.integers(0, 30), min_size=1, max_size=30).map(
    lambda counts: {f"Category {place}": count for place, count in enumerate(counts)},
)


@THOROUGH
@given(counts_by_category, st.integers(1, 600), st.integers(1, 50))
def test_a_batch_requests_what_is_missing_and_no_more_than_its_size(
    counts: dict[str, int], target: int, batch_size: int
) -> None:
    quotas = plan_batch(counts, target=target, batch_size=batch_size)
    assert sum(quota.count for quota in quotas) == min(batch_size, max(0, target - sum(counts.values())))
    assert all(quota.count > 0 for quota in quotas)
    assert len({quota.category for quota in quotas}) == len(quotas)


@THOROUGH
@given(counts_by_category, st.integers(1, 600), st.integers(1, 50))
def test_no_category_is_asked_beyond_its_even_share(counts: dict[str, int], target: int, batch_size: int) -> None:
    for quota in plan_batch(counts, target=target, batch_size=batch_size):
        assert counts[quota.category] + quota.count <= -(-target // len(counts))


@THOROUGH
@given(st.integers(1, 30), st.integers(1, 300), st.integers(1, 50))
def test_batch_by_batch_a_catalog_fills_evenly_and_exactly(categories: int, target: int, batch_size: int) -> None:
    counts = {f"Category {place}": 0 for place in range(categories)}
    batches = 0
    while quotas := plan_batch(counts, target=target, batch_size=batch_size):
        for quota in quotas:
            counts[quota.category] += quota.count
        batches += 1
    assert sum(counts.values()) == target
    assert max(counts.values()) - min(counts.values()) <= 1
    assert batches == -(-target // batch_size)


def test_the_shortest_categories_come_first_and_only_a_few_at_once() -> None:
    counts = {f"Category {place}": place for place in range(10)}
    quotas = plan_batch(counts, target=200, batch_size=20)
    assert [quota.category for quota in quotas] == [f"Category {place}" for place in range(MIN_BATCH_CATEGORIES)]


def test_a_batch_spreads_wider_where_a_few_categories_cannot_fill_it() -> None:
    counts = {f"Category {place}": 9 for place in range(10)}
    assert len(plan_batch(counts, target=100, batch_size=10)) == 10


def test_a_full_category_does_not_keep_the_others_from_filling_up() -> None:
    quotas = plan_batch({"Full": 9, "Empty": 0}, target=10, batch_size=20)
    assert [(quota.category, quota.count) for quota in quotas] == [("Empty", 1)]


def test_without_categories_nothing_is_requested() -> None:
    assert plan_batch({}, target=10, batch_size=5) == []
    assert plan_batch({}, target=10, batch_size=5, writer_index=1, writer_count=4) == []


@THOROUGH
@given(counts_by_category, st.integers(1, 600), st.integers(1, 50), st.integers(1, 16))
def test_writers_share_the_categories_and_none_requests_more_than_is_missing(
    counts: dict[str, int], target: int, batch_size: int, workers: int
) -> None:
    missing = max(0, target - sum(counts.values()))
    names = list(counts)
    for worker in range(workers):
        quotas = plan_batch(counts, target=target, batch_size=batch_size, writer_index=worker, writer_count=workers)
        assert {names.index(quota.category) % workers for quota in quotas} <= {worker}
        assert sum(quota.count for quota in quotas) <= min(batch_size, missing)
        for quota in quotas:
            assert counts[quota.category] + quota.count <= -(-target // len(counts))


@THOROUGH
@given(st.integers(1, 30), st.integers(1, 300), st.integers(1, 50), st.integers(1, 16), st.randoms())
def test_writers_together_fill_a_catalog_evenly_and_exactly_in_any_order(
    categories: int, target: int, batch_size: int, workers: int, chance: random.Random
) -> None:
    counts = {f"Category {place}": 0 for place in range(categories)}
    writing = list(range(workers))
    while writing:
        worker = chance.choice(writing)
        quotas = plan_batch(counts, target=target, batch_size=batch_size, writer_index=worker, writer_count=workers)
        for quota in quotas:
            counts[quota.category] += quota.count
        if not quotas:
            writing.remove(worker)
    assert sum(counts.values()) == target
    assert max(counts.values()) - min(counts.values()) <= 1


@THOROUGH
@given(counts_by_category, st.integers(1, 600), st.integers(1, 50), st.integers(2, 16))
def test_as_long_as_items_are_missing_some_writer_has_something_to_write(
    counts: dict[str, int], target: int, batch_size: int, workers: int
) -> None:
    plans = [
        plan_batch(counts, target=target, batch_size=batch_size, writer_index=worker, writer_count=workers)
        for worker in range(workers)
    ]
    assert any(plans) == (sum(counts.values()) < target)


@pytest.mark.parametrize("width", range(1, 65))
def test_image_workers_together_are_the_window_and_none_is_much_wider_than_another(width: int) -> None:
    workers = plan_image_workers(width)
    assert sum(workers) == width
    assert 1 <= len(workers) <= 8
    assert max(workers) - min(workers) <= 1
    assert len(workers) == 1 or min(workers) >= 4


@THOROUGH
@given(st.integers(0, 1000), st.integers(0, 300))
def test_a_prompt_repeats_the_latest_names_and_never_more_than_the_limit(held: int, categories: int) -> None:
    names = [f"Name {place}" for place in range(held)]
    shown = pick_taken_names(names, categories=categories)
    assert len(shown) * max(1, categories) <= MAX_TAKEN_NAMES
    assert shown == names[held - len(shown) :]
    assert len(shown) == min(held, MAX_TAKEN_NAMES // max(1, categories))


@pytest.mark.parametrize("generated_by", [None, "", "an earlier run", "this run"])
@pytest.mark.parametrize("forced", [False, True])
def test_an_item_needs_an_image_by_what_its_run_is_about(generated_by: str | None, forced: bool) -> None:
    named, other = make_item("Ann"), make_item("Bob")
    images = {} if generated_by is None else {item.filename: generated_by for item in (named, other)}
    whole = SeedRequest(catalog="lego", force_images=forced)
    selection = SelectionRequest(
        catalog="lego", force_images=forced, selection=(SelectedItem(product_id=named.product_id, batch=1),)
    )
    is_own = generated_by == "this run"
    assert needs_image(named, whole, images, "this run") == (not is_own if forced else generated_by is None)
    assert needs_image(named, selection, images, "this run") == (not is_own)
    assert not needs_image(other, selection, images, "this run")
