"""How the refining of an item's picture ends: with its summary, whatever it came to."""

import logging
from collections.abc import Sequence
from typing import Any

from activities.picture_jobs import PictureJob, find_item
from activities.shipping import ship_best
from shared.domain.image_messages import Action, FailedImage, Step
from shared.domain.items import Item
from shared.domain.messages import Cost, Failure
from shared.domain.refinement import Halt, pick_best
from shared.domain.requests import SeedRequest
from shared.domain.run_status import view_cost
from shared.ports import Store
from shared.records import catalog
from shared.records.files import DamagedFileError
from shared.records.prompts import iterate_prompted_batches
from shared.records.refinements import EvaluationRecord, IterationRecord, PromptRecord, Results, list_unfinished
from shared.wiring import Services

logger = logging.getLogger(__name__)


async def end_refining(job: PictureJob, halt: Halt) -> None:
    """Write the summary of an item whose picture is not improved any more.

    Raises:
        DamagedFileError: a record of the item cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    await _write_summary(job.results, job.item, job.request, halt)


async def end_with_failure(services: Services, failed: FailedImage) -> None:
    """Write the summary of an item of which a call failed for good, if pictures are looked at in its run.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    request = await services.caches.read_request(services.store, failed.run_id)
    if request.refine.is_wanted:
        item = await find_item(services, failed.catalog, failed.run_id, failed.batch, failed.product_id)
        results = Results(services.store, failed.run_id, failed.product_id)
        await _write_summary(results, item, request, Halt.FAILED, failed.failure)


async def end_unfinished(store: Store, run_id: str, request: SeedRequest, why: Failure | None) -> None:
    """Let the items that a run leaves in the middle keep the best of their pictures, and write their summaries.

    Args:
        store: where the run is.
        run_id: the run; nothing of it is under way any more.
        request: what it was asked.
        why: it ended early.

    Raises:
        StoreUnavailableError: the store does not answer; doing it again finishes it.
    """
    unfinished = await list_unfinished(store, run_id) if request.refine.is_wanted else set()
    numbers = await catalog.list_batch_numbers(store, request.catalog) if unfinished else []
    async for batch in iterate_prompted_batches(store, request.catalog, numbers):
        for item in batch.items:
            if item.product_id not in unfinished:
                continue
            results = Results(store, run_id, item.product_id)
            try:
                await ship_best(store, request, item, results)
                await _write_summary(results, item, request, Halt.RUN_ENDED, why)
            except DamagedFileError as error:
                logger.warning("no summary for item %s of run %s: %s is damaged", item.product_id, run_id, error.path)


async def _write_summary(
    results: Results,
    item: Item,
    request: SeedRequest,
    halt: Halt,
    failure: Failure | None = None,
) -> None:
    """Write ``summary.json`` of an item from its records."""
    rounds: list[dict[str, Any]] = []
    spent, scores = Cost(), []
    for number in range(1, request.refine.iterations + 1):
        prompts = await _list_prompts(results, number, request.policy_rewrites)
        iteration, evaluation = await results.read_iteration(number), await results.read_evaluation(number)
        cost = sum((record.cost for record in (*prompts, iteration, evaluation) if record is not None), Cost())
        spent += cost
        if iteration is not None:
            rounds.append(_describe_round(iteration, evaluation, cost))
        if evaluation is not None:
            scores.append(evaluation.score)
    shipped = pick_best(scores) if scores else (1 if rounds else None)
    await results.write_summary(
        {
            "productId": item.shown_id,
            "name": item.name,
            "filename": item.filename,
            "prompt": item.image_prompt,
            "iterations": len(rounds),
            "shippedIteration": shipped,
            "score": max(scores, default=None),
            "acceptScore": request.refine.accept_score,
            "stoppedBecause": str(halt),
            "failure": None if failure is None else {"reason": str(failure.reason), "message": failure.message},
            "rounds": rounds,
            "cost": view_cost(spent).model_dump(mode="json", by_alias=True),
        },
    )


async def _list_prompts(results: Results, round_: int, most: int) -> Sequence[PromptRecord]:
    """Return the prompts that were written for a round, in order."""
    found = [] if round_ == 1 else [await results.read_prompt(Step(Action.REWRITE, round_))]
    found += [await results.read_prompt(Step(Action.REWRITE, round_, rewrite)) for rewrite in range(1, most + 1)]
    return [record for record in found if record is not None]


def _describe_round(iteration: IterationRecord, evaluation: EvaluationRecord | None, cost: Cost) -> dict[str, Any]:
    """Return a row of the summary: a picture, and what was thought of it."""
    return {
        "iteration": iteration.iteration,
        "prompt": iteration.prompt,
        "rewrites": iteration.rewrites,
        "file": iteration.file,
        "score": None if evaluation is None else evaluation.score,
        "missing": [] if evaluation is None else list(evaluation.missing),
        "wrong": [] if evaluation is None else list(evaluation.wrong),
        "unwanted": [] if evaluation is None else list(evaluation.unwanted),
        "usd": view_cost(cost).usd,
    }
