"""``rewrite_prompt``: the prompt of an item's next picture, in place of one that was found wanting or refused."""

from dataclasses import replace
from typing import Any

import azure.durable_functions as df

from activities.failures import shorten, tell_failures
from activities.picture_jobs import PictureJob, open_picture_job
from activities.refining import end_refining
from activities.reviews import buy_review
from shared.domain.image_messages import Action, ImageCall, ImageResult, Step
from shared.domain.messages import Failure
from shared.domain.refinement import Halt
from shared.domain.retries import UNUSABLE_ANSWERS
from shared.domain.review_prompts import ask_for_rewrite
from shared.domain.reviews import Evaluation, PromptRewrite
from shared.domain.rewriting import accept_rewrite, find_rewrite_limit
from shared.ports import StoreUnavailableError
from shared.reasons import Reason
from shared.records.claims import beat
from shared.records.refinements import PromptRecord
from shared.telemetry.observed_activities import observe_activity
from shared.wiring import Services, get_services

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
@blueprint.generic_input_binding(arg_name="engine", type="durableClient")
@observe_activity
async def rewrite_prompt(payload: dict, engine: str = "") -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``ImageCall`` in, ``ImageResult`` out."""
    services, call = get_services(), ImageCall.from_json(payload)
    services.roots.learn(engine)

    async def work() -> dict[str, Any]:
        result = await tell_failures(services, call.run_id, ImageResult, lambda: run_rewrite_prompt(services, call))
        return result.to_json()

    return await services.deliveries.work_once(f"{call.run_id}/rewrite/{call.product_id}", payload, work)


async def run_rewrite_prompt(services: Services, call: ImageCall) -> ImageResult:
    """Have a prompt written anew once, and say that it is drawn from next, unless it came back as it was.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        SettingError: the model is not configured.
        StoreUnavailableError: the store does not answer.
    """
    job = await open_picture_job(services, call)
    record = await job.results.read_prompt(call.step)
    if record is None:
        bought = services.unstored.take(job.key, PromptRecord) or await _buy_prompt(services, job)
        if isinstance(bought, ImageResult):
            return bought
        try:
            record = await job.results.keep_prompt(call.step, replace(bought, leg=call.leg))
        except StoreUnavailableError:
            services.unstored.keep(job.key, bought)
            raise
        await beat(services.store, call.catalog, run_id=call.run_id, host_id=services.settings.host_id, succeeded=True)
    await job.allowance.settle(record.cost)
    cost = job.tell_cost(record.cost, record.leg)
    if record.prompt != record.previous:
        return ImageResult(cost=cost, next=Step(Action.DRAW, call.step.round, call.step.rewrite))
    if record.because_refused:
        failure = Failure(Reason.CONTENT_POLICY, "the refused prompt came back as it was; expected neutral words")
        return ImageResult(cost=cost, failure=failure, next=job.find_next_rewrite())
    await end_refining(job, Halt.SAME_PROMPT)
    return ImageResult(cost=cost, refined=True)


async def _buy_prompt(services: Services, job: PictureJob) -> PromptRecord | ImageResult:
    """Have the prompt written anew; the result where that came to nothing."""
    step, theme = job.call.step, job.request.theme
    previous, evaluation = await _find_cause(job)
    ask = ask_for_rewrite(
        previous,
        evaluation=evaluation,
        theme=theme,
        because_refused=step.rewrite > 0,
        round=step.round,
        rewrite=step.rewrite,
        limit=find_rewrite_limit(previous),
    )

    def read(answer: PromptRewrite) -> str:
        return accept_rewrite(answer.prompt, previous, theme)

    bought = await buy_review(services, job, ask, read)
    if isinstance(bought, ImageResult):
        return _tell_refused(job, bought)
    return PromptRecord(
        prompt=bought.value,
        previous=previous,
        because_refused=step.rewrite > 0,
        model=bought.model,
        request_id=bought.request_id,
        cost=bought.cost,
    )


def _tell_refused(job: PictureJob, result: ImageResult) -> ImageResult:
    """Return why there is no other wording of a prompt; where none can be had, it is that the prompt was refused."""
    failure = result.failure
    is_final = failure is not None and failure.reason in UNUSABLE_ANSWERS and job.call.stricter
    if failure is None or not is_final or not job.call.step.rewrite:
        return result
    message = shorten(f"the prompt was refused, and the model gave no usable other one: {failure.message}")
    return replace(result, failure=replace(failure, reason=Reason.CONTENT_POLICY, message=message))


async def _find_cause(job: PictureJob) -> tuple[str, Evaluation | None]:
    """Return the prompt to write anew, and what was found in its picture: nothing of one that was refused."""
    step = job.call.step
    if step.rewrite:
        return await job.read_prompt(Step(Action.DRAW, step.round, step.rewrite - 1)), None
    drawn, found = await job.results.read_iteration(step.round - 1), await job.results.read_evaluation(step.round - 1)
    if drawn is None or found is None:
        raise LookupError(f"item {job.call.product_id!r} has no picture {step.round - 1} that was looked at")
    evaluation = Evaluation(
        score=found.score, missing=list(found.missing), wrong=list(found.wrong), unwanted=list(found.unwanted)
    )
    return drawn.prompt, evaluation
