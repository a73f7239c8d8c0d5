"""``evaluate_image`` and ``finish_refinement``: an image is looked at, and the best one so far is the item's."""

import asyncio
from dataclasses import replace
from typing import Any

import azure.durable_functions as df

from shared.errors import StoreUnavailableError
from shared.images.finish_refinement import complete_refinement, fail_refinement
from shared.images.image_step import ImageStepJob, open_image_step_job
from shared.images.promote import promote_best
from shared.images.refinement_answers import Evaluation
from shared.images.refinement_call import make_refinement_call
from shared.images.refinement_policy import decide_refinement_end
from shared.images.round_files import EvaluationRecord
from shared.messages.base import Failure
from shared.messages.images import FailedImage, ImageAction, ImageCall, ImageResult, ImageStep
from shared.messages.run import ActivityResult
from shared.models.call_failures import catch_failures, shorten
from shared.models.prompts.evaluation_requests import build_evaluation_request
from shared.models.protocol import VisionImage
from shared.reasons import Reason
from shared.rendering.convert_image import VISION_IMAGE_TYPE, make_vision_image
from shared.rendering.inspect_image import BadImageError
from shared.runs.run_claim import send_heartbeat
from shared.services.container import Services, get_services
from shared.storage.protocol import Store
from shared.telemetry.observed_activities import observe_activity

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
@blueprint.generic_input_binding(arg_name="durable_client", type="durableClient")
@observe_activity
async def evaluate_image(payload: dict, durable_client: str = "") -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``ImageCall`` in, ``ImageResult`` out."""
    services, call = get_services(), ImageCall.from_json(payload)
    services.root_states.set_client_binding(durable_client)

    async def work() -> dict[str, Any]:
        result = await catch_failures(services, call.run_id, ImageResult, lambda: run_evaluate_image(services, call))
        return result.to_json()

    return await services.deliveries.run_once(f"{call.run_id}/evaluation/{call.product_id}", payload, work)


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def finish_refinement(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``FailedImage`` in, ``ActivityResult`` out; the item keeps the best image from before the failure."""
    services, failed = get_services(), FailedImage.from_json(payload)

    async def work() -> ActivityResult:
        await fail_refinement(services, failed)
        return ActivityResult()

    return (await catch_failures(services, failed.run_id, ActivityResult, work)).to_json()


async def run_evaluate_image(services: Services, call: ImageCall) -> ImageResult:
    """Look at a round's image once, ship it if it is the best so far, and say whether another one is drawn.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        SettingError: the model is not configured.
        StoreUnavailableError: the store does not answer.
    """
    job = await open_image_step_job(services, call)
    evaluation = await job.results.read_evaluation(call.step.round)
    if evaluation is None:
        outcome = services.pending_writes.take(job.key, EvaluationRecord) or await _request_evaluation(services, job)
        if isinstance(outcome, ImageResult):
            return outcome
        try:
            evaluation = await job.results.record_evaluation(replace(outcome, resume_count=call.resume_count))
        except StoreUnavailableError:
            services.pending_writes.add(job.key, outcome)
            raise
        await send_heartbeat(
            services.store, call.catalog, run_id=call.run_id, host_id=services.settings.host_id, succeeded=True
        )
    await job.allowance.settle(evaluation.cost)
    return await _decide(services, job, evaluation)


async def _request_evaluation(services: Services, job: ImageStepJob) -> EvaluationRecord | ImageResult:
    """Show the image to the vision model; the result where that came to nothing."""
    try:
        vision_image, first = await _read_vision_image(services.store, job.round_path), await job.results.read_round(1)
    except BadImageError as error:
        return _make_failure(f"{job.round_path} cannot be shown: {error}")
    if vision_image is None or first is None:
        return _make_failure(f"{job.round_path} is gone; expected the image to look at")
    round_ = job.call.step.round
    model_request = build_evaluation_request(first.prompt, vision_image, iteration=round_)

    def read(found: Evaluation) -> Evaluation:
        return found

    outcome = await make_refinement_call(services, job, model_request, read)
    if isinstance(outcome, ImageResult):
        return outcome
    found = outcome.value
    return EvaluationRecord(
        iteration=round_,
        prompt=first.prompt,
        score=found.score,
        missing=tuple(found.missing),
        wrong=tuple(found.wrong),
        unwanted=tuple(found.unwanted),
        model=outcome.model,
        request_id=outcome.request_id,
        cost=outcome.cost,
    )


def _make_failure(message: str) -> ImageResult:
    return ImageResult(failure=Failure(Reason.INTERNAL_ERROR, shorten(message)))


async def _read_vision_image(store: Store, path: str) -> VisionImage | None:
    """Return an image as it is shown; only that is held while the answer is waited for, not the image itself.

    Raises:
        BadImageError: somebody has damaged it: it was good when it was stored.
    """
    content = await store.read(path)
    if content is None:
        return None
    return VisionImage(await asyncio.to_thread(make_vision_image, content.data), VISION_IMAGE_TYPE)


async def _decide(services: Services, job: ImageStepJob, evaluation: EvaluationRecord) -> ImageResult:
    """Ship the best image so far, and say what follows, also where a late repetition finds later rounds."""
    round_, refine = job.call.step.round, job.request.refine
    scores = [found.score for found in await job.results.list_evaluations(round_)]
    await promote_best(services.store, job.request, job.item, job.results)
    cost = job.find_unreported_cost(evaluation.cost, evaluation.resume_count)
    halt = decide_refinement_end(scores, refine)
    if halt is None:
        return ImageResult(cost=cost, next_step=ImageStep(ImageAction.REWRITE, round_ + 1))
    await complete_refinement(job, halt)
    return ImageResult(cost=cost, refined=True)
