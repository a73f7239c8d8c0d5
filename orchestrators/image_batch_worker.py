"""The state of one generation of ``generate_image_batches``."""

from orchestrators.batch_worker import BatchWorker
from shared.messages.batches import BatchesInput
from shared.messages.images import ImageJob, ImageWorkerInput
from shared.models.batches import BatchKind

MAX_FALLBACK_WIDTH = 16
FALLBACK_WORKER_INDEX = 101
"""An index that no other image worker has."""


class ImageBatchWorker(BatchWorker[ImageJob]):
    """Generates images in batches; those that a batch left out go to an image worker."""

    kind = BatchKind.IMAGE
    fallback_orchestrator = "generate_images"
    fallback_name = "the image worker of the fallback"
    max_fallback_jobs = 200

    def _make_fallback(self, state: BatchesInput[ImageJob], jobs: tuple[ImageJob, ...]) -> ImageWorkerInput:
        return ImageWorkerInput(
            state.run_id,
            state.catalog,
            worker_index=FALLBACK_WORKER_INDEX,
            width=min(MAX_FALLBACK_WIDTH, state.width),
            max_retries=state.max_retries,
            jobs=jobs,
            resume_count=state.resume_count,
            max_image_calls=len(jobs),
        )
