"""Generate the image of an item, or of one of its rounds."""

import asyncio
import contextlib
from dataclasses import dataclass, replace
from functools import partial

from shared.catalog.catalog_files import is_valid_image
from shared.catalog.items import find_content_type, is_outdated
from shared.images.image_metadata import PROMPT_METADATA_KEY, format_prompt_digest
from shared.images.image_step import (
    RESUME_COUNT_METADATA_KEY,
    ImageTask,
    open_image_step_job,
    read_cost,
    read_resume_count,
    record_round,
)
from shared.images.promote import FirstImage, promote_best
from shared.images.thumbnail import ensure_thumbnail, store_thumbnail, try_make_thumbnail
from shared.messages.images import ImageAction, ImageCall, ImageResult, ImageStep
from shared.models.billed_task import BilledAnswer, NoAnswer, Outcome, PreparedImage, UnusableAnswerError
from shared.models.protocol import FileInfo, ImageAnswer, ImageRequest, StoreConflictError
from shared.models.quotes import quote_image
from shared.reasons import Reason
from shared.rendering.convert_image import convert_image
from shared.rendering.inspect_image import BadImageError, ImageFormat, ImageProperties
from shared.runs.request import parse_image_size
from shared.services.container import Services


@dataclass(frozen=True, slots=True)
class _GeneratedImage:
    """An image of the format and size that were asked for.

    Attributes:
        data: the file's bytes.
        metadata: the properties of the image.
        prompt: the prompt that it was generated from.
        thumbnail: None if the request wants none, or it cannot be encoded.
    """

    data: bytes
    metadata: ImageProperties
    prompt: str
    thumbnail: bytes | None


async def run_generate_image(services: Services, call: ImageCall) -> ImageResult:
    """Generate an image unless the store has it.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        SettingError: the model is not configured.
        StoreUnavailableError: the store does not answer.
    """
    job = await open_image_step_job(services, call)
    task = _RoundImageTask(services, job) if job.request.refine.is_wanted else _CatalogImageTask(services, job)
    result = await services.executor.run(task)
    return replace(result, is_quota_reported=services.rate_limiter.is_quota_reported)


class _ImageGenerationTask(ImageTask[_GeneratedImage]):
    """What the generation of images with and without refinement has in common."""

    async def prepare(self) -> PreparedImage[_GeneratedImage]:
        job, request, settings = self.job, self.job.request, self.services.settings
        image_request = ImageRequest(
            prompt=await job.read_prompt(),
            size=request.image_size,
            quality=request.image_quality,
            format=find_content_type(job.item.filename).removeprefix("image/"),
            job=job.request_key,
        )
        # The image of a later round is shown only if it turns out to be better.
        has_thumbnail = request.thumbnails and self.call.step.round == 1
        return PreparedImage(
            image_request,
            quote_image(settings.prices, settings.model.image_deployment, request, image_request.prompt),
            partial(_parse_image, image_request, has_thumbnail=has_thumbnail),
            request.image_requests_per_minute,
        )

    def report(self, no_answer: NoAnswer) -> ImageResult:
        """Return the result of a call that failed; a prompt that the content policy refuses is rewritten next."""
        result = super().report(no_answer)
        is_refused = no_answer.failure is not None and no_answer.failure.reason is Reason.CONTENT_POLICY
        return replace(result, next=self.job.find_next_rewrite()) if is_refused else result

    def describe_image(self, answer: BilledAnswer[_GeneratedImage]) -> dict[str, str]:
        """Return the metadata that is stored with an image."""
        cost, image = answer.cost, answer.value
        return image.metadata.to_json() | {
            "run_id": self.call.run_id,
            "product_id": self.call.product_id,
            PROMPT_METADATA_KEY: format_prompt_digest(image.prompt),
            "model": answer.model,
            "input_tokens": str(cost.input_tokens),
            "output_tokens": str(cost.output_tokens),
            "nano_usd": str(cost.nano_usd),
        }

    def must_replace(self, stored: FileInfo) -> bool:
        """Return whether an image of an earlier run is generated again."""
        request = self.job.request
        is_changed = is_outdated(self.job.item, stored.metadata.get("run_id", "")) and not request.keep_changed
        return request.force_images or is_changed


class _CatalogImageTask(_ImageGenerationTask):
    """Without refinement, the image is written right to its place in the catalog."""

    async def find_result(self) -> Outcome[ImageResult] | None:
        job, store = self.job, self.services.store
        stored = await store.describe(job.path)
        if stored is None or not is_valid_image(stored):
            return None
        if stored.metadata.get("run_id") != self.call.run_id:
            return None if self.must_replace(stored) else Outcome(ImageResult(kept=True))
        cost = read_cost(stored)
        if job.request.thumbnails:
            await ensure_thumbnail(store, self.call.catalog, job.item.filename, stored)
        return Outcome(ImageResult(made=True, cost=cost), cost)

    async def store(self, answer: BilledAnswer[_GeneratedImage]) -> Outcome[ImageResult]:
        job, store, image, metadata = self.job, self.services.store, answer.value, self.describe_image(answer)
        await store.write(job.path, image.data, content_type=image.metadata.content_type, metadata=metadata)
        if image.thumbnail is not None:
            await store_thumbnail(store, self.call.catalog, job.item.filename, image.thumbnail, metadata)
        return Outcome(ImageResult(made=True, cost=answer.cost), answer.cost)


class _RoundImageTask(_ImageGenerationTask):
    """With refinement, the image of a round is written to the run's results, and the best one is promoted."""

    async def find_result(self) -> Outcome[ImageResult] | None:
        job, store = self.job, self.services.store
        current = await store.describe(job.path)
        is_ours = current is not None and current.metadata.get("run_id") == self.call.run_id
        if current is not None and is_valid_image(current) and not is_ours and not self.must_replace(current):
            return Outcome(ImageResult(kept=True))
        round_image = await store.describe(job.round_path)
        if round_image is None or not is_valid_image(round_image):
            return None
        return await self._record(round_image)

    async def store(self, answer: BilledAnswer[_GeneratedImage]) -> Outcome[ImageResult]:
        """Store the image of a round. If another delivery was faster, its image stays: it may be evaluated already."""
        image = answer.value
        metadata = self.describe_image(answer) | {
            "iteration": str(self.call.step.round),
            RESUME_COUNT_METADATA_KEY: str(self.call.resume_count),
            **_describe_request_id(answer.request_id),
        }
        await self._create(image, metadata)
        round_image = await self.services.store.describe(self.job.round_path)
        if round_image is None:
            raise LookupError(f"{self.job.round_path} is missing; expected the image that was just written.")
        is_own = round_image.metadata["sha256"] == metadata["sha256"]
        return await self._record(round_image, FirstImage(image.data, image.thumbnail) if is_own else None)

    async def _create(self, image: _GeneratedImage, metadata: dict[str, str]) -> None:
        store, path = self.services.store, self.job.round_path
        create = partial(store.create, path, image.data, content_type=image.metadata.content_type, metadata=metadata)
        if await create():
            return
        existing = await store.describe(path)
        if existing is not None and not is_valid_image(existing):  # its writer died before it wrote the metadata
            with contextlib.suppress(StoreConflictError):
                await store.delete(path, if_match=existing.etag)
            await create()

    async def _record(self, round_image: FileInfo, first: FirstImage | None = None) -> Outcome[ImageResult]:
        """Record a round's image that is in the store; the first one is promoted until a better one exists."""
        job, step = self.job, self.call.step
        cost, resume_count = read_cost(round_image), read_resume_count(round_image)
        await record_round(job, round_image, await job.read_prompt())
        if step.round == 1:
            await promote_best(self.services.store, job.request, job.item, job.results, first)
        result = ImageResult(
            made=step.round == 1 and not job.is_reported(resume_count),  # an item counts once, with its first image
            cost=job.find_unreported_cost(cost, resume_count),
            next=ImageStep(ImageAction.EVALUATE, step.round),
        )
        return Outcome(result, cost)


async def _parse_image(request: ImageRequest, answer: ImageAnswer, *, has_thumbnail: bool) -> _GeneratedImage:
    try:
        return await asyncio.to_thread(_convert, request, answer.data, has_thumbnail=has_thumbnail)
    except BadImageError as error:
        raise UnusableAnswerError(Reason.BAD_IMAGE, str(error), error.mismatch) from error


def _convert(request: ImageRequest, data: bytes, *, has_thumbnail: bool) -> _GeneratedImage:
    """Return an image in the format of the request, and its thumbnail if there is to be one.

    Raises:
        BadImageError: the image cannot be decoded, or has another size.
    """
    image_format: ImageFormat = "jpeg" if request.format == "jpeg" else "png"
    image = convert_image(data, image_format, parse_image_size(request.size))
    thumbnail = try_make_thumbnail(image.image) if has_thumbnail else None
    return _GeneratedImage(image.data, image.metadata, request.prompt, thumbnail)


def _describe_request_id(request_id: str | None) -> dict[str, str]:
    """Return the provider's id of a call as metadata, if a store can keep it: printable ASCII."""
    is_plain = request_id is not None and request_id.isascii() and request_id.isprintable()
    return {"request_id": str(request_id)} if is_plain else {}
