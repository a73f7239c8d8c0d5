"""Messages of ``generate_image_batches`` and its activities."""

from dataclasses import dataclass

from shared.messages.base import Counters, Failure, Message
from shared.messages.images import ImageJob


@dataclass(frozen=True, slots=True)
class OpenBatch(Message):
    """A batch that the provider has, and whose images are not collected yet.

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
class ImageBatchesInput(Message):
    """Input of ``generate_image_batches``, carried from generation to generation.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        width: image calls at a time of the fallback.
        max_retries: retries of a failure that counts.
        resume_count: how often the run was resumed.
        restarts: how often the parent restarted this instance after an earlier one was lost.
        check_seconds: longest interval between two checks of the batches; None = not known yet.
        wait_seconds: the present interval, which grows up to that; None = the first.
        next_chunk: number of the next chunk.
        awaited_chunk: number of the last chunk from before the run was resumed: nothing is claimed until these chunks
            are collected, because the work pages hold their images again.
        last_page: the last work page that is known.
        is_closed: no item without an image is left to be claimed.
        max_images: maximum number of lines of a chunk.
        max_open: maximum number of open batches; None = the most. The provider's limit of enqueued work lowers both.
        open: the open batches.
        jobs: jobs for the next chunks, which an earlier batch has left without an image.
        fallback: jobs for the normal route.
        fallbacks: number of workers of the normal route that were started.
        counters: of all generations so far.
        failure: why no further batch is submitted.
        is_stopped: no further call may be made, and open batches are cancelled.
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
    jobs: tuple[ImageJob, ...] = ()
    fallback: tuple[ImageJob, ...] = ()
    fallbacks: int = 0
    counters: Counters = Counters()
    failure: Failure | None = None
    is_stopped: bool = False


@dataclass(frozen=True, slots=True)
class OpenImageBatches(Message):
    """Input of ``open_image_batches``.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        resume_count: how often the run was resumed.
    """

    run_id: str
    catalog: str
    resume_count: int = 0


@dataclass(frozen=True, slots=True)
class OpenedImageBatches(Message):
    """Result of ``open_image_batches``: what earlier instances of the run have left.

    Attributes:
        check_seconds: longest interval between two checks of the batches.
        max_images: maximum number of lines of a chunk, by the size of the images.
        next_chunk: number of the next chunk.
        awaited_chunk: number of the last chunk from before the run was resumed; 0 = there is none.
        open: batches whose images are not collected.
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
    jobs: tuple[ImageJob, ...] = ()
    fallback: tuple[ImageJob, ...] = ()
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class SubmitImageBatch(Message):
    """Input of ``submit_image_batch``; a repeated message finds the batch that an earlier delivery has created.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        chunk: number of the chunk.
        last_page: the last work page that is known.
        jobs: jobs that an earlier batch has left without an image; work pages fill the rest of the chunk.
        is_closed: no item without an image is left to be claimed.
        max_images: maximum number of lines.
        resume_count: how often the run was resumed.
        attempt: counts the calls that the orchestrator decided on.
    """

    run_id: str
    catalog: str
    chunk: int
    last_page: int = 0
    jobs: tuple[ImageJob, ...] = ()
    is_closed: bool = False
    max_images: int = 1
    resume_count: int = 0
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class SubmittedImageBatch(Message):
    """Result of ``submit_image_batch``.

    Attributes:
        batch: the batch; None = none was created.
        last_page: the last work page that is known.
        is_closed: no item without an image is left to be claimed.
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
class CheckImageBatches(Message):
    """Input of ``check_image_batches``.

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
class CheckedImageBatches(Message):
    """Result of ``check_image_batches``.

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
class CollectImageBatch(Message):
    """Input of ``collect_image_batch``.

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
class CollectedImageBatch(Message):
    """Result of ``collect_image_batch``.

    Attributes:
        counters: of the chunk's images.
        jobs: jobs for the next chunks.
        fallback: jobs for the normal route.
        is_limited: the provider did not run the batch because too much work is enqueued; ``jobs`` are all its jobs.
        batch: the batch is still open.
        failure: the store or the provider did not answer.
    """

    counters: Counters = Counters()
    jobs: tuple[ImageJob, ...] = ()
    fallback: tuple[ImageJob, ...] = ()
    is_limited: bool = False
    batch: OpenBatch | None = None
    failure: Failure | None = None
