"""What the steps of an item's image have in common: who asks, from which prompt, and how it becomes the item's own.

Without refinement an image is drawn where it stays, below the catalog. With it each round's image is kept among the
run's results, and the best one so far is the item's: so whatever happens next, something that was paid for is there.
"""

from dataclasses import dataclass

from shared.catalog.items import Item, find_content_type
from shared.catalog.written_prompts import apply_written_prompt
from shared.images.image_metadata import ImageMetadata
from shared.images.round_files import RoundFiles, RoundRecord
from shared.limits.budget_reservation import BudgetReservation, open_budget_reservation
from shared.messages.base import Cost
from shared.messages.images import ImageAction, ImageCall, ImageStep
from shared.runs.request import SeedRequest
from shared.services.container import Services
from shared.storage import paths
from shared.storage.protocol import FileInfo


@dataclass(frozen=True, slots=True)
class ImageStepJob:
    """One step of an item's image.

    Attributes:
        call: who asks for it.
        request: what the run was asked.
        item: whose image it is.
        allowance: what of the budget it takes.
        results: what the run has of the item so far.
    """

    call: ImageCall
    request: SeedRequest
    item: Item
    allowance: BudgetReservation
    results: RoundFiles

    @property
    def path(self) -> str:
        """Where the item's image is."""
        return paths.image_file(self.call.catalog, self.item.filename)

    @property
    def round_path(self) -> str:
        """Where the image of this round is drawn to."""
        if not self.request.refine.is_wanted:
            return self.path
        return self.results.round_image_file(self.call.step.round, self.item.filename)

    @property
    def key(self) -> str:
        """Names the result that is paid for, in all runs."""
        return f"{self.call.run_id}/{self.allowance.subject}"

    @property
    def request_key(self) -> str:
        """Names the image to a service with a queue, the same in every try: see ``ImageRequest.job``."""
        step = self.call.step
        place = "" if step == ImageStep() else f"iteration-{step.round}.{step.rewrite}/"
        return f"{self.call.run_id}/{place}{self.call.product_id}"

    async def read_prompt(self, step: ImageStep | None = None) -> str:
        """Return the prompt of this step, or of another one.

        Raises:
            LookupError: it is not there, which no run of ours can bring about.
        """
        step = step or self.call.step
        if step.round == 1 and not step.rewrite:
            return self.item.image_prompt
        record = await self.results.read_prompt(step)
        if record is None:
            raise LookupError(f"item {self.call.product_id!r} has no prompt for image {step.round}.{step.rewrite}")
        return record.prompt

    def is_counted(self, resume_count: int) -> bool:
        """Return whether the cost of a call is counted: an image worker ends only when it knows all its results."""
        return resume_count < self.call.resume_count

    def find_unreported_cost(self, cost: Cost, resume_count: int) -> Cost:
        """Return what this leg has to tell of what was paid in a leg: nothing of what an earlier one has told."""
        return Cost() if self.is_counted(resume_count) else cost

    def find_next_rewrite(self) -> ImageStep | None:
        """Return the step that words a refused prompt anew; None where the request allows no further one."""
        step = self.call.step
        if step.rewrite >= self.request.policy_rewrites:
            return None
        return ImageStep(ImageAction.REWRITE, step.round, step.rewrite + 1)


async def open_image_step_job(services: Services, call: ImageCall) -> ImageStepJob:
    """Return the job that a call is for.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    store, step = services.store, call.step
    request = await services.caches.read_request(store, call.run_id)
    item = await find_item(services, call.catalog, call.run_id, call.batch, call.product_id)
    kind = "image" if step.action is ImageAction.GENERATE else str(step.action)
    place = "" if step.round == 1 and not step.rewrite else f"/{step.round}.{step.rewrite}"
    allowance = open_budget_reservation(services, call.run_id, request, f"{kind}/{call.product_id}{place}")
    return ImageStepJob(call, request, item, allowance, RoundFiles(store, call.run_id, call.product_id))


async def find_item(services: Services, catalog: str, run_id: str, batch: int, product_id: str) -> Item:
    """Return an item of a batch, with the prompt that its image is asked for with.

    Raises:
        LookupError: it is not there, which no run of ours can bring about.
    """
    found = await services.caches.read_batch(services.store, catalog, run_id, batch)
    for item in found.items if found is not None else ():
        if item.product_id == product_id:
            return await apply_written_prompt(services, catalog, run_id, batch, item)
    raise LookupError(f"item {product_id!r} is not in batch {batch} of catalog {catalog!r}")


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
