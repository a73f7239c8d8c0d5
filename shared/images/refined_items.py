"""Reads the records of refined items in a run, for its audit and its list of refinements."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from shared.images.refinement_policy import MAX_ITERATIONS, pick_best_round
from shared.images.round_files import (
    ADAPTERS,
    SUMMARY_NAME,
    EvaluationRecord,
    PromptRecord,
    RoundFiles,
    RoundRecord,
    SummaryRecord,
    SummaryRound,
)
from shared.messages.base import Cost
from shared.messages.images import ImageAction, ImageStep
from shared.storage import paths
from shared.storage.json_files import DamagedFileError, read_json
from shared.storage.protocol import Store
from shared.storage.read_in_order import read_in_order


@dataclass(frozen=True, slots=True)
class RefinementResult:
    """The outcome of an item's refinement.

    Attributes:
        iterations: number of generated images.
        first_score: of the first image, 0-100; None if it was not evaluated.
        best_score: of the promoted image.
        first_likeness: of the first image to the style references; None without any.
        best_likeness: of the promoted image.
        shipped_iteration: the promoted round, from 1; None without an image.
        stopped_because: a ``RefinementEnd``; None if the run died first.
        reason: reason code of a final failure, or of the run's early end.
        message: of that failure.
    """

    iterations: int
    first_score: int | None
    best_score: int | None
    shipped_iteration: int | None
    stopped_because: str | None
    reason: str | None
    message: str | None = None
    first_likeness: int | None = None
    best_likeness: int | None = None


@dataclass(slots=True)
class RefinedItem:
    """The readable records of an item in a run.

    Attributes:
        product_id: internal id of the item, which names files.
        prompts: rewritten prompts, by step, in order.
        iterations: images by round, in order.
        evaluations: evaluations by round.
        summary: how the refinement ended; None if it did not.
        damaged: errors of unreadable records.
    """

    product_id: str
    prompts: dict[ImageStep, PromptRecord] = field(default_factory=dict)
    iterations: dict[int, RoundRecord] = field(default_factory=dict)
    evaluations: dict[int, EvaluationRecord] = field(default_factory=dict)
    summary: SummaryRecord | None = None
    damaged: list[DamagedFileError] = field(default_factory=list)

    @property
    def cost(self) -> Cost:
        """The recorded cost; failed calls leave no record here."""
        costs = [record.cost for record in self.prompts.values()]
        costs += [record.cost for record in self.iterations.values()]
        costs += [record.cost for record in self.evaluations.values()]
        return sum(costs, Cost())

    @property
    def was_evaluated(self) -> bool:
        """Whether the item was refined; prompts are rewritten in other runs, too."""
        return bool(self.iterations or self.summary)

    def summarize_refinement(self) -> RefinementResult:
        """Return the outcome."""
        return summarize_refinement(self.iterations, self.evaluations, self.summary)


_KINDS: Mapping[str, type] = {
    "results": RoundRecord,
    "evaluation": EvaluationRecord,
    "prompt": PromptRecord,
}
_RECORD = re.compile(r"iteration_([1-9])_(?:(results|evaluation|prompt)|rewrite_([1-9]))\.json")


def summarize_refinement(
    iterations: Mapping[int, RoundRecord],
    evaluations: Mapping[int, EvaluationRecord],
    summary: SummaryRecord | None,
) -> RefinementResult:
    """Return the outcome of an item's refinement, from its summary if there is one."""
    if summary is not None:
        first_round = summary.rounds[0] if summary.rounds else SummaryRound()
        return RefinementResult(
            iterations=summary.iterations,
            first_score=first_round.score,
            best_score=summary.score,
            first_likeness=first_round.likeness,
            best_likeness=summary.likeness,
            shipped_iteration=summary.shipped_iteration,
            stopped_because=summary.stopped_because,
            reason=None if summary.failure is None else summary.failure.reason,
            message=None if summary.failure is None else summary.failure.message,
        )
    ratings = [evaluation.rating for evaluation in evaluations.values()]
    best = list(evaluations)[pick_best_round(ratings) - 1] if ratings else None
    first, promoted = evaluations.get(1), None if best is None else evaluations[best]
    return RefinementResult(
        iterations=len(iterations),
        first_score=None if first is None else first.score,
        best_score=None if promoted is None else promoted.score,
        first_likeness=None if first is None else first.likeness,
        best_likeness=None if promoted is None else promoted.likeness,
        shipped_iteration=best or (1 if iterations else None),
        stopped_because=None,
        reason=None,
    )


async def list_refined_ids(store: Store, run_id: str) -> set[str]:
    """Return the internal ids of the items that a run has refined."""
    folder = paths.results_folder(run_id)
    found: set[str] = set()
    async for info in store.list_files(folder):
        product_id, _, name = info.path.removeprefix(folder).partition("/")
        match = _RECORD.fullmatch(name)
        if name == SUMMARY_NAME or (match is not None and match[2] == "results"):
            found.add(product_id)
    return found


async def read_refinement_result(store: Store, run_id: str, product_id: str) -> RefinementResult:
    """Return the outcome of an item's refinement; reads one file if it has ended.

    Raises:
        DamagedFileError: a record of the item cannot be read.
    """
    round_files = RoundFiles(store, run_id, product_id)
    summary = await round_files.read_summary()
    if summary is not None:
        return summarize_refinement({}, {}, summary)
    rounds_on_record = [await round_files.read_round(number) for number in range(1, MAX_ITERATIONS + 1)]
    evaluations = await round_files.list_evaluations(MAX_ITERATIONS)
    return summarize_refinement(
        {record.iteration: record for record in rounds_on_record if record is not None},
        {record.iteration: record for record in evaluations},
        None,
    )


async def iterate_refined_items(store: Store, run_id: str) -> AsyncIterator[RefinedItem]:
    """Yield the records of each item of a run, in the order of the ids, one item in memory at a time."""
    folder = paths.results_folder(run_id)

    async def read(path: str) -> tuple[str, str, object]:
        product_id, _, name = path.removeprefix(folder).partition("/")
        try:
            return product_id, name, await read_json(store, path, ADAPTERS[_find_kind(name)].validate_python)
        except DamagedFileError as error:
            return product_id, name, error

    files = (info.path async for info in store.list_files(folder) if _is_record(info.path))
    item: RefinedItem | None = None
    async for product_id, name, record in read_in_order(files, read):
        if item is None or item.product_id != product_id:
            if item is not None:
                yield item
            item = RefinedItem(product_id)
        _add_record(item, name, record)
    if item is not None:
        yield item


def _is_record(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name == SUMMARY_NAME or _RECORD.fullmatch(name) is not None


def _find_kind(name: str) -> type:
    match = _RECORD.fullmatch(name)
    if match is None:
        return SummaryRecord
    return _KINDS[match[2] or "prompt"]


def _add_record(item: RefinedItem, name: str, record: object) -> None:
    """Add a record to an item, by the numbers in its file name."""
    match = _RECORD.fullmatch(name)
    number, rewrite = (int(match[1]), int(match[3] or 0)) if match is not None else (0, 0)
    if isinstance(record, DamagedFileError):
        item.damaged.append(record)
    elif isinstance(record, SummaryRecord):
        item.summary = record
    elif isinstance(record, RoundRecord):
        item.iterations[number] = record
    elif isinstance(record, EvaluationRecord):
        item.evaluations[number] = record
    elif isinstance(record, PromptRecord):
        item.prompts[ImageStep(ImageAction.REWRITE, number, rewrite)] = record
