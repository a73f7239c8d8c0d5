"""Generate the image of an item, or of one of its rounds."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from shared.catalog.items import Item, find_content_type, is_outdated
from shared.errors import StoreConflictError
from shared.images.derived_files import ensure_derived_files
from shared.images.image_files import create_image
from shared.images.image_metadata import ImageMetadata, read_image_metadata
from shared.images.image_step import (
    BilledImageTask,
    ImageStepJob,
    open_image_step_job,
    record_round,
)
from shared.images.keep_earlier_image import archive_batch_image, keep_earlier_image
from shared.images.promote import FirstImage, promote_best
from shared.images.round_files import RoundFiles
from shared.images.style_files import list_reference_images
from shared.images.style_reference import LoadedStyle
from shared.images.thumbnail import store_thumbnail, try_make_thumbnail
from shared.images.variant_files import Encoded, encode_variants, store_variants
from shared.images.variant_spec import ImageVariant
from shared.limits.budget_reservation import BudgetReservation
from shared.messages.images import ImageAction, ImageCall, ImageResult, ImageStep
from shared.models.batches import LineTerms
from shared.models.billed_task import BilledAnswer, NoAnswer, Outcome, PreparedImage, UnusableAnswerError
from shared.models.image_models import count_reference_tokens, find_billed_size
from shared.models.protocol import ImageAnswer, ImageRequest
from shared.models.provider_names import Provider
from shared.models.quotes import quote_image
from shared.reasons import Reason
from shared.rendering.color_histogram import find_nearest_distance, measure_colors
from shared.rendering.convert_image import convert_image
from shared.rendering.inspect_image import BadImageError, ImageFormat, ImageProperties
from shared.runs.request import parse_image_size
from shared.runs.selection import find_selection
from shared.runs.status import is_run_id, read_created_at
from shared.services.container import Services
from shared.storage.protocol import FileInfo
from shared.text.digest_table import hash_text


@dataclass(frozen=True, slots=True)
class _GeneratedImage:
    """An image of the format and size that were asked for.

    Attributes:
        data: the file's bytes.
        properties: of the image.
        prompt: the prompt that it was generated from.
        thumbnail: None if the request wants none, or it cannot be encoded.
        variants: those of the request, without those that cannot be encoded.
        style: digest of the style references; None without any.
        style_distance: of its colors from those of the nearest reference.
    """

    data: bytes
    properties: ImageProperties
    prompt: str
    thumbnail: bytes | None
    variants: Sequence[Encoded]
    style: str | None = None
    style_distance: float | None = None


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


def make_batched_task(services: Services, job: ImageStepJob, terms: LineTerms) -> BilledImageTask[Any]:
    """Return the task of an image that a provider's batch generates; its cost is settled with that of the batch."""
    reservation = BudgetReservation(None, job.reservation.subject)
    return _BatchedImageTask(services, replace(job, reservation=reservation), terms)


async def make_leftover_task(services: Services, call: ImageCall, terms: LineTerms) -> BilledImageTask[Any]:
    """Return the task of an image that a provider's batch has generated for an item that was pruned meanwhile.

    Raises:
        DamagedFileError: the request of the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    request = await services.caches.read_request(services.store, call.run_id)
    ending = "jpg" if request.image_format == "jpeg" else request.image_format
    name = call.product_id
    item = Item(product_id=name, name="", description="", category="", filename=f"image.{ending}", image_prompt="")
    reservation = BudgetReservation(None, f"image/{name}")
    job = ImageStepJob(call, request, item, reservation, RoundFiles(services.store, call.run_id, name))
    return _LeftoverImageTask(services, job, terms)


class _ImageGenerationTask(BilledImageTask[_GeneratedImage]):
    """What the generation of images with and without refinement has in common."""

    def __init__(self, services: Services, job: ImageStepJob, batch_terms: LineTerms | None = None) -> None:
        super().__init__(services, job)
        self._batch_terms = batch_terms

    async def prepare(self) -> PreparedImage[_GeneratedImage]:
        job, request, settings = self.job, self.job.request, self.services.settings
        is_batched = self._batch_terms is not None
        terms = self._batch_terms or LineTerms(settings.model.image_deployment, settings.prices)
        provider = Provider.OPENAI if is_batched else settings.model.image_provider
        style = await self.read_style()
        image_request = ImageRequest(
            prompt=await job.read_prompt(),
            size=request.image_size,
            quality=request.image_quality,
            format=find_content_type(job.item.filename).removeprefix("image/"),
            job=job.make_request_key(is_replacement=_find_rejected(style, job) is not None),
            references=() if style is None else list_reference_images(style),
        )
        # The image of a later round is shown only if it turns out to be better.
        has_thumbnail = request.thumbnails and self.call.step.round == 1
        variants = () if request.refine.is_wanted else request.image_variants
        return PreparedImage(
            image_request,
            quote_image(
                terms.prices,
                terms.deployment,
                request,
                image_request.prompt,
                is_batched=is_batched,
                size=find_billed_size(provider, request.image_size, has_references=style is not None),
                reference_tokens=count_reference_tokens(
                    provider, request.image_size, 0 if style is None else style.record.tokens
                ),
            ),
            partial(_parse_image, image_request, has_thumbnail=has_thumbnail, variants=variants, style=style),
            request.image_requests_per_minute,
        )

    def report(self, no_answer: NoAnswer) -> ImageResult:
        """Return the result of a call that failed; a prompt that the content policy refuses is rewritten next."""
        result = super().report(no_answer)
        is_refused = no_answer.failure is not None and no_answer.failure.reason is Reason.CONTENT_POLICY
        return replace(result, next_step=self.job.find_next_rewrite()) if is_refused else result

    def describe_image(self, answer: BilledAnswer[_GeneratedImage]) -> ImageMetadata:
        """Return the metadata that is stored with an image."""
        return replace(
            ImageMetadata.from_properties(answer.value.properties),
            run_id=self.call.run_id,
            product_id=self.call.product_id,
            prompt_digest=hash_text(answer.value.prompt),
            model=answer.model,
            cost=answer.cost,
            style=answer.value.style,
            style_distance=answer.value.style_distance,
        )

    def must_replace(self, stored: ImageMetadata) -> bool:
        """Return whether an image of an earlier run is generated again."""
        request = self.job.request
        if find_selection(request) is not None:
            return True
        is_changed = is_outdated(self.job.item, stored.run_id) and not request.keep_changed
        return request.force_images or is_changed


class _CatalogImageTask(_ImageGenerationTask):
    """Without refinement, the image is written right to its place in the catalog."""

    async def find_result(self) -> Outcome[ImageResult] | None:
        job, store = self.job, self.services.store
        stored = read_image_metadata(await store.describe(job.path))
        if stored is None or stored.sha256 == await self._find_rejected():
            return None
        if stored.run_id != self.call.run_id:
            return None if self.must_replace(stored) else Outcome(ImageResult(kept=True))
        await ensure_derived_files(store, job.request, job.item.filename, stored.sha256)
        return Outcome(ImageResult(made=True, cost=stored.cost), stored.cost)

    async def store(self, answer: BilledAnswer[_GeneratedImage]) -> Outcome[ImageResult]:
        job, store, image, metadata = self.job, self.services.store, answer.value, self.describe_image(answer)
        content_type = image.properties.content_type
        write = partial(store.write, job.path, image.data, content_type=content_type, metadata=metadata.to_json())
        if find_selection(job.request) is None and await self._find_rejected() is None:
            await write()
        elif not await self._replace_earlier(write):
            return Outcome(ImageResult(made=True, cost=answer.cost), answer.cost)
        if image.thumbnail is not None:
            await store_thumbnail(store, self.call.catalog, job.item.filename, image.thumbnail, metadata)
        await store_variants(store, self.call.catalog, job.item.filename, metadata.sha256, image.variants)
        return Outcome(ImageResult(made=True, cost=answer.cost), answer.cost)

    async def _replace_earlier(self, write: Callable[..., Awaitable[str]]) -> bool:
        """Write the image after the earlier one has been kept; False if another delivery has done so meanwhile."""
        job, store, run_id = self.job, self.services.store, self.call.run_id
        rejected = await self._find_rejected()
        while True:
            current = await store.describe(job.path)
            metadata = read_image_metadata(current)
            is_rejected = metadata is not None and metadata.sha256 == rejected
            if metadata is not None and metadata.run_id == run_id and not is_rejected:
                return False
            if current is not None and is_rejected:
                await archive_batch_image(store, self.call.catalog, self.call.batch, job.item.product_id, current)
            await keep_earlier_image(store, job.request, job.item.product_id, current, run_id=run_id)
            with contextlib.suppress(StoreConflictError):
                await write(if_match=None if current is None else current.etag)
                return True

    async def _find_rejected(self) -> str | None:
        """Return the SHA-256 of the item's trial image if it was rejected: this run replaces it."""
        style = await self.read_style() if self.job.request.first_approved else None
        return _find_rejected(style, self.job)


class _BatchedImageTask(_CatalogImageTask):
    """An image that a provider's batch generates."""

    def must_replace(self, stored: ImageMetadata) -> bool:
        """Return the same, but never for an image of a later run: the batch may be that of a host that was lost."""
        return super().must_replace(stored) and not _is_later(stored.run_id, self.call.run_id)


class _LeftoverImageTask(_ImageGenerationTask):
    """An image of an item that the catalog does not have any more, kept where the first round of the item would be."""

    async def find_result(self) -> Outcome[ImageResult] | None:
        place = self.job.results.round_image_file(1, self.job.item.filename)
        stored = read_image_metadata(await self.services.store.describe(place))
        return None if stored is None else Outcome(ImageResult(cost=stored.cost), stored.cost)

    async def store(self, answer: BilledAnswer[_GeneratedImage]) -> Outcome[ImageResult]:
        place, image = self.job.results.round_image_file(1, self.job.item.filename), answer.value
        metadata = self.describe_image(answer)
        content_type = image.properties.content_type
        await create_image(
            self.services.store, place, image.data, content_type=content_type, metadata=metadata.to_json()
        )
        return Outcome(ImageResult(cost=answer.cost), answer.cost)


class _RoundImageTask(_ImageGenerationTask):
    """With refinement, the image of a round is written to the run's results, and the best one is promoted."""

    async def find_result(self) -> Outcome[ImageResult] | None:
        job, store = self.job, self.services.store
        current = read_image_metadata(await store.describe(job.path))
        if current is not None and current.run_id != self.call.run_id and not self.must_replace(current):
            return Outcome(ImageResult(kept=True))
        round_image = await store.describe(job.round_path)
        metadata = read_image_metadata(round_image)
        return None if round_image is None or metadata is None else await self._record(round_image, metadata)

    async def store(self, answer: BilledAnswer[_GeneratedImage]) -> Outcome[ImageResult]:
        """Store the image of a round. If another delivery was faster, its image stays: it may be evaluated already."""
        image = answer.value
        await self._create(
            image,
            replace(
                self.describe_image(answer),
                round=self.call.step.round,
                resume_count=self.call.resume_count,
                request_id=answer.request_id,
            ),
        )
        round_image = await self.services.store.describe(self.job.round_path)
        metadata = read_image_metadata(round_image)
        if round_image is None or metadata is None:
            raise LookupError(f"{self.job.round_path} is not a valid image; expected the one that was just written.")
        is_own = metadata.sha256 == image.properties.sha256
        return await self._record(round_image, metadata, FirstImage(image.data, image.thumbnail) if is_own else None)

    async def _create(self, image: _GeneratedImage, metadata: ImageMetadata) -> None:
        path, content_type = self.job.round_path, image.properties.content_type
        await create_image(
            self.services.store, path, image.data, content_type=content_type, metadata=metadata.to_json()
        )

    async def _record(
        self, round_image: FileInfo, metadata: ImageMetadata, first: FirstImage | None = None
    ) -> Outcome[ImageResult]:
        """Record a round's image that is in the store; the first one is promoted until a better one exists."""
        job, step = self.job, self.call.step
        cost, resume_count = metadata.cost, metadata.resume_count or 0
        await record_round(job, round_image, metadata, await job.read_prompt())
        if step.round == 1:
            await promote_best(self.services.store, job.request, job.item, job.results, first)
        result = ImageResult(
            made=step.round == 1 and not job.is_reported(resume_count),  # an item counts once, with its first image
            cost=job.find_unreported_cost(cost, resume_count),
            next_step=ImageStep(ImageAction.EVALUATE, step.round),
        )
        return Outcome(result, cost)


def _find_rejected(style: LoadedStyle | None, job: ImageStepJob) -> str | None:
    return None if style is None else style.record.find_rejected(job.item.product_id)


def _is_later(run_id: str | None, other: str) -> bool:
    """Return whether a run was created later than another one; not if an image names no run."""
    return run_id is not None and is_run_id(run_id) and read_created_at(run_id) > read_created_at(other)


async def _parse_image(
    request: ImageRequest,
    answer: ImageAnswer,
    *,
    has_thumbnail: bool,
    variants: Sequence[ImageVariant],
    style: LoadedStyle | None,
) -> _GeneratedImage:
    convert = partial(_convert, has_thumbnail=has_thumbnail, variants=variants, style=style)
    try:
        return await asyncio.to_thread(convert, request, answer.data)
    except BadImageError as error:
        raise UnusableAnswerError(Reason.BAD_IMAGE, str(error), error.mismatch) from error


def _convert(
    request: ImageRequest,
    data: bytes,
    *,
    has_thumbnail: bool,
    variants: Sequence[ImageVariant],
    style: LoadedStyle | None,
) -> _GeneratedImage:
    """Return an image in the format of the request, with its thumbnail if there is to be one, and its variants.

    Raises:
        BadImageError: the image cannot be decoded, or has another size.
    """
    image_format: ImageFormat = "jpeg" if request.format == "jpeg" else "png"
    image = convert_image(data, image_format, parse_image_size(request.size))
    thumbnail = try_make_thumbnail(image.image) if has_thumbnail else None
    encoded = encode_variants(image.image, variants)
    generated = _GeneratedImage(image.data, image.properties, request.prompt, thumbnail, encoded)
    if style is None:
        return generated
    distance = find_nearest_distance(measure_colors(image.image), style.histograms)
    return replace(generated, style=style.record.digest, style_distance=distance)
