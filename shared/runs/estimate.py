"""Calculates the estimate of a run: calls, tokens, cost and minimum time. Pure.

The estimate assumes that nothing fails: every draft is accepted and no call is repeated. It measures the prompts that
the run sends, with names of typical length for items that do not exist yet. For refinement it assumes the maximum
number of rounds per item; ``typical`` is the expected number.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from shared.catalog.items import DraftBatch, SourceItem
from shared.catalog.planning import ROWS_PER_BATCH, plan_batch
from shared.models.prompts.image_prompt_requests import build_prompts_request
from shared.models.prompts.item_requests import build_categories_request, build_items_request
from shared.models.protocol import Question
from shared.models.tokens import estimate_text_usage
from shared.models.usage import Usage
from shared.runs.image_estimate import (
    MAX_BATCH_SECONDS,
    ImageEstimate,
    Models,
    count_max_rounds,
    count_typical_rounds,
    estimate_images,
)
from shared.runs.request import SeedRequest
from shared.runs.selection import find_selection

MAX_NAMES = 200
"""Maximum number of names of a category in a prompt."""

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
    prompt_hints={
        "brand": "Example",
        "colour": "dark green",
        "material": "leather",
        "attributes": "size: 40, weight: 900 g",
    },
)
MAX_MINIMUM_SECONDS = 1e12
"""Longest minimum duration that is reported: JSON has no infinity, which a tiny quota would give."""

MAX_SAMPLED_PROMPTS = 40
"""Number of prompts that are measured; prompts grow until they hold MAX_NAMES names, so a sample is accurate."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a catalog has before a run.

    Attributes:
        counts: number of items by category, in the catalog's order.
        images: number of items with a valid image.
        has_categories: the catalog has its categories; False = the run generates all that have no items.
        prompts: number of items without an image whose prompt the text model has written.
    """

    counts: Mapping[str, int]
    images: int
    has_categories: bool
    prompts: int = 0

    @property
    def items(self) -> int:
        """Number of items in the catalog."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Estimate:
    """Estimate of a run.

    Attributes:
        catalog: name of the catalog.
        items: number of items to generate.
        text_calls: number of text calls: categories, batches, prompts of rows, evaluations and rewrites.
        image_calls: number of image calls.
        input_tokens: input tokens of all calls.
        output_tokens: output tokens of all calls.
        cost_usd: cost in US dollars at list prices.
        minimum_seconds: minimum duration of the image calls under the requested quota; None = no quota is requested.
        window_seconds: duration of the images at TYPICAL_IMAGE_SECONDS per image call and TYPICAL_EVALUATION_SECONDS
            per evaluation or rewrite, with as many at the same time as requested.
        typical: estimate with the scores of the model simulator; None = the request asks for no refinement.
        batch_discount_usd: what images and prompts cost less in the provider's batches; None = it has none.
        applied_discount_usd: the part of it that ``cost_usd`` takes into account.
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
    batch_discount_usd: Decimal | None = None
    applied_discount_usd: Decimal = Decimal(0)

    def to_json(self) -> dict[str, Any]:
        """Return the estimate as JSON data, in dollars to a hundredth of a cent; ``typical`` only with refinement.

        Both prices are there if the provider has batches: without any, and with all that can be in one.
        """
        described = {"catalog": self.catalog, "items": self.items} | _describe_figures(self)
        if self.batch_discount_usd is not None and self.typical is None:
            normal = self.cost_usd + self.applied_discount_usd
            described["normalCostUsd"] = float(round(normal, 4))
            described["batchCostUsd"] = float(round(normal - self.batch_discount_usd, 4))
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


def calculate_estimate(
    request: SeedRequest,
    inventory: Inventory,
    models: Models,
    *,
    references: int = 0,
    reference_tokens: int = 0,
    trial_images: int = 0,
) -> Estimate:
    """Return the estimate of a run with this request on a catalog with this inventory.

    Args:
        request: of the run.
        inventory: of its catalog.
        models: models and prices.
        references: number of style references, which each evaluation carries.
        reference_tokens: their input tokens in each image call.
        trial_images: number of images that are generated without references first.
    """
    counts, new_categories = _plan_categories(request, inventory)
    text = []
    if request.generates_items:
        trial_items = min(trial_images, max(0, request.first_approved - inventory.items))
        trial, counts = _estimate_trial_batches(request, counts, trial_items)
        text = [*_estimate_categories(request, new_categories), *trial, *_estimate_batches(request, counts)]
    elif request.writes_prompts:
        text = [*_estimate_prompts(request, inventory)]
    text_usage = Usage(sum(usage.input_tokens for _, usage in text), sum(usage.output_tokens for _, usage in text))
    text_calls = sum(calls for calls, _ in text)
    images = _count_images(request, inventory)
    text_usd = models.prices.calculate_text_cost(models.text, text_usage)
    text_discount = _calculate_text_discount(request, models, text_usd, text_calls, trial_images)
    applied_text_discount = text_discount if request.is_text_batched else Decimal(0)

    def add_up(images_estimate: ImageEstimate) -> Estimate:
        per_minute = request.image_requests_per_minute
        image_discount = images_estimate.batch_discount_usd
        has_discount = image_discount is not None or text_discount > 0
        return Estimate(
            catalog=request.catalog,
            items=0 if find_selection(request) is not None else max(0, request.target_count - inventory.items),
            text_calls=text_calls + images_estimate.text_calls,
            image_calls=images_estimate.image_calls,
            input_tokens=text_usage.input_tokens + images_estimate.usage.input_tokens,
            output_tokens=text_usage.output_tokens + images_estimate.usage.output_tokens,
            cost_usd=text_usd - applied_text_discount + images_estimate.cost_usd,
            minimum_seconds=None
            if per_minute is None
            else min(MAX_MINIMUM_SECONDS, images_estimate.image_calls * 60 / per_minute),
            window_seconds=images_estimate.window_seconds + (MAX_BATCH_SECONDS if applied_text_discount else 0),
            batch_discount_usd=text_discount + (image_discount or 0) if has_discount else None,
            applied_discount_usd=applied_text_discount + ((image_discount or 0) if request.is_batched else 0),
        )

    def estimate_rounds(rounds: float) -> Estimate:
        estimated = estimate_images(
            request,
            images,
            models,
            rounds=rounds,
            references=references,
            reference_tokens=reference_tokens,
            trial_images=min(images, trial_images),
        )
        return add_up(estimated)

    maximum = estimate_rounds(count_max_rounds(request.refine))
    if not request.refine.is_wanted:
        return maximum
    return replace(maximum, typical=estimate_rounds(count_typical_rounds(request.refine)))


def _calculate_text_discount(
    request: SeedRequest, models: Models, text_usd: Decimal, calls: int, trial_images: int
) -> Decimal:
    """Return what the text calls cost less in batches: only prompts of rows, without those of trial images."""
    factor = models.prices.find_text_batch_factor(models.text) if models.has_text_batches else None
    if factor is None or request.generates_items or not calls:
        return Decimal(0)
    trial_calls = min(calls, math.ceil(trial_images / ROWS_PER_BATCH))
    return text_usd * (1 - factor) * (calls - trial_calls) / calls


def _count_images(request: SeedRequest, inventory: Inventory) -> int:
    return 0 if request.dry_run else _count_missing_images(request, inventory)


def _count_missing_images(request: SeedRequest, inventory: Inventory) -> int:
    selection = find_selection(request)
    if selection is not None:
        return len(selection.selection)
    return max(request.target_count, inventory.items) - (0 if request.force_images else inventory.images)


def _plan_categories(request: SeedRequest, inventory: Inventory) -> tuple[dict[str, int], int]:
    """Return the number of items in each category of the catalog, and how many categories are to be generated."""
    if inventory.has_categories and not request.force_categories:
        return dict(inventory.counts), 0
    counts = {name: count for name, count in inventory.counts.items() if count}
    missing = max(0, request.category_count - len(counts))
    return counts | {f"{TYPICAL_CATEGORY} {number:02d}": 0 for number in range(missing)}, missing


def _estimate_categories(request: SeedRequest, missing: int) -> Iterator[tuple[int, Usage]]:
    """Yield the call for the missing categories, and its usage."""
    if missing:
        text_request = build_categories_request(request.theme, count=missing, existing=(), attempt=0)
        yield 1, estimate_text_usage(text_request, theme=request.theme, entries=missing)


def _estimate_trial_batches(
    request: SeedRequest, counts: dict[str, int], items: int
) -> tuple[list[tuple[int, Usage]], dict[str, int]]:
    """Return the calls for the items of the trial images, and the items of each category after them."""
    calls: list[tuple[int, Usage]] = []
    while items > 0:
        quotas = plan_batch(counts, target=request.target_count, batch_size=min(request.batch_size, items))
        if not quotas:
            break
        taken = {name: TYPICAL_NAMES[:count] for name, count in counts.items()}
        text_request = build_items_request(
            request.theme, quotas, taken, batch=len(calls) + 1, writer=f"0.1.0/{len(calls)}"
        )
        written = sum(quota.count for quota in quotas)
        calls.append((1, estimate_text_usage(text_request, theme=request.theme, entries=written)))
        counts = counts | {quota.category: counts[quota.category] + quota.count for quota in quotas}
        items -= written
    return calls, counts


def _estimate_batches(request: SeedRequest, counts: Mapping[str, int]) -> Iterator[tuple[int, Usage]]:
    """Yield the number of calls of each item writer, and their usage."""
    writer_count = max(1, min(request.parallel_text_requests, len(counts)))
    for writer_index in range(writer_count):
        whole = plan_batch(
            counts,
            target=request.target_count,
            batch_size=request.target_count,
            writer_index=writer_index,
            writer_count=writer_count,
        )
        drafts = sum(quota.count for quota in whole)
        calls = math.ceil(drafts / request.batch_size)
        usages = []
        for number in range(0, calls, max(1, math.ceil(calls / MAX_SAMPLED_PROMPTS))):
            written = number * request.batch_size
            by_then = {**counts, **{q.category: counts[q.category] + q.count * written // drafts for q in whole}}
            text_request = _build_batch_request(
                request, by_then, number, writer_index=writer_index, writer_count=writer_count
            )
            usages.append(estimate_text_usage(text_request, theme=request.theme, entries=drafts))
        if usages:
            inputs = sum(usage.input_tokens for usage in usages) / len(usages)
            yield calls, Usage(math.ceil(calls * inputs), usages[0].output_tokens)


def _estimate_prompts(request: SeedRequest, inventory: Inventory) -> Iterator[tuple[int, Usage]]:
    """Yield the number of calls that write image prompts, and their usage; rows with prompts of their own count, too.

    A batch in which some rows have an image needs fewer prompts: a catalog that is nearly complete may take one call
    per row.
    """
    prompts = max(0, _count_missing_images(request, inventory) - inventory.prompts)
    calls = math.ceil(prompts / ROWS_PER_BATCH)
    if calls:
        text_request = build_prompts_request(request, [TYPICAL_ROW] * min(prompts, ROWS_PER_BATCH), batch=1)
        usage = estimate_text_usage(text_request, theme=request.theme, entries=prompts)
        yield calls, Usage(calls * usage.input_tokens, usage.output_tokens)


def _build_batch_request(
    request: SeedRequest,
    counts: Mapping[str, int],
    number: int,
    *,
    writer_index: int,
    writer_count: int,
) -> Question[DraftBatch]:
    """Return an item writer's request for its n-th batch, given the number of items in each category."""
    quotas = plan_batch(
        counts,
        target=request.target_count,
        batch_size=request.batch_size,
        writer_index=writer_index,
        writer_count=writer_count,
    )
    taken = {name: TYPICAL_NAMES[:count] for name, count in counts.items()}
    return build_items_request(
        request.theme, quotas, taken, batch=number + 1, writer=f"0.{writer_count}.{writer_index}/{number}"
    )
