"""What a run will take, before it is paid: calls, tokens, dollars, and the least time. Pure arithmetic.

An estimate is of a run in which nothing fails: every draft is accepted and no call is made twice. It is built on the
very prompts that the run will send (``prompts.py``), with names of typical length in place of those to come. Where
images are looked at, it is of a run in which every item gets as many as it may; ``typical`` says what to expect.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from shared.catalog.items import DraftBatch, SourceItem
from shared.catalog.planning import ROWS_PER_BATCH, plan_batch
from shared.models.prompts.image_prompts import make_prompts_request
from shared.models.prompts.items import build_categories_request, build_items_request
from shared.models.protocol import TextRequest, Usage
from shared.models.tokens import estimate_text_usage
from shared.runs.image_estimate import ImageEstimate, Models, count_max_rounds, count_typical_rounds, estimate_images
from shared.runs.request import SeedRequest

MAX_NAMES = 200
"""No prompt shows more names of a category."""

TYPICAL_NAMES = tuple(f"Example Explorer {number:05d}" for number in range(MAX_NAMES))
TYPICAL_CATEGORY = "Sea Explorers"
TYPICAL_ROW = SourceItem(
    product_id="example-0001",
    name="Example Explorer Boots",
    description="A text of the length that shops give their products. " * 5,
    category=TYPICAL_CATEGORY,
    filename="example-0001.png",
    image_prompt="",
    source_id="0001",
    row="{}",
    facts={"brand": "Example", "colour": "dark green", "material": "leather", "attributes": "size: 40, weight: 900 g"},
)
MAX_SAMPLED_PROMPTS = 40
"""Prompts grow until they show as many names as they may: so many of them tell the sum well enough."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a catalog has before a run.

    Attributes:
        counts: items by category, in the catalog's order.
        images: items with a valid image.
        has_categories: the catalog has its categories; False = they will be asked for, all but those with items.
        prompts: items without an image whose prompt the text model has written before.
    """

    counts: Mapping[str, int]
    images: int
    has_categories: bool
    prompts: int = 0

    @property
    def items(self) -> int:
        """How many items the catalog holds."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run will take.

    Attributes:
        catalog: which catalog it is about.
        items: items to be written.
        text_calls: for categories and batches, or for the prompts of rows, for looks at images and for prompts that
            are written anew.
        image_calls: one an image to be drawn.
        input_tokens: of all calls.
        output_tokens: of all calls.
        cost_usd: US dollars by the price list.
        minimum_seconds: how long the image calls take under the quota that the request tells; None = it tells none.
        window_seconds: how long the images take at TYPICAL_IMAGE_SECONDS a call and TYPICAL_EVALUATION_SECONDS a look
        or
            new prompt, as many at a time as the request allows.
        typical: the same if images are scored as the simulator scores them; None = they are not looked at.
    """

    catalog: str
    items: int
    text_calls: int
    image_calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    minimum_seconds: float | None
    window_seconds: float
    typical: "Estimate | None" = None

    def to_json(self) -> dict[str, Any]:
        """Return the estimate as callers see it; dollars to a hundredth of a cent; ``typical`` only if there is one."""
        described = {"catalog": self.catalog, "items": self.items} | _describe_figures(self)
        return described if self.typical is None else described | {"typical": _describe_figures(self.typical)}


def _describe_figures(estimate: Estimate) -> dict[str, Any]:
    minimum_seconds = estimate.minimum_seconds
    return {
        "textCalls": estimate.text_calls,
        "imageCalls": estimate.image_calls,
        "inputTokens": estimate.input_tokens,
        "outputTokens": estimate.output_tokens,
        "costUsd": float(round(estimate.cost_usd, 4)),
        "minimumSeconds": None if minimum_seconds is None else round(minimum_seconds, 1),
        "windowSeconds": round(estimate.window_seconds, 1),
    }


def calculate_estimate(request: SeedRequest, inventory: Inventory, models: Models) -> Estimate:
    """Return what a run with this request will take on a catalog with this stock."""
    counts, new_categories = _plan_categories(request, inventory)
    text = []
    if request.source == "generate":
        text = [*_estimate_categories(request, new_categories), *_estimate_batches(request, counts)]
    elif request.prompt_writer == "model":
        text = [*_estimate_prompts(request, inventory)]
    text_usage = Usage(sum(usage.input_tokens for _, usage in text), sum(usage.output_tokens for _, usage in text))
    text_calls = sum(calls for calls, _ in text)
    images = _count_images(request, inventory)

    def add_up(images_estimate: ImageEstimate) -> Estimate:
        per_minute = request.image_requests_per_minute
        return Estimate(
            catalog=request.catalog,
            items=max(0, request.target_count - inventory.items),
            text_calls=text_calls + images_estimate.text_calls,
            image_calls=images_estimate.image_calls,
            input_tokens=text_usage.input_tokens + images_estimate.usage.input_tokens,
            output_tokens=text_usage.output_tokens + images_estimate.usage.output_tokens,
            cost_usd=models.prices.calculate_text_cost(models.text, text_usage) + images_estimate.cost_usd,
            minimum_seconds=None if per_minute is None else images_estimate.image_calls * 60 / per_minute,
            window_seconds=images_estimate.window_seconds,
        )

    maximum = add_up(estimate_images(request, images, models, rounds=count_max_rounds(request.refine)))
    if not request.refine.is_wanted:
        return maximum
    rounds = count_typical_rounds(request.refine)
    return replace(maximum, typical=add_up(estimate_images(request, images, models, rounds=rounds)))


def _count_images(request: SeedRequest, inventory: Inventory) -> int:
    return 0 if request.dry_run else _count_missing_images(request, inventory)


def _count_missing_images(request: SeedRequest, inventory: Inventory) -> int:
    return max(request.target_count, inventory.items) - (0 if request.force_images else inventory.images)


def _plan_categories(request: SeedRequest, inventory: Inventory) -> tuple[dict[str, int], int]:
    """Return the items of each category that the catalog will have, and how many of them are still to be named."""
    if inventory.has_categories and not request.force_categories:
        return dict(inventory.counts), 0
    counts = {name: count for name, count in inventory.counts.items() if count}
    missing = max(0, request.category_count - len(counts))
    return counts | {f"{TYPICAL_CATEGORY} {number:02d}": 0 for number in range(missing)}, missing


def _estimate_categories(request: SeedRequest, missing: int) -> Iterator[tuple[int, Usage]]:
    """Yield the one call that names the missing categories, and what it takes."""
    if missing:
        text_request = build_categories_request(request.theme, count=missing, existing=(), attempt=0)
        yield 1, estimate_text_usage(text_request, theme=request.theme, entries=missing)


def _estimate_batches(request: SeedRequest, counts: Mapping[str, int]) -> Iterator[tuple[int, Usage]]:
    """Yield how many calls each writer makes, and what they take together."""
    workers = max(1, min(request.parallel_text_requests, len(counts)))
    for worker in range(workers):
        whole = plan_batch(
            counts, target=request.target_count, batch_size=request.target_count, worker=worker, workers=workers
        )
        drafts = sum(quota.count for quota in whole)
        calls = math.ceil(drafts / request.batch_size)
        usages = []
        for number in range(0, calls, max(1, math.ceil(calls / MAX_SAMPLED_PROMPTS))):
            written = number * request.batch_size
            by_then = {**counts, **{q.category: counts[q.category] + q.count * written // drafts for q in whole}}
            text_request = _build_batch_request(request, by_then, number, worker=worker, workers=workers)
            usages.append(estimate_text_usage(text_request, theme=request.theme, entries=drafts))
        if usages:
            inputs = sum(usage.input_tokens for usage in usages) / len(usages)
            yield calls, Usage(math.ceil(calls * inputs), usages[0].output_tokens)


def _estimate_prompts(request: SeedRequest, inventory: Inventory) -> Iterator[tuple[int, Usage]]:
    """Yield how many calls write image prompts, and what they take; a row's own prompt is only known when it is read.

    Batches of which some rows have an image hold fewer: a catalog that is nearly done takes up to one call a row.
    """
    prompts = max(0, _count_missing_images(request, inventory) - inventory.prompts)
    calls = math.ceil(prompts / ROWS_PER_BATCH)
    if calls:
        text_request = make_prompts_request(request, [TYPICAL_ROW] * min(prompts, ROWS_PER_BATCH), batch=1)
        usage = estimate_text_usage(text_request, theme=request.theme, entries=prompts)
        yield calls, Usage(calls * usage.input_tokens, usage.output_tokens)


def _build_batch_request(
    request: SeedRequest,
    counts: Mapping[str, int],
    number: int,
    *,
    worker: int,
    workers: int,
) -> TextRequest[DraftBatch]:
    """Return a writer's request for its n-th batch, when the categories hold so many items."""
    quotas = plan_batch(
        counts, target=request.target_count, batch_size=request.batch_size, worker=worker, workers=workers
    )
    taken = {name: TYPICAL_NAMES[:count] for name, count in counts.items()}
    return build_items_request(request.theme, quotas, taken, batch=number + 1, writer=f"0.{workers}.{worker}/{number}")
