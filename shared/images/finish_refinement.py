"""End the refinement of an item: promote its best image, and write the summary of its rounds."""

import logging
from collections.abc import Sequence
from typing import Any

from shared.catalog import catalog_files
from shared.catalog.items import Item
from shared.catalog.prompt_files import iterate_prompted_batches
from shared.images.image_step import ImageStepJob, find_item
from shared.images.promote import promote_best
from shared.images.refinement_policy import RefinementEnd, pick_best_round
from shared.images.round_files import EvaluationRecord, PromptRecord, RoundFiles, RoundRecord, list_unfinished_items
from shared.messages.base import Cost, Failure
from shared.messages.images import FailedImage, ImageAction, ImageStep
from shared.messages.run import ActivityResult
from shared.runs.request import SeedRequest
from shared.runs.status_rules import make_cost_view
from shared.services.container import Services
from shared.storage.json_files import DamagedFileError
from shared.storage.protocol import Store

logger = logging.getLogger(__name__)


async def complete_refinement(job: ImageStepJob, end: RefinementEnd) -> None:
    """Write the summary of an item that gets no further image.

    Raises:
        DamagedFileError: a record of the item cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    await _write_summary(job.results, job.item, job.request, end)


async def fail_refinement(services: Services, failed: FailedImage) -> None:
    """Write the summary of an item after a call failed for good, if the run refines images.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    request = await services.caches.read_request(services.store, failed.run_id)
    if request.refine.is_wanted:
        item = await find_item(services, failed.catalog, failed.run_id, failed.batch, failed.product_id)
        results = RoundFiles(services.store, failed.run_id, failed.product_id)
        await _write_summary(results, item, request, RefinementEnd.FAILED, failed.failure)


async def run_finish_refinement(services: Services, failed: FailedImage) -> ActivityResult:
    """End the refinement of an item after a failed call; the item keeps the best of its images.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    await fail_refinement(services, failed)
    return ActivityResult()


async def finish_unfinished_refinements(
    store: Store, run_id: str, request: SeedRequest, failure: Failure | None
) -> None:
    """Promote the best image of each item whose refinement the run has not finished, and write its summary.

    Args:
        store: the store.
        run_id: the run; none of its calls is in flight.
        request: the request of the run.
        failure: why the run ended early, if it did.

    Raises:
        StoreUnavailableError: the store does not answer; a repetition completes the work.
    """
    unfinished = await list_unfinished_items(store, run_id) if request.refine.is_wanted else set()
    numbers = await catalog_files.list_batch_numbers(store, request.catalog) if unfinished else []
    async for batch in iterate_prompted_batches(store, request.catalog, numbers):
        for item in batch.items:
            if item.product_id not in unfinished:
                continue
            results = RoundFiles(store, run_id, item.product_id)
            try:
                await promote_best(store, request, item, results)
                await _write_summary(results, item, request, RefinementEnd.RUN_ENDED, failure)
            except DamagedFileError as error:
                logger.warning("Item %s of run %s has no summary: %s is damaged", item.product_id, run_id, error.path)


async def _write_summary(
    results: RoundFiles,
    item: Item,
    request: SeedRequest,
    end: RefinementEnd,
    failure: Failure | None = None,
) -> None:
    """Write ``summary.json`` of an item from its records."""
    rounds: list[dict[str, Any]] = []
    spent, evaluations = Cost(), []
    for number in range(1, request.refine.iterations + 1):
        prompts = await _list_prompts(results, number, request.policy_rewrites)
        iteration, evaluation = await results.read_round(number), await results.read_evaluation(number)
        cost = sum((record.cost for record in (*prompts, iteration, evaluation) if record is not None), Cost())
        spent += cost
        if iteration is not None:
            rounds.append(_describe_round(iteration, evaluation, cost))
        if evaluation is not None:
            evaluations.append(evaluation)
    best = pick_best_round([evaluation.rating for evaluation in evaluations]) if evaluations else None
    promoted = None if best is None else evaluations[best - 1]
    await results.write_summary(
        {
            "productId": item.public_id,
            "name": item.name,
            "filename": item.filename,
            "prompt": item.image_prompt,
            "iterations": len(rounds),
            "shippedIteration": best or (1 if rounds else None),
            "score": None if promoted is None else promoted.score,
            "likeness": None if promoted is None else promoted.likeness,
            "acceptScore": request.refine.accept_score,
            "stoppedBecause": str(end),
            "failure": None if failure is None else {"reason": str(failure.reason), "message": failure.message},
            "rounds": rounds,
            "cost": make_cost_view(spent).model_dump(mode="json", by_alias=True),
        },
    )


async def _list_prompts(results: RoundFiles, round_: int, max_rewrites: int) -> Sequence[PromptRecord]:
    """Return the prompts that were written for a round, in order."""
    found = [] if round_ == 1 else [await results.read_prompt(ImageStep(ImageAction.REWRITE, round_))]
    found += [
        await results.read_prompt(ImageStep(ImageAction.REWRITE, round_, rewrite))
        for rewrite in range(1, max_rewrites + 1)
    ]
    return [record for record in found if record is not None]


def _describe_round(iteration: RoundRecord, evaluation: EvaluationRecord | None, cost: Cost) -> dict[str, Any]:
    """Return a row of the summary: a round and its evaluation."""
    return {
        "iteration": iteration.iteration,
        "prompt": iteration.prompt,
        "rewrites": iteration.rewrites,
        "file": iteration.file,
        "score": None if evaluation is None else evaluation.score,
        "likeness": None if evaluation is None else evaluation.likeness,
        "missing": [] if evaluation is None else list(evaluation.missing),
        "wrong": [] if evaluation is None else list(evaluation.wrong),
        "unwanted": [] if evaluation is None else list(evaluation.unwanted),
        "unlike": [] if evaluation is None else list(evaluation.unlike),
        "usd": make_cost_view(cost).usd,
    }
