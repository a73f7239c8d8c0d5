"""``evaluate_image`` and ``end_refinement``: a picture is looked at, and the best one so far is the item's."""

import asyncio
from dataclasses import replace
from typing import Any

import azure.durable_functions as df

from activities.failures import shorten, tell_failures
from activities.picture_jobs import PictureJob, open_picture_job
from activities.refining import end_refining, end_with_failure
from activities.reviews import buy_review
from activities.shipping import ship_best
from shared.domain.image_messages import Action, FailedImage, ImageCall, ImageResult, Step
from shared.domain.messages import Done, Failure
from shared.domain.refinement import decide_halt
from shared.domain.review_prompts import ask_for_evaluation
from shared.domain.reviews import Evaluation
from shared.imaging.pictures import BadImageError
from shared.imaging.prompt_pictures import PROMPT_PICTURE_TYPE, make_prompt_picture
from shared.ports import PromptPicture, Store, StoreUnavailableError
from shared.reasons import Reason
from shared.records.claims import beat
from shared.records.refinements import EvaluationRecord
from shared.telemetry.observed_activities import observe_activity
from shared.wiring import Services, get_services

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
@blueprint.generic_input_binding(arg_name="engine", type="durableClient")
@observe_activity
async def evaluate_image(payload: dict, engine: str = "") -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``ImageCall`` in, ``ImageResult`` out."""
    services, call = get_services(), ImageCall.from_json(payload)
    services.roots.learn(engine)

    async def work() -> dict[str, Any]:
        result = await tell_failures(services, call.run_id, ImageResult, lambda: run_evaluate_image(services, call))
        return result.to_json()

    return await services.deliveries.work_once(f"{call.run_id}/evaluation/{call.product_id}", payload, work)


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def end_refinement(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``FailedImage`` in, ``Done`` out; the item keeps the best picture from before the failure."""
    services, failed = get_services(), FailedImage.from_json(payload)

    async def work() -> Done:
        await end_with_failure(services, failed)
        return Done()

    return (await tell_failures(services, failed.run_id, Done, work)).to_json()


async def run_evaluate_image(services: Services, call: ImageCall) -> ImageResult:
    """Look at a round's picture once, ship it if it is the best so far, and say whether another one is drawn.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        SettingError: the model is not configured.
        StoreUnavailableError: the store does not answer.
    """
    job = await open_picture_job(services, call)
    evaluation = await job.results.read_evaluation(call.step.round)
    if evaluation is None:
        bought = services.unstored.take(job.key, EvaluationRecord) or await _buy_evaluation(services, job)
        if isinstance(bought, ImageResult):
            return bought
        try:
            evaluation = await job.results.keep_evaluation(replace(bought, leg=call.leg))
        except StoreUnavailableError:
            services.unstored.keep(job.key, bought)
            raise
        await beat(services.store, call.catalog, run_id=call.run_id, host_id=services.settings.host_id, succeeded=True)
    await job.allowance.settle(evaluation.cost)
    return await _decide(services, job, evaluation)


async def _buy_evaluation(services: Services, job: PictureJob) -> EvaluationRecord | ImageResult:
    """Show the picture to the vision model; the result where that came to nothing."""
    try:
        shown, first = await _read_picture(services.store, job.round_path), await job.results.read_iteration(1)
    except BadImageError as error:
        return _fail(f"{job.round_path} cannot be shown: {error}")
    if shown is None or first is None:
        return _fail(f"{job.round_path} is gone; expected the picture to look at")
    round_ = job.call.step.round
    ask = ask_for_evaluation(first.prompt, shown, iteration=round_)

    def read(found: Evaluation) -> Evaluation:
        return found

    bought = await buy_review(services, job, ask, read)
    if isinstance(bought, ImageResult):
        return bought
    found = bought.value
    return EvaluationRecord(
        iteration=round_,
        prompt=first.prompt,
        score=found.score,
        missing=tuple(found.missing),
        wrong=tuple(found.wrong),
        unwanted=tuple(found.unwanted),
        model=bought.model,
        request_id=bought.request_id,
        cost=bought.cost,
    )


def _fail(message: str) -> ImageResult:
    return ImageResult(failure=Failure(Reason.INTERNAL_ERROR, shorten(message)))


async def _read_picture(store: Store, path: str) -> PromptPicture | None:
    """Return a picture as it is shown; only that is held while the answer is waited for, not the picture itself.

    Raises:
        BadImageError: somebody has damaged it: it was good when it was stored.
    """
    content = await store.read(path)
    if content is None:
        return None
    return PromptPicture(await asyncio.to_thread(make_prompt_picture, content.data), PROMPT_PICTURE_TYPE)


async def _decide(services: Services, job: PictureJob, evaluation: EvaluationRecord) -> ImageResult:
    """Ship the best picture so far, and say what follows, also where a late repetition finds later rounds."""
    round_, refine = job.call.step.round, job.request.refine
    scores = [found.score for found in await job.results.list_evaluations(round_)]
    await ship_best(services.store, job.request, job.item, job.results)
    cost = job.tell_cost(evaluation.cost, evaluation.leg)
    halt = decide_halt(scores, refine)
    if halt is None:
        return ImageResult(cost=cost, next=Step(Action.REWRITE, round_ + 1))
    await end_refining(job, halt)
    return ImageResult(cost=cost, refined=True)
