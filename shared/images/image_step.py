"""One step of an item's image: generate it, evaluate it, or rewrite its prompt.

Without refinement, an image is generated right at its place in the catalog. With refinement, the image of each round is
kept among the run's results, and the best one so far is promoted, so that the item has an image however the run ends.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from shared.catalog.items import Item, find_content_type
from shared.catalog.written_prompts import apply_written_prompt
from shared.images.image_metadata import ImageMetadata
from shared.images.round_files import RoundFiles, RoundRecord
from shared.images.style_reference import LoadedStyle
from shared.limits.budget_reservation import BudgetReservation, open_budget_reservation
from shared.messages.base import Cost
from shared.messages.images import ImageAction, ImageCall, ImageResult, ImageStep
from shared.models.billed_task import BilledTask, NoAnswer, PreparedText, ValueT
from shared.models.evaluation_tokens import EvaluationAnswerT
from shared.models.prompts.item_requests import STRICTER_INSTRUCTION
from shared.models.protocol import Question
from shared.models.quotes import quote_refinement_call
from shared.runs.request import SeedRequest
from shared.services.container import Services
from shared.storage import paths
from shared.storage.protocol import FileInfo


@dataclass(frozen=True, slots=True)
class ImageStepJob:
    """One step of an item's image.

    Attributes:
        call: the activity's message.
        request: the request of the run.
        item: the item.
        reservation: the part of the budget that is reserved for the step.
        results: the results of the run for this item.
    """

    call: ImageCall
    request: SeedRequest
    item: Item
    reservation: BudgetReservation
    results: RoundFiles

    @property
    def path(self) -> str:
        """The path of the item's image in the catalog."""
        return paths.image_file(self.call.catalog, self.item.filename)

    @property
    def round_path(self) -> str:
        """The path of the image of this round; without refinement that is ``path``."""
        if not self.request.refine.is_wanted:
            return self.path
        return self.results.round_image_file(self.call.step.round, self.item.filename)

    def make_request_key(self, *, is_replacement: bool) -> str:
        """Return the key of the image in the request log, the same in every attempt: see ``ImageRequest.job``.

        Args:
            is_replacement: the image replaces one that this run may have requested before.
        """
        step = self.call.step
        place = "" if step == ImageStep() else f"iteration-{step.round}.{step.rewrite}/"
        place = f"replacement/{place}" if is_replacement else place
        return f"{self.call.run_id}/{place}{self.call.product_id}"

    async def read_prompt(self, step: ImageStep | None = None) -> str:
        """Return the prompt of this step, or of another one.

        Raises:
            LookupError: the prompt is missing, although the previous step has stored it.
        """
        step = step or self.call.step
        if step.round == 1 and not step.rewrite:
            return self.item.image_prompt
        record = await self.results.read_prompt(step)
        if record is None:
            raise LookupError(f"Item {self.call.product_id!r} has no prompt for image {step.round}.{step.rewrite}.")
        return record.prompt

    def is_reported(self, resume_count: int) -> bool:
        """Return whether a result was reported before the run was last resumed.

        An image worker ends only when it has all its results, so each result from before a resume was reported then.
        """
        return resume_count < self.call.resume_count

    def find_unreported_cost(self, cost: Cost, resume_count: int) -> Cost:
        """Return the cost of a result, or none if it was reported before the run was last resumed."""
        return Cost() if self.is_reported(resume_count) else cost

    def find_next_rewrite(self) -> ImageStep | None:
        """Return the step that rewrites a refused prompt; None if the request allows no further rewrite."""
        step = self.call.step
        if step.rewrite >= self.request.policy_rewrites:
            return None
        return ImageStep(ImageAction.REWRITE, step.round, step.rewrite + 1)


class BilledImageTask(BilledTask[ValueT, ImageResult]):
    """A step of an item's image, as a billed task.

    Args:
        services: the services of this process.
        job: the step.
    """

    call: ImageCall

    def __init__(self, services: Services, job: ImageStepJob) -> None:
        self.services = services
        self.call = job.call
        self.reservation = job.reservation
        self.record_subject = job.call.product_id
        self.job = job

    async def read_style(self) -> LoadedStyle | None:
        """Return the style references of the image; None for a trial image, and without any."""
        if self.call.is_trial:
            return None
        return await self.services.caches.read_style(self.services.store, self.call.run_id)

    def report(self, no_answer: NoAnswer) -> ImageResult:
        """Return the result of a call that was not made, or that failed."""
        is_waiting_for_turn = no_answer.deferred_seconds is not None and not no_answer.is_suspended
        return ImageResult(
            cost=no_answer.cost,
            failure=no_answer.failure,
            stopped=no_answer.is_stopped,
            last_success_at=no_answer.last_success_at,
            deferred_seconds=no_answer.deferred_seconds,
            suspended=no_answer.is_suspended,
            is_quota_known=is_waiting_for_turn and self.job.request.image_requests_per_minute is not None,
        )


class RefinementTask(BilledImageTask[ValueT]):
    """A question about an item's image or its prompt."""

    def prepare_question(
        self, question: Question[EvaluationAnswerT], parse: Callable[[EvaluationAnswerT], ValueT]
    ) -> PreparedText[EvaluationAnswerT, ValueT]:
        """Return the call for a question; after an unusable answer, its instructions are stricter."""
        if self.call.stricter:
            question = replace(question, instructions=question.instructions + STRICTER_INSTRUCTION)
        settings = self.services.settings
        model = settings.model
        deployment = model.text_deployment if question.kind == "text" else model.vision_deployment
        return PreparedText(question, quote_refinement_call(settings.prices, deployment, question), parse)


async def open_image_step_job(services: Services, call: ImageCall) -> ImageStepJob:
    """Return the step that a message asks for.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    store, step = services.store, call.step
    request = await services.caches.read_request(store, call.run_id)
    item = await find_item(services, call.catalog, call.run_id, call.batch, call.product_id)
    kind = "image" if step.action is ImageAction.GENERATE else str(step.action)
    place = "" if step.round == 1 and not step.rewrite else f"/{step.round}.{step.rewrite}"
    reservation = open_budget_reservation(services, call.run_id, request, f"{kind}/{call.product_id}{place}")
    return ImageStepJob(call, request, item, reservation, RoundFiles(store, call.run_id, call.product_id))


async def find_item(services: Services, catalog: str, run_id: str, batch: int, product_id: str) -> Item:
    """Return an item of a batch, with the prompt that its image is generated from.

    Raises:
        LookupError: the batch does not hold the item, although the work page names it.
    """
    found = await services.caches.read_batch(services.store, catalog, run_id, batch)
    for item in found.items if found is not None else ():
        if item.product_id == product_id:
            return await apply_written_prompt(services, catalog, run_id, batch, item)
    raise LookupError(f"Item {product_id!r} is not in batch {batch} of catalog {catalog!r}.")


async def record_round(job: ImageStepJob, round_image: FileInfo, metadata: ImageMetadata, prompt: str) -> None:
    """Record the image of a round.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    await job.results.record_round(
        RoundRecord(
            iteration=job.call.step.round,
            prompt=prompt,
            rewrites=job.call.step.rewrite,
            file=round_image.path.rpartition("/")[2],
            content_type=find_content_type(round_image.path),
            bytes=round_image.size,
            width=metadata.width,
            height=metadata.height,
            sha256=metadata.sha256,
            model=metadata.model,
            request_id=metadata.request_id,
            cost=metadata.cost,
        ),
    )
