"""``refinements.json``: what the looking at the pictures of a run came to, item by item, and all of it in a line."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from shared.domain import paths
from shared.domain.items import Item
from shared.ports import Store
from shared.records import catalog
from shared.records.json_arrays import write_array
from shared.records.publication import CatalogView
from shared.records.reading import read_in_order
from shared.records.refined_items import Outcome, list_refined, read_outcome

OUTPUT = "refinements"
ORDINALS = ("first", "second", "third")


@dataclass(slots=True)
class RefinementTally:
    """What the looking at pictures came to in all.

    Attributes:
        drawn: items that got a picture.
        shipped: of those of them whose picture was looked at, how many kept which one.
        first_scores: sum of the scores of their first pictures.
        best_scores: sum of the scores of the pictures that ship.
        cut_short: how many items with a picture a failure ended before they were done, by its reason.
        messages: of the first failure of each reason.
    """

    drawn: int = 0
    shipped: Counter[int] = field(default_factory=Counter)
    first_scores: int = 0
    best_scores: int = 0
    cut_short: Counter[str] = field(default_factory=Counter)
    messages: dict[str, str] = field(default_factory=dict)

    def count(self, outcome: Outcome) -> None:
        """Count an item in."""
        self.drawn += outcome.iterations > 0
        first, best, shipped = outcome.first_score, outcome.best_score, outcome.shipped_iteration
        if first is not None and best is not None and shipped is not None:
            self.shipped[shipped] += 1
            self.first_scores += first
            self.best_scores += best
        if outcome.iterations and outcome.reason is not None:
            self.cut_short[outcome.reason] += 1
            self.messages.setdefault(outcome.reason, outcome.message or "")

    def describe(self) -> str | None:
        """Return it in a line; None where no item got a picture that was to be looked at."""
        seen = self.shipped.total()
        if not self.drawn:
            return None
        told = f"pictures looked at: {seen}" + (f" of {self.drawn}" if seen < self.drawn else "")
        if not seen:
            return told
        kept = ", the ".join(f"{ORDINALS[number - 1]} {count}" for number, count in sorted(self.shipped.items()))
        first, best = round(self.first_scores / seen), round(self.best_scores / seen)
        scores = f"{first} -> {best}" if set(self.shipped) != {1} else f"{best}"
        return f"{told} (kept the {kept}; mean score {scores})"

    def describe_failures(self) -> str | None:
        """Return in a line why items were not done, with the message of one failure; None where all were."""
        if not self.cut_short:
            return None
        counts = self.cut_short.most_common()
        reasons = ", ".join(f"{count} x {reason}" for reason, count in counts)
        return f"pictures not looked at to the end: {reasons}; such as: {self.messages[counts[0][0]]}"


async def write_refinements(store: Store, run_id: str, view: CatalogView) -> tuple[dict[str, str], RefinementTally]:
    """Write the list, also an empty one: one row for each item whose pictures the run was to look at, and did begin.

    Returns:
        The list's path, and what it comes to.

    Raises:
        DamagedFileError: a record of an item, or a batch, cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    output = {OUTPUT: paths.run_file(run_id, "refinements.json")}
    tally = RefinementTally()
    refined = await list_refined(store, run_id)

    async def read(item: Item) -> tuple[Item, Outcome]:
        return item, await read_outcome(store, run_id, item.product_id)

    async def describe() -> AsyncIterator[dict[str, Any]]:
        async for item, outcome in read_in_order(_pick(store, view, refined), read):
            tally.count(outcome)
            yield _describe(item, outcome)

    await write_array(store, output[OUTPUT], describe())
    return output, tally


async def _pick(store: Store, view: CatalogView, product_ids: set[str]) -> AsyncIterator[Item]:
    """Yield the items of these ids in acceptance order."""
    async for batch in catalog.iterate_batches(store, view.name, view.batches if product_ids else ()):
        for item in batch.items:
            if item.product_id in product_ids:
                yield item


def _describe(item: Item, outcome: Outcome) -> dict[str, Any]:
    return {
        "productId": item.shown_id,
        "name": item.name,
        "filename": item.filename,
        "iterations": outcome.iterations,
        "shippedIteration": outcome.shipped_iteration,
        "score": outcome.best_score,
        "firstScore": outcome.first_score,
        "stoppedBecause": outcome.stopped_because,
        "reason": outcome.reason,
    }
