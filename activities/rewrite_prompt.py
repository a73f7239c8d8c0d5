"""``rewrite_prompt``: the prompt of an item's next image, in place of one that was found wanting or refused."""

from dataclasses import replace
from typing import Any

import azure.durable_functions as df

from shared.errors import StoreUnavailableError
from shared.images.finish_refinement import complete_refinement
from shared.images.image_step import ImageStepJob, open_image_step_job
from shared.images.refinement_answers import Evaluation, PromptRewrite, find_rewrite_limit, validate_rewrite
from shared.images.refinement_call import make_refinement_call
from shared.images.refinement_policy import RefinementEnd
from shared.images.round_files import PromptRecord
from shared.limits.retry_policy import UNUSABLE_ANSWER_REASONS
from shared.messages.base import Failure
from shared.messages.images import ImageAction, ImageCall, ImageResult, ImageStep
from shared.models.call_failures import catch_failures, shorten
from shared.models.prompts.evaluation_requests import build_rewrite_request
from shared.reasons import Reason
from shared.runs.run_claim import send_heartbeat
from shared.services.container import Services, get_services
from shared.telemetry.observed_activities import observe_activity

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
@blueprint.generic_input_binding(arg_name="durable_client", type="durableClient")
@observe_activity
async def rewrite_prompt(payload: dict, durable_client: str = "") -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``ImageCall`` in, ``ImageResult`` out."""
    services, call = get_services(), ImageCall.from_json(payload)
    services.root_states.set_client_binding(durable_client)

    async def work() -> dict[str, Any]:
        result = await catch_failures(services, call.run_id, ImageResult, lambda: run_rewrite_prompt(services, call))
        return result.to_json()

    return await services.deliveries.run_once(f"{call.run_id}/rewrite/{call.product_id}", payload, work)


async def run_rewrite_prompt(services: Services, call: ImageCall) -> ImageResult:
    """Have a prompt written anew once, and say that it is drawn from next, unless it came back as it was.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        SettingError: the model is not configured.
        StoreUnavailableError: the store does not answer.
    """
    job = await open_image_step_job(services, call)
    record = await job.results.read_prompt(call.step)
    if record is None:
        outcome = services.pending_writes.take(job.key, PromptRecord) or await _request_rewrite(services, job)
        if isinstance(outcome, ImageResult):
            return outcome
        try:
            record = await job.results.record_prompt(call.step, replace(outcome, resume_count=call.resume_count))
        except StoreUnavailableError:
            services.pending_writes.add(job.key, outcome)
            raise
        await send_heartbeat(
            services.store, call.catalog, run_id=call.run_id, host_id=services.settings.host_id, succeeded=True
        )
    await job.allowance.settle(record.cost)
    cost = job.find_unreported_cost(record.cost, record.resume_count)
    if record.prompt != record.previous:
        return ImageResult(cost=cost, next_step=ImageStep(ImageAction.GENERATE, call.step.round, call.step.rewrite))
    if record.because_refused:
        failure = Failure(Reason.CONTENT_POLICY, "the refused prompt came back as it was; expected neutral words")
        return ImageResult(cost=cost, failure=failure, next_step=job.find_next_rewrite())
    await complete_refinement(job, RefinementEnd.SAME_PROMPT)
    return ImageResult(cost=cost, refined=True)


async def _request_rewrite(services: Services, job: ImageStepJob) -> PromptRecord | ImageResult:
    """Have the prompt written anew; the result where that came to nothing."""
    step, theme = job.call.step, job.request.theme
    previous, evaluation = await _find_rewrite_input(job)
    model_request = build_rewrite_request(
        previous,
        evaluation=evaluation,
        theme=theme,
        because_refused=step.rewrite > 0,
        round=step.round,
        rewrite=step.rewrite,
        limit=find_rewrite_limit(previous),
    )

    def read(answer: PromptRewrite) -> str:
        return validate_rewrite(answer.prompt, previous, theme)

    outcome = await make_refinement_call(services, job, model_request, read)
    if isinstance(outcome, ImageResult):
        return _mark_refused(job, outcome)
    return PromptRecord(
        prompt=outcome.value,
        previous=previous,
        because_refused=step.rewrite > 0,
        model=outcome.model,
        request_id=outcome.request_id,
        cost=outcome.cost,
    )


def _mark_refused(job: ImageStepJob, result: ImageResult) -> ImageResult:
    """Return why there is no other wording of a prompt; where none can be had, it is that the prompt was refused."""
    failure = result.failure
    is_final = failure is not None and failure.reason in UNUSABLE_ANSWER_REASONS and job.call.stricter
    if failure is None or not is_final or not job.call.step.rewrite:
        return result
    message = shorten(f"the prompt was refused, and the model gave no usable other one: {failure.message}")
    return replace(result, failure=replace(failure, reason=Reason.CONTENT_POLICY, message=message))


async def _find_rewrite_input(job: ImageStepJob) -> tuple[str, Evaluation | None]:
    """Return the prompt to write anew, and what was found in its image: nothing of one that was refused."""
    step = job.call.step
    if step.rewrite:
        return await job.read_prompt(ImageStep(ImageAction.GENERATE, step.round, step.rewrite - 1)), None
    round_image, found = await job.results.read_round(step.round - 1), await job.results.read_evaluation(step.round - 1)
    if round_image is None or found is None:
        raise LookupError(f"item {job.call.product_id!r} has no image {step.round - 1} that was looked at")
    evaluation = Evaluation(
        score=found.score, missing=list(found.missing), wrong=list(found.wrong), unwanted=list(found.unwanted)
    )
    return round_image.prompt, evaluation
