"""Let the text model rewrite an image prompt: after an evaluation, or after the content policy refused it."""

from dataclasses import dataclass, replace

from shared.images.finish_refinement import complete_refinement
from shared.images.image_step import RefinementTask, open_image_step_job
from shared.images.refinement_answers import (
    Evaluation,
    PromptRewrite,
    StyledEvaluation,
    find_rewrite_limit,
    validate_rewrite,
)
from shared.images.refinement_policy import RefinementEnd
from shared.images.round_files import EvaluationRecord, PromptRecord
from shared.limits.retry_policy import UNUSABLE_ANSWER_REASONS
from shared.messages.base import Failure
from shared.messages.images import ImageAction, ImageCall, ImageResult, ImageStep
from shared.models.billed_task import BilledAnswer, NoAnswer, Outcome, PreparedText, UnusableAnswerError
from shared.models.prompts.evaluation_requests import build_rewrite_request
from shared.reasons import Reason, shorten_message
from shared.services.container import Services


@dataclass(frozen=True, slots=True)
class _Rewrite:
    """A prompt, and the one that it replaces."""

    prompt: str
    previous: str


async def run_rewrite_prompt(services: Services, call: ImageCall) -> ImageResult:
    """Rewrite a prompt once; an image is generated from it next, unless the model returned it unchanged.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        SettingError: the model is not configured.
        StoreUnavailableError: the store does not answer.
    """
    return await services.executor.run(_RewriteTask(services, await open_image_step_job(services, call)))


class _RewriteTask(RefinementTask[_Rewrite]):
    async def find_result(self) -> Outcome[ImageResult] | None:
        record = await self.job.results.read_prompt(self.call.step)
        return None if record is None else await self._decide(record)

    async def prepare(self) -> PreparedText[PromptRewrite, _Rewrite]:
        step, theme = self.call.step, self.job.request.theme
        previous, evaluation = await self._read_previous()
        question = build_rewrite_request(
            previous,
            evaluation=evaluation,
            theme=theme,
            because_refused=step.rewrite > 0,
            round=step.round,
            rewrite=step.rewrite,
            limit=find_rewrite_limit(previous),
        )

        def parse(answer: PromptRewrite) -> _Rewrite:
            try:
                return _Rewrite(validate_rewrite(answer.prompt, previous, theme), previous)
            except ValueError as error:
                raise UnusableAnswerError(Reason.MALFORMED_ANSWER, str(error)) from error

        return self.prepare_question(question, parse)

    async def store(self, answer: BilledAnswer[_Rewrite]) -> Outcome[ImageResult]:
        record = PromptRecord(
            prompt=answer.value.prompt,
            previous=answer.value.previous,
            because_refused=self.call.step.rewrite > 0,
            model=answer.model,
            request_id=answer.request_id,
            cost=answer.cost,
            resume_count=self.call.resume_count,
        )
        return await self._decide(await self.job.results.record_prompt(self.call.step, record))

    def report(self, no_answer: NoAnswer) -> ImageResult:
        """Return the result of a call that failed.

        If a refused prompt has no usable rewrite after a stricter attempt, the item fails for the content policy.
        """
        result, failure = super().report(no_answer), no_answer.failure
        is_final = failure is not None and failure.reason in UNUSABLE_ANSWER_REASONS and self.call.stricter
        if failure is None or not is_final or not self.call.step.rewrite:
            return result
        message = shorten_message(f"The prompt was refused, and the model gave no usable rewrite: {failure.message}")
        return replace(result, failure=replace(failure, reason=Reason.CONTENT_POLICY, message=message))

    async def _decide(self, record: PromptRecord) -> Outcome[ImageResult]:
        job, step = self.job, self.call.step
        cost = job.find_unreported_cost(record.cost, record.resume_count)
        if record.prompt != record.previous:
            next_step = ImageStep(ImageAction.GENERATE, step.round, step.rewrite)
            return Outcome(ImageResult(cost=cost, next_step=next_step), record.cost)
        if record.because_refused:
            message = "The model returned the refused prompt unchanged; expected neutral words."
            failure = Failure(Reason.CONTENT_POLICY, message)
            return Outcome(ImageResult(cost=cost, failure=failure, next_step=job.find_next_rewrite()), record.cost)
        await complete_refinement(job, RefinementEnd.SAME_PROMPT)
        return Outcome(ImageResult(cost=cost, refined=True), record.cost)

    async def _read_previous(self) -> tuple[str, Evaluation | None]:
        """Return the prompt to rewrite and the evaluation of its image; a refused prompt has none."""
        step, results = self.call.step, self.job.results
        if step.rewrite:
            return await self.job.read_prompt(ImageStep(ImageAction.GENERATE, step.round, step.rewrite - 1)), None
        round_image, found = await results.read_round(step.round - 1), await results.read_evaluation(step.round - 1)
        if round_image is None or found is None:
            raise LookupError(f"Image {step.round - 1} of item {self.call.product_id!r} has no evaluation.")
        return round_image.prompt, _restore(found)


def _restore(record: EvaluationRecord) -> Evaluation:
    """Return the answer that an evaluation was recorded from."""
    evaluation = Evaluation(
        score=record.score, missing=list(record.missing), wrong=list(record.wrong), unwanted=list(record.unwanted)
    )
    if record.likeness is None:
        return evaluation
    return StyledEvaluation(**evaluation.model_dump(), likeness=record.likeness, unlike=list(record.unlike))
