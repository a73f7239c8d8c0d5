"""``refinements.json``: the outcome of each item's refinement, and a one-line summary of all."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from shared.catalog import catalog_files
from shared.catalog.items import Item
from shared.catalog.publish import CatalogView
from shared.images.refined_items import RefinementResult, list_refined_ids, read_refinement_result
from shared.storage import paths
from shared.storage.json_arrays import write_array
from shared.storage.protocol import Store
from shared.storage.read_in_order import read_in_order

OUTPUT = "refinements"
ORDINALS = ("first", "second", "third")


@dataclass(slots=True)
class RefinementTotals:
    """The outcome of all refinements of a run.

    Attributes:
        items_with_image: number of items that got an image.
        promoted_rounds: number of evaluated items by their promoted round.
        first_score_sum: sum of the scores of their first images.
        best_score_sum: sum of the scores of their promoted images.
        compared: number of evaluated items with style references.
        first_likeness_sum: sum of the likenesses of their first images.
        best_likeness_sum: sum of the likenesses of their promoted images.
        failures_by_reason: number of items with an image whose refinement a failure ended, by reason code.
        messages: of the first failure with each reason.
    """

    items_with_image: int = 0
    promoted_rounds: Counter[int] = field(default_factory=Counter)
    first_score_sum: int = 0
    best_score_sum: int = 0
    compared: int = 0
    first_likeness_sum: int = 0
    best_likeness_sum: int = 0
    failures_by_reason: Counter[str] = field(default_factory=Counter)
    messages: dict[str, str] = field(default_factory=dict)

    def count(self, outcome: RefinementResult) -> None:
        """Add the outcome of an item."""
        self.items_with_image += outcome.iterations > 0
        first, best, promoted_rounds = outcome.first_score, outcome.best_score, outcome.shipped_iteration
        if first is not None and best is not None and promoted_rounds is not None:
            self.promoted_rounds[promoted_rounds] += 1
            self.first_score_sum += first
            self.best_score_sum += best
            if outcome.first_likeness is not None and outcome.best_likeness is not None:
                self.compared += 1
                self.first_likeness_sum += outcome.first_likeness
                self.best_likeness_sum += outcome.best_likeness
        if outcome.iterations and outcome.reason is not None:
            self.failures_by_reason[outcome.reason] += 1
            self.messages.setdefault(outcome.reason, outcome.message or "")

    def describe(self) -> str | None:
        """Return a one-line summary; None if no refined item got an image."""
        evaluated = self.promoted_rounds.total()
        if not self.items_with_image:
            return None
        line = f"images evaluated: {evaluated}" + (
            f" of {self.items_with_image}" if evaluated < self.items_with_image else ""
        )
        if not evaluated:
            return line
        kept = ", the ".join(
            f"{ORDINALS[number - 1]} {count}" for number, count in sorted(self.promoted_rounds.items())
        )
        means = f"mean score {self._describe_means(self.first_score_sum, self.best_score_sum, evaluated)}"
        if self.compared:
            likeness = self._describe_means(self.first_likeness_sum, self.best_likeness_sum, self.compared)
            means += f", mean likeness {likeness}"
        return f"{line} (kept the {kept}; {means})"

    def _describe_means(self, first_sum: int, best_sum: int, items: int) -> str:
        first, best = round(first_sum / items), round(best_sum / items)
        return f"{first} -> {best}" if set(self.promoted_rounds) != {1} else f"{best}"

    def describe_failures(self) -> str | None:
        """Return in one line why refinements failed, with the message of one failure; None if none did."""
        if not self.failures_by_reason:
            return None
        counts = self.failures_by_reason.most_common()
        reasons = ", ".join(f"{count} x {reason}" for reason, count in counts)
        return f"refinements that failed: {reasons}; for example: {self.messages[counts[0][0]]}"


async def write_refinements(store: Store, run_id: str, view: CatalogView) -> tuple[dict[str, str], RefinementTotals]:
    """Write the list, even if empty: one row for each item whose refinement has begun.

    Returns:
        The path of the list, and the totals.

    Raises:
        DamagedFileError: a record of an item, or a batch, cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    output = {OUTPUT: paths.run_file(run_id, "refinements.json")}
    totals = RefinementTotals()
    refined = await list_refined_ids(store, run_id)

    async def read(item: Item) -> tuple[Item, RefinementResult]:
        return item, await read_refinement_result(store, run_id, item.product_id)

    async def describe() -> AsyncIterator[dict[str, Any]]:
        async for item, outcome in read_in_order(_iterate_items_by_id(store, view, refined), read):
            totals.count(outcome)
            yield _describe(item, outcome)

    await write_array(store, output[OUTPUT], describe())
    return output, totals


async def _iterate_items_by_id(store: Store, view: CatalogView, product_ids: set[str]) -> AsyncIterator[Item]:
    """Yield the items with these internal ids, in acceptance order."""
    async for batch in catalog_files.iterate_batches(store, view.name, view.batches if product_ids else ()):
        for item in batch.items:
            if item.product_id in product_ids:
                yield item


def _describe(item: Item, outcome: RefinementResult) -> dict[str, Any]:
    return {
        "productId": item.public_id,
        "name": item.name,
        "filename": item.filename,
        "iterations": outcome.iterations,
        "shippedIteration": outcome.shipped_iteration,
        "score": outcome.best_score,
        "firstScore": outcome.first_score,
        "likeness": outcome.best_likeness,
        "firstLikeness": outcome.first_likeness,
        "stoppedBecause": outcome.stopped_because,
        "reason": outcome.reason,
    }
