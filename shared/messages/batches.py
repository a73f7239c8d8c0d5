"""Messages of ``generate_image_batches``, ``write_prompt_batches`` and their activities.

Both send calls to the provider in batches. A line is one call: an image, or the prompts of a catalog's batch.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.messages.base import Counters, Failure, FailureCounts, Message
from shared.messages.images import ImageJob


@dataclass(frozen=True, slots=True)
class PromptJob(Message):
    """A batch of the catalog whose items need image prompts.

    Attributes:
        batch: its number.
        earlier_calls: failed calls before.
    """

    batch: int
    earlier_calls: int = 0


JobT = TypeVar("JobT", bound=ImageJob | PromptJob)


@dataclass(frozen=True, slots=True)
class OpenBatch(Message):
    """A batch that the provider has, and that is not collected yet.

    Attributes:
        chunk: its number in the run.
        batch_id: the provider's id; None = it is not known whether the batch was created.
        images: number of its lines.
        done: of them, those that the provider has finished.
        run_id: the earlier run of the catalog that has submitted it; None = the run of the message.
    """

    chunk: int
    batch_id: str | None = None
    images: int = 0
    done: int = 0
    run_id: str | None = None

    @property
    def has_run(self) -> bool:
        """Whether the provider has finished all lines; the batch is over soon."""
        return self.done >= self.images > 0


@dataclass(frozen=True, slots=True)
class BatchTries(Message):
    """What failed in a row so far, and when to try again. A generation is too short to count to any limit.

    Attributes:
        submits: calls that did not submit the present chunk.
        submit_at: when to submit it again, ISO 8601; None = at once.
        submit_failures: those of the calls that failed.
        failing_since: when the first of them did, ISO 8601; None = none failed.
        checks: checks that failed.
        collections: collections that failed.
        limited: batches that the provider did not run because too much work was enqueued.
        losses: workers of the normal route that were lost.
    """

    submits: int = 0
    submit_at: str | None = None
    submit_failures: FailureCounts = FailureCounts()
    failing_since: str | None = None
    checks: int = 0
    collections: int = 0
    limited: int = 0
    losses: int = 0


@dataclass(frozen=True, slots=True)
class BatchesInput(Message, Generic[JobT]):
    """Input of ``generate_image_batches`` and ``write_prompt_batches``, carried from generation to generation.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        width: calls of the normal route at a time.
        max_retries: retries of a failure that counts.
        resume_count: how often the run was resumed.
        restarts: how often the parent restarted this instance after an earlier one was lost.
        check_seconds: longest interval between two checks of the batches; None = not known yet.
        wait_seconds: the present interval, which grows up to that; None = the first.
        next_chunk: number of the next chunk.
        awaited_chunk: number of the last chunk from before the run was resumed: nothing is claimed until these chunks
            are collected, because their jobs are claimed again.
        last_page: the last work page that is known; of prompts, the last batch of the catalog that was checked.
        is_closed: no job is left to be claimed.
        max_images: maximum number of lines of a chunk.
        max_open: maximum number of open batches; None = the most. The provider's limit of enqueued work lowers both.
        open: the open batches.
        jobs: jobs for the next chunks, which an earlier batch has left out.
        fallback: jobs for the normal route.
        fallbacks: number of workers of the normal route that were started.
        counters: of all generations so far.
        failure: why no further batch is submitted.
        is_stopped: no further call may be made, and open batches are cancelled.
        max_poll_seconds: maximum interval of the checks whether there are enough jobs, while prompts may take a day;
            None = the usual.
        poll_seconds: the present one; None = the first.
        tries: what failed in a row before this generation.
    """

    run_id: str
    catalog: str
    width: int
    max_retries: int
    resume_count: int = 0
    restarts: int = 0
    check_seconds: float | None = None
    wait_seconds: float | None = None
    next_chunk: int = 1
    awaited_chunk: int = 0
    last_page: int = 0
    is_closed: bool = False
    max_images: int = 1
    max_open: int | None = None
    open: tuple[OpenBatch, ...] = ()
    jobs: tuple[JobT, ...] = ()
    fallback: tuple[JobT, ...] = ()
    fallbacks: int = 0
    counters: Counters = Counters()
    failure: Failure | None = None
    is_stopped: bool = False
    max_poll_seconds: float | None = None
    poll_seconds: float | None = None
    tries: BatchTries = BatchTries()


@dataclass(frozen=True, slots=True)
class OpenBatches(Message):
    """Input of ``open_image_batches`` and ``open_prompt_batches``.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        resume_count: how often the run was resumed.
    """

    run_id: str
    catalog: str
    resume_count: int = 0


@dataclass(frozen=True, slots=True)
class OpenedBatches(Message, Generic[JobT]):
    """What earlier instances of a run have left.

    Attributes:
        check_seconds: longest interval between two checks of the batches.
        max_images: maximum number of lines of a chunk.
        next_chunk: number of the next chunk.
        awaited_chunk: number of the last chunk from before the run was resumed; 0 = there is none.
        open: batches that are not collected.
        counters: of the batches that were collected since the run was last resumed.
        jobs: jobs of those batches for the next chunks.
        fallback: jobs of those batches for the normal route.
        failure: the store was unavailable.
    """

    check_seconds: float = 0
    max_images: int = 1
    next_chunk: int = 1
    awaited_chunk: int = 0
    open: tuple[OpenBatch, ...] = ()
    counters: Counters = Counters()
    jobs: tuple[JobT, ...] = ()
    fallback: tuple[JobT, ...] = ()
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class SubmitBatch(Message, Generic[JobT]):
    """Input of ``submit_image_batch`` and ``submit_prompt_batch``.

    A repeated message finds the batch that an earlier delivery has created.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        chunk: number of the chunk.
        last_page: see `BatchesInput`.
        jobs: jobs that an earlier batch has left out; others fill the rest of the chunk.
        is_closed: no job is left to be claimed.
        max_images: maximum number of lines.
        resume_count: how often the run was resumed.
        attempt: counts the calls that the orchestrator decided on.
    """

    run_id: str
    catalog: str
    chunk: int
    last_page: int = 0
    jobs: tuple[JobT, ...] = ()
    is_closed: bool = False
    max_images: int = 1
    resume_count: int = 0
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class SubmittedBatch(Message):
    """Result of `SubmitBatch`.

    Attributes:
        batch: the batch; None = none was created.
        last_page: see `BatchesInput`.
        is_closed: no job is left to be claimed.
        is_waiting: too few items are written yet; submit the same chunk later.
        counters: of jobs that needed no line.
        over_budget: why the other jobs of the chunk have no line.
        stopped: the run is stopped.
        deferred_seconds: ask again after so many seconds.
        failure: the store or the provider was unavailable, or the provider refused the batch.
    """

    batch: OpenBatch | None = None
    last_page: int = 0
    is_closed: bool = False
    is_waiting: bool = False
    counters: Counters = Counters()
    over_budget: Failure | None = None
    stopped: bool = False
    deferred_seconds: float | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class CheckBatches(Message):
    """Input of ``check_image_batches`` and ``check_prompt_batches``.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        open: the open batches.
        must_cancel: cancel them at the provider although the run is not stopped.
        check: number of the check.
    """

    run_id: str
    catalog: str
    open: tuple[OpenBatch, ...]
    must_cancel: bool = False
    check: int = 0


@dataclass(frozen=True, slots=True)
class CheckedBatches(Message):
    """Result of `CheckBatches`.

    Attributes:
        open: the batches, with what the provider has finished.
        ended: the batches that are over.
        stopped: the run is stopped; the provider was asked to cancel the batches.
        failure: the store or the provider did not answer.
    """

    open: tuple[OpenBatch, ...] = ()
    ended: tuple[OpenBatch, ...] = ()
    stopped: bool = False
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class CollectBatch(Message):
    """Input of ``collect_image_batch`` and ``collect_prompt_batch``.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        chunk: number of the chunk.
        resume_count: how often the run was resumed.
        given_up: why the batch was not created, or is not waited for any longer.
        attempt: counts the calls that the orchestrator decided on.
    """

    run_id: str
    catalog: str
    chunk: int
    resume_count: int = 0
    given_up: Failure | None = None
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class CollectedBatch(Message, Generic[JobT]):
    """Result of `CollectBatch`.

    Attributes:
        counters: of the chunk's answers.
        jobs: jobs for the next chunks.
        fallback: jobs for the normal route.
        is_limited: the provider did not run the batch because too much work is enqueued; ``jobs`` are all its jobs.
        batch: the batch is still open.
        failure: the store or the provider did not answer.
    """

    counters: Counters = Counters()
    jobs: tuple[JobT, ...] = ()
    fallback: tuple[JobT, ...] = ()
    is_limited: bool = False
    batch: OpenBatch | None = None
    failure: Failure | None = None
