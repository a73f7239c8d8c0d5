"""Let the vision model score the image of a round, promote the best image so far, and decide whether to continue."""

import asyncio

from shared.images.finish_refinement import complete_refinement
from shared.images.image_step import RefinementTask, open_image_step_job
from shared.images.promote import promote_best
from shared.images.refinement_answers import Evaluation, StyledEvaluation
from shared.images.refinement_policy import decide_refinement_end
from shared.images.round_files import EvaluationRecord
from shared.images.style_files import list_vision_samples
from shared.messages.base import Failure
from shared.messages.images import ImageAction, ImageCall, ImageResult, ImageStep
from shared.models.billed_task import BilledAnswer, NoAnswer, Outcome, PreparedText
from shared.models.prompts.evaluation_requests import build_evaluation_request
from shared.models.protocol import VisionImage
from shared.reasons import Reason, shorten_message
from shared.rendering.convert_image import VISION_IMAGE_TYPE, make_vision_image
from shared.rendering.inspect_image import BadImageError
from shared.services.container import Services
from shared.storage.protocol import Store

PromptEvaluation = tuple[str, Evaluation]
"""The prompt that an image was scored against, and what was found."""


async def run_evaluate_image(services: Services, call: ImageCall) -> ImageResult:
    """Evaluate the image of a round once.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        SettingError: the model is not configured.
        StoreUnavailableError: the store does not answer.
    """
    return await services.executor.run(_EvaluationTask(services, await open_image_step_job(services, call)))


class _EvaluationTask(RefinementTask[PromptEvaluation]):
    async def find_result(self) -> Outcome[ImageResult] | None:
        record = await self.job.results.read_evaluation(self.call.step.round)
        return None if record is None else await self._decide(record)

    async def prepare(self) -> PreparedText[Evaluation, PromptEvaluation] | NoAnswer:
        job, round_ = self.job, self.call.step.round
        try:
            vision_image = await _read_vision_image(self.services.store, job.round_path)
        except BadImageError as error:
            return _fail(f"{job.round_path} cannot be evaluated: {error}")
        first = await job.results.read_round(1)
        if vision_image is None or first is None:
            return _fail(f"{job.round_path} or the record of its first round is missing; expected both.")
        style = await self.read_style()
        question = build_evaluation_request(
            first.prompt, vision_image, iteration=round_, references=list_vision_samples(style)
        )
        return self.prepare_question(question, lambda found: (first.prompt, found))

    async def store(self, answer: BilledAnswer[PromptEvaluation]) -> Outcome[ImageResult]:
        prompt, found = answer.value
        styled = found if isinstance(found, StyledEvaluation) else None
        record = EvaluationRecord(
            iteration=self.call.step.round,
            prompt=prompt,
            score=found.score,
            missing=tuple(found.missing),
            wrong=tuple(found.wrong),
            unwanted=tuple(found.unwanted),
            model=answer.model,
            request_id=answer.request_id,
            cost=answer.cost,
            resume_count=self.call.resume_count,
            likeness=None if styled is None else styled.likeness,
            unlike=() if styled is None else tuple(styled.unlike),
        )
        return await self._decide(await self.job.results.record_evaluation(record))

    async def _decide(self, record: EvaluationRecord) -> Outcome[ImageResult]:
        """Promote the best image so far and choose the next step, even if a late redelivery finds later rounds."""
        job, round_ = self.job, self.call.step.round
        ratings = [found.rating for found in await job.results.list_evaluations(round_)]
        await promote_best(self.services.store, job.request, job.item, job.results)
        cost = job.find_unreported_cost(record.cost, record.resume_count)
        end = decide_refinement_end(ratings, job.request.refine)
        if end is None:
            return Outcome(ImageResult(cost=cost, next_step=ImageStep(ImageAction.REWRITE, round_ + 1)), record.cost)
        await complete_refinement(job, end)
        return Outcome(ImageResult(cost=cost, refined=True), record.cost)


def _fail(message: str) -> NoAnswer:
    return NoAnswer(Failure(Reason.INTERNAL_ERROR, shorten_message(message)))


async def _read_vision_image(store: Store, path: str) -> VisionImage | None:
    """Return an image as the vision model sees it; the original is not kept in memory during the call.

    Raises:
        BadImageError: the file was damaged after it had been stored.
    """
    content = await store.read(path)
    if content is None:
        return None
    return VisionImage(await asyncio.to_thread(make_vision_image, content.data), VISION_IMAGE_TYPE)
