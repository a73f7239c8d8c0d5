"""The port to a provider's batches: requests sent as one file, and answered within a day at half price."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Final, Protocol

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from shared.errors import ModelError
from shared.models.prices import PriceList
from shared.models.protocol import ImageAnswer, ImageRequest, ReferenceImage, TextAnswer, TextRequest

ENDED_STATUSES: Final = frozenset({"completed", "failed", "expired", "cancelled"})
LIMIT_CODES: Final = ("token_limit_exceeded", "request_limit_exceeded", "limit_exceeded")


class BatchKind(StrEnum):
    """What the calls of a batch are for."""

    IMAGE = "image"
    PROMPT = "prompt"


class LineKind(StrEnum):
    """What the lines of a batch ask for; all of them the same."""

    IMAGE = "image"
    IMAGE_WITH_REFERENCES = "image with references"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class LineTerms:
    """What the lines of a batch call, and what they cost; the settings may have changed by the time it is collected.

    Attributes:
        deployment: the model.
        prices: of that model.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(alias_generator=to_camel)

    deployment: str
    prices: PriceList


@dataclass(frozen=True, slots=True)
class ProviderBatch:
    """A batch as the provider describes it.

    Attributes:
        id: the provider's id.
        status: such as ``in_progress``.
        created_at: in epoch seconds.
        output_file_id: the file with the answers; None = there is none.
        error_file_id: the file with the lines that failed; None = there is none.
        done: number of lines that are finished, failed ones included.
        metadata: from its creator.
        error: why the whole batch failed.
        error_code: the same as the provider's code.
    """

    id: str
    status: str
    created_at: int
    output_file_id: str | None = None
    error_file_id: str | None = None
    done: int = 0
    metadata: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    error_code: str = ""

    @property
    def is_over(self) -> bool:
        """Whether the batch will not change any more."""
        return self.status in ENDED_STATUSES

    @property
    def is_limited(self) -> bool:
        """Whether the batch failed because too much work is enqueued."""
        return self.status == "failed" and self.error_code in LIMIT_CODES


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """The answer to one line of a batch.

    Attributes:
        custom_id: of the line.
        answer: the image or the text, or why there is none.
    """

    custom_id: str
    answer: ImageAnswer | TextAnswer[Any] | ModelError


@dataclass(frozen=True, slots=True)
class UploadedImage:
    """An image among the provider's files.

    Attributes:
        id: the provider's id.
        name: as it was uploaded.
        created_at: in epoch seconds.
    """

    id: str
    name: str
    created_at: int


class BatchModel(Protocol):
    """A provider's batches. Every failure is a ModelError; callers retry, not the model."""

    def encode_line(
        self, custom_id: str, request: ImageRequest | TextRequest[Any], deployment: str, reference_ids: Sequence[str]
    ) -> bytes:
        """Return a line of a batch's file, with its line break.

        Args:
            custom_id: names the line in the batch.
            request: the call.
            deployment: the model that is called.
            reference_ids: of uploaded images, in place of the references of an image request.
        """

    async def upload(self, name: str, data: bytes) -> str:
        """Upload a file of lines, and return its id; not billed."""

    async def create(self, file_id: str, metadata: Mapping[str, str], kind: LineKind) -> ProviderBatch:
        """Create a batch, whose lines are billed as they finish."""

    async def upload_image(self, name: str, image: ReferenceImage) -> str:
        """Upload an image that lines refer to, and return its id; not billed. It expires in some weeks."""

    def iterate_images(self) -> AsyncGenerator[UploadedImage, None]:
        """Yield the uploaded images of the account, the newest first."""

    async def has_file(self, file_id: str) -> bool:
        """Return whether an uploaded file exists."""

    async def delete_file(self, file_id: str) -> None:
        """Delete an uploaded file; does nothing if it does not exist."""

    async def read(self, batch_id: str) -> ProviderBatch:
        """Return a batch."""

    async def cancel(self, batch_id: str) -> None:
        """Ask the provider to cancel a batch; one that is over stays as it is."""

    def iterate_newest(self) -> AsyncGenerator[ProviderBatch, None]:
        """Yield all batches of the account, the newest first."""

    def iterate_answers(
        self, batch: ProviderBatch, deployment: str, answer_type: type[BaseModel] | None = None
    ) -> AsyncIterator[BatchAnswer]:
        """Yield the answers to the lines of a batch that is over, in any order; one at a time is in memory.

        Args:
            batch: the batch.
            deployment: the model that its lines called.
            answer_type: of the answers of a batch of text; None = they are images.
        """

    async def close(self) -> None:
        """Release connections."""
