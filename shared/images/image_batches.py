"""The images of a run in the provider's batches."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from shared.batches.batch_claims import BatchClaim
from shared.batches.batch_work import BatchWork, Collection, GatheredJobs, Prepared
from shared.catalog.find_items import find_items
from shared.images.claim_work_page import run_claim_work_page
from shared.images.failed_images import run_record_failed_image
from shared.images.generate import make_batched_task, make_leftover_task
from shared.images.image_batch_size import choose_batch_size
from shared.images.image_step import BilledImageTask, find_item, open_image_step_job
from shared.images.style_files import find_own_image
from shared.images.style_uploads import ensure_uploads
from shared.messages.base import Counters, Failure
from shared.messages.batches import SubmitBatch
from shared.messages.images import ClaimWorkPageInput, FailedImage, ImageCall, ImageJob, ImageResult
from shared.models.batches import BatchKind, LineKind, LineTerms
from shared.models.billed_task import PreparedImage
from shared.reasons import FATAL_REASONS, Reason
from shared.runs import run_files
from shared.services.model_factory import check_batch_settings
from shared.text.digest_table import hash_text

MAX_BATCHES_PER_IMAGE = 3
"""An image that so many batches have left out fails, if the request asks for the next batch."""

FINAL_REASONS = FATAL_REASONS | {Reason.CONTENT_POLICY, Reason.BAD_REQUEST}
"""Another call for the same image would fail the same way."""

WORKER_NAME = "batch"


class ImageBatchWork(BatchWork[ImageJob]):
    """Batches of images; a line is the image of an item."""

    kind = BatchKind.IMAGE

    async def choose_size(self) -> int:
        """Return the maximum number of lines of a batch."""
        return choose_batch_size(await self.read_request())

    async def gather_jobs(self, call: SubmitBatch[ImageJob]) -> GatheredJobs[ImageJob]:
        """Return the jobs of the next work pages; a repeated call finds its own pages, because they name the chunk."""
        size = call.max_images
        jobs, page, is_closed, number = list(call.jobs), call.last_page, call.is_closed, 0
        while len(jobs) < size and not is_closed:
            claim = ClaimWorkPageInput(
                call.run_id,
                call.catalog,
                claimed_by=f"{WORKER_NAME}-{call.chunk}/{number}",
                size=size - len(jobs),
                last_page=page,
                resume_count=call.resume_count,
            )
            result = await run_claim_work_page(self.services, claim)
            if result.stopped:
                return GatheredJobs(jobs, None, is_closed)
            page, is_closed = result.page, result.closed
            if not result.jobs:
                break
            jobs += result.jobs
            number += 1
        return GatheredJobs(jobs, page, is_closed)

    def check_settings(self) -> None:
        """Check that the provider and the model of the settings have batches.

        Raises:
            SettingError: they have none.
        """
        check_batch_settings(self.services.settings.model, self.services.settings.prices)

    def find_terms(self) -> LineTerms:
        """Return what the lines of a new batch call, by the settings."""
        deployment = self.services.settings.model.image_deployment
        return LineTerms(deployment, self.services.settings.prices.narrow(deployment))

    async def make_task(self, job: ImageJob, resume_count: int, terms: LineTerms) -> BilledImageTask[Any]:
        """Return the task of a line.

        Raises:
            LookupError: the catalog does not have the item any more.
        """
        step_job = await open_image_step_job(self.services, self._make_call(job, resume_count))
        return make_batched_task(self.services, step_job, terms)

    async def find_moved_job(self, job: ImageJob, digest: int) -> ImageJob | None:
        """Return the job of an item that was pruned and imported again, with the same prompt; None = there is none."""
        found = (await find_items(self.services.store, self.catalog, [job.product_id])).by_id.get(job.product_id)
        if found is None or found.item.product_id != job.product_id:
            return None
        item = await find_item(self.services, self.catalog, self.run_id, found.batch, job.product_id)
        return replace(job, batch=found.batch) if hash_text(item.image_prompt) == digest else None

    async def make_leftover_task(self, job: ImageJob, resume_count: int, terms: LineTerms) -> BilledImageTask[Any]:
        """Return the task of a line whose item was pruned: its image is kept among the results of the run."""
        return await make_leftover_task(self.services, self._make_call(job, resume_count), terms)

    def _make_call(self, job: ImageJob, resume_count: int) -> ImageCall:
        return ImageCall(
            self.run_id,
            self.catalog,
            job.product_id,
            job.batch,
            attempt=job.earlier_calls,
            resume_count=resume_count,
            step=job.step,
        )

    def name_line(self, job: ImageJob) -> str:
        """Return the id of a job's line."""
        return job.product_id

    async def list_reference_ids(self) -> tuple[str, ...]:
        """Return the ids of the run's uploaded style references."""
        style = await self.services.caches.read_style(self.services.store, self.run_id)
        return () if style is None else await ensure_uploads(self.services, self.run_id, style)

    def find_line_kind(self, claim: BatchClaim[ImageJob]) -> LineKind:
        """Return what the lines of a batch ask for."""
        return LineKind.IMAGE_WITH_REFERENCES if claim.reference_ids else LineKind.IMAGE

    def encode_line(self, job: ImageJob, prepared: Prepared, deployment: str, reference_ids: Sequence[str]) -> bytes:
        """Return the line of a job."""
        if not isinstance(prepared, PreparedImage):
            raise TypeError(f"{job.product_id} has no image request.")
        return self.batches.encode_line(self.name_line(job), prepared.request, deployment, reference_ids)

    async def record_over_budget(self, job: ImageJob, failure: Failure) -> Counters:
        """Record that the budget has no room for a job."""
        return await self._record_failed(job, failure)

    async def accept(self, collection: Collection[ImageJob], job: ImageJob, result: ImageResult) -> None:
        """Count an image; hand one without an answer over, or record that it failed."""
        collection.counters += Counters(made=int(result.made), kept=int(result.kept), cost=result.cost)
        failure = result.failure
        if failure is None or (collection.is_stopped and failure.reason is Reason.BATCH_EXPIRED):
            return
        job = replace(job, earlier_calls=job.earlier_calls + 1)
        is_final = failure.reason in FINAL_REASONS
        fallback = (await self.read_request()).batch_fallback
        if result.next_step is not None and fallback != "none":
            collection.fallback.append(replace(job, step=result.next_step))
        elif not is_final and fallback == "normal":
            collection.fallback.append(job)
        elif not is_final and fallback == "next-batch" and job.earlier_calls < MAX_BATCHES_PER_IMAGE:
            collection.jobs.append(job)
        else:
            collection.counters += await self._record_failed(job, failure)

    async def is_unfinished(self, job: ImageJob, resume_count: int) -> bool:  # noqa: ARG002 - the image says it
        """Return whether a job that a batch has left out is still to be done."""
        store = self.services.store
        if await run_files.read_failure(store, self.run_id, job.product_id):
            return False
        item = await find_item(self.services, self.catalog, self.run_id, job.batch, job.product_id)
        return await find_own_image(store, await self.read_request(), self.run_id, item) is None

    async def _record_failed(self, job: ImageJob, failure: Failure) -> Counters:
        failed = FailedImage(self.run_id, self.catalog, job.product_id, job.batch, job.earlier_calls, failure)
        await run_record_failed_image(self.services, failed)
        return Counters(failed={str(failure.reason): 1})
