"""What a kind of batch does: which jobs there are, what is sent for each, and what follows from its answer."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Generic

from pydantic import BaseModel

from shared.batches.batch_claims import BatchClaim, BatchClaims
from shared.limits.budget_reservation import BudgetReservation, open_budget_reservation
from shared.messages.base import Counters, Failure
from shared.messages.batches import JobT, SubmitBatch
from shared.messages.images import ImageResult
from shared.messages.text import TextResult
from shared.models.batches import BatchKind, LineKind, LineTerms, ProviderBatch
from shared.models.billed_batches import BatchExecutor, BatchName
from shared.models.billed_task import BilledTask, PreparedImage, PreparedText
from shared.runs.request import SeedRequest
from shared.services.container import Services
from shared.text.digest_table import hash_text

Prepared = PreparedText[Any, Any] | PreparedImage[Any]


@dataclass(frozen=True, slots=True)
class GatheredJobs(Generic[JobT]):
    """Jobs for a batch.

    Attributes:
        jobs: the jobs.
        last_page: see `BatchesInput`; None = the run is stopped.
        is_closed: no further job can follow.
    """

    jobs: Sequence[JobT]
    last_page: int | None
    is_closed: bool


@dataclass(slots=True)
class Collection(Generic[JobT]):
    """The results of a batch so far.

    Attributes:
        left: jobs whose line has no answer yet, by the id of the line.
        is_stopped: the run is stopped.
        counters: of the answers; their cost settles the batch.
        jobs: jobs for the next batches.
        fallback: jobs for the normal route.
    """

    left: dict[str, JobT]
    is_stopped: bool = False
    counters: Counters = Counters()
    jobs: list[JobT] = field(default_factory=list)
    fallback: list[JobT] = field(default_factory=list)


class BatchWork(ABC, Generic[JobT]):
    """The batches of a run of one kind.

    Every asynchronous method may raise DamagedFileError and StoreUnavailableError.

    Args:
        services: of this process.
        run_id: the run.
        catalog: its catalog.
    """

    kind: ClassVar[BatchKind]
    answer_type: ClassVar[type[BaseModel] | None] = None
    """Of the answers, if they are text."""

    def __init__(self, services: Services, run_id: str, catalog: str) -> None:
        self.services = services
        self.run_id = run_id
        self.catalog = catalog
        self.claims: BatchClaims[JobT] = BatchClaims(services.store, run_id, self.kind)

    @property
    def batches(self) -> BatchExecutor:
        """Sends and reads the batches."""
        return self.services.batches

    @abstractmethod
    async def choose_size(self) -> int:
        """Return the maximum number of lines of a batch."""

    @abstractmethod
    async def gather_jobs(self, call: SubmitBatch[JobT]) -> GatheredJobs[JobT]:
        """Return the jobs of a batch; a repeated call finds those that an earlier delivery has claimed."""

    @abstractmethod
    def check_settings(self) -> None:
        """Check that the provider and the model of the settings have batches.

        Raises:
            SettingError: they have none.
        """

    @abstractmethod
    def find_terms(self) -> LineTerms:
        """Return what the lines of a new batch call, by the settings."""

    @abstractmethod
    async def make_task(self, job: JobT, resume_count: int, terms: LineTerms) -> BilledTask[Any, Any]:
        """Return the task of a line; its cost is settled with that of the batch.

        Raises:
            LookupError: the catalog does not have the item any more.
        """

    def digest_line(self, prepared: Prepared) -> int:
        """Return the digest of what a line asks for: its image prompt, or the task of its text call."""
        return hash_text(prepared.request.prompt if isinstance(prepared, PreparedImage) else prepared.question.task)

    async def find_moved_job(self, job: JobT, digest: int) -> JobT | None:  # noqa: ARG002 - for overrides
        """Return the job of an item that was pruned and imported again, with the same prompt; None = there is none."""
        return None

    async def make_leftover_task(self, job: JobT, resume_count: int, terms: LineTerms) -> BilledTask[Any, Any]:
        """Return the task of a line whose item the catalog does not have any more, or has with another prompt.

        A kind whose lines are not of one item each has no other task.
        """
        return await self.make_task(job, resume_count, terms)

    @abstractmethod
    def name_line(self, job: JobT) -> str:
        """Return the id of a job's line, unique in its batch."""

    async def list_reference_ids(self) -> tuple[str, ...]:
        """Return the ids of the uploaded images that all lines name; uploads those that the provider does not have.

        Raises:
            ModelError: the provider does not answer.
        """
        return ()

    @abstractmethod
    def find_line_kind(self, claim: BatchClaim[JobT]) -> LineKind:
        """Return what the lines of a batch ask for."""

    @abstractmethod
    def encode_line(self, job: JobT, prepared: Prepared, deployment: str, reference_ids: Sequence[str]) -> bytes:
        """Return the line of a job."""

    @abstractmethod
    async def record_over_budget(self, job: JobT, failure: Failure) -> Counters:
        """Record that the budget has no room for a job, and return what that counts."""

    @abstractmethod
    async def accept(self, collection: Collection[JobT], job: JobT, result: Any) -> None:
        """Count the result of a line, and decide what follows if it failed."""

    @abstractmethod
    async def is_unfinished(self, job: JobT, resume_count: int) -> bool:
        """Return whether a job that a batch has left out is still to be done."""

    async def read_request(self) -> SeedRequest:
        """Return the request of the run."""
        return await self.services.caches.read_request(self.services.store, self.run_id)

    async def open_reservation(self, chunk: int) -> BudgetReservation:
        """Return the reservation of a batch's lines; all deliveries share it, since they create one batch."""
        subject = f"{self.kind}_batch/{chunk:05d}"
        reservation = open_budget_reservation(self.services, self.run_id, await self.read_request(), subject)
        return replace(reservation, delivery=f"chunk-{chunk}")

    def make_line_key(self, chunk: int, job: JobT) -> str:
        """Return what identifies a line among the calls of all runs."""
        return f"{self.run_id}/{self.kind}_batch/{chunk}/{self.name_line(job)}"

    def name_batch(self, chunk: int) -> BatchName:
        """Return the name by which the provider's batch is found."""
        return BatchName(self.run_id, self.kind, chunk)

    async def find_batch(self, claim: BatchClaim[JobT]) -> ProviderBatch | None:
        """Return the batch that an earlier delivery has created for a claim, or None.

        Raises:
            ModelError: the provider does not answer.
        """
        found = await self.batches.find_all(self.name_batch(claim.chunk), claim.claimed_at, limit=1)
        return found[0] if found else None

    async def find_repeated(self, claim: BatchClaim[JobT], batch: ProviderBatch) -> list[ProviderBatch]:
        """Return the batches that were created for a claim beside the one that is collected.

        Raises:
            ModelError: the provider does not answer.
        """
        if not claim.repeats:
            return []
        found = await self.batches.find_all(self.name_batch(claim.chunk), claim.claimed_at)
        return [other for other in found if other.id != batch.id]


LineResult = ImageResult | TextResult
