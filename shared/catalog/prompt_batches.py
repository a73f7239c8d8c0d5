"""The image prompts of a run's rows in the provider's batches."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from shared.batches.batch_claims import BatchClaim
from shared.batches.batch_work import BatchWork, Collection, GatheredJobs, Prepared
from shared.catalog import catalog_files
from shared.catalog.items import PromptDraftBatch
from shared.catalog.write_prompt_batch import make_batched_prompt_task
from shared.messages.base import Counters, Failure
from shared.messages.batches import PromptJob, SubmitBatch
from shared.messages.text import TextCall, TextResult
from shared.models.batches import BatchKind, LineKind, LineTerms
from shared.models.billed_task import PreparedText, TextTask
from shared.reasons import FATAL_REASONS
from shared.services.model_factory import check_text_batch_settings

MAX_BATCH_LINES = 200
"""What is asked for again at most if the process dies while it collects; a provider allows 50,000."""


class PromptBatchWork(BatchWork[PromptJob]):
    """Batches of prompts; a line asks for the prompts of one batch of the catalog."""

    kind = BatchKind.PROMPT
    answer_type = PromptDraftBatch

    async def choose_size(self) -> int:
        """Return the maximum number of lines of a batch."""
        return MAX_BATCH_LINES

    async def gather_jobs(self, call: SubmitBatch[PromptJob]) -> GatheredJobs[PromptJob]:
        """Return the next batches of the catalog that lack prompts; rows are imported before."""
        jobs, last, is_closed = list(call.jobs), call.last_page, call.is_closed
        numbers = [] if is_closed else await catalog_files.list_batch_numbers(self.services.store, self.catalog)
        for number in sorted(numbers):
            if len(jobs) >= call.max_images:
                return GatheredJobs(jobs, last, is_closed=False)
            if number <= last:
                continue
            last = number
            job = PromptJob(number)
            if await self.is_unfinished(job, call.resume_count):
                jobs.append(job)
        return GatheredJobs(jobs, last, is_closed=True)

    def check_settings(self) -> None:
        """Check that the provider and the model of the settings have batches.

        Raises:
            SettingError: they have none.
        """
        check_text_batch_settings(self.services.settings.model, self.services.settings.prices)

    def find_terms(self) -> LineTerms:
        """Return what the lines of a new batch call, by the settings."""
        deployment = self.services.settings.model.text_deployment
        return LineTerms(deployment, self.services.settings.prices.narrow(deployment))

    async def make_task(self, job: PromptJob, resume_count: int, terms: LineTerms) -> TextTask[Any]:
        """Return the task of a line."""
        call = TextCall(
            self.run_id, self.catalog, batch=job.batch, attempt=job.earlier_calls, resume_count=resume_count
        )
        return await make_batched_prompt_task(self.services, call, terms)

    def name_line(self, job: PromptJob) -> str:
        """Return the id of a job's line."""
        return f"prompts-{job.batch}"

    def find_line_kind(self, claim: BatchClaim[PromptJob]) -> LineKind:  # noqa: ARG002 - all are the same
        """Return what the lines of a batch ask for."""
        return LineKind.TEXT

    def encode_line(self, job: PromptJob, prepared: Prepared, deployment: str, reference_ids: Sequence[str]) -> bytes:
        """Return the line of a job."""
        if not isinstance(prepared, PreparedText):
            raise TypeError(f"batch {job.batch} has no text request.")
        return self.batches.encode_line(self.name_line(job), prepared.make_request(), deployment, reference_ids)

    async def record_over_budget(self, job: PromptJob, failure: Failure) -> Counters:  # noqa: ARG002 - its rows have no image yet
        """Record that the budget has no room for a job."""
        return Counters()

    async def accept(self, collection: Collection[PromptJob], job: PromptJob, result: TextResult) -> None:
        """Count the prompts of a batch. One without them takes the normal route, which uses the template in the end."""
        collection.counters += Counters(cost=result.cost)
        failure = result.failure
        if failure is not None and failure.reason not in FATAL_REASONS and not collection.is_stopped:
            collection.fallback.append(replace(job, earlier_calls=job.earlier_calls + 1))

    async def is_unfinished(self, job: PromptJob, resume_count: int) -> bool:
        """Return whether a job that a batch has left out is still to be done."""
        task = await self.make_task(job, resume_count, self.find_terms())
        return await task.find_result() is None
