"""The ports to models of text, vision and images, and their requests and answers."""

from dataclasses import dataclass, field
from datetime import date
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel

AnswerT = TypeVar("AnswerT", bound=BaseModel)
AnswerT_co = TypeVar("AnswerT_co", bound=BaseModel, covariant=True)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a call consumed, in the service's own token counts."""

    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class VisionImage:
    """An image that a question is about.

    Attributes:
        data: the file's bytes; kept out of every message and log.
        content_type: its media type, such as ``image/jpeg``.
    """

    data: bytes = field(repr=False)
    content_type: str


@dataclass(frozen=True, slots=True)
class TextRequest(Generic[AnswerT]):
    """A question with a structured answer.

    Attributes:
        instructions: the fixed part (system message).
        task: the part that changes; a JSON document.
        answer_type: the model of the answer; its JSON schema is sent in strict mode.
        schema_name: the schema's name on the wire.
        image: what the question is about; such a one goes to the vision model. None = there is none.
        max_entries: the maximum number of entries in the answer's list; None = it has no such list.
        max_output_tokens: where the service cuts the answer off; None = nowhere.
    """

    instructions: str
    task: str
    answer_type: type[AnswerT]
    schema_name: str
    image: VisionImage | None = None
    max_entries: int | None = None
    max_output_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class TextAnswer(Generic[AnswerT_co]):
    """A parsed answer and what it consumed; ``usage`` is None where the service does not report it."""

    value: AnswerT_co
    usage: Usage | None
    model: str
    request_id: str | None


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """One image to make.

    Attributes:
        prompt: what it shows.
        size: in pixels, such as ``1024x1024``.
        quality: low, medium or high.
        format: png or jpeg.
        job: ``RUN/PRODUCT``, the same in every try: a service with a queue finds by it what was ordered before. None =
            every request is a new order.
    """

    prompt: str
    size: str
    quality: str
    format: str
    job: str | None = None


@dataclass(frozen=True, slots=True)
class ImageAnswer:
    """The image as the service sent it, not examined yet, and what it consumed.

    Attributes:
        data: the file's bytes.
        usage: None where the service does not report it.
        model: what answered, or was called.
        request_id: the service's id of the call.
        requests_per_minute: the image quota, where the service reports it.
    """

    data: bytes
    usage: Usage | None
    model: str
    request_id: str | None
    requests_per_minute: float | None = None


class ModelService(Protocol):
    """A service behind a model. Every failure is a ModelError; nothing is retried in here."""

    async def probe(self) -> None:
        """Raise ModelError if the service cannot be reached or refuses our credentials; costs nothing."""

    async def close(self) -> None:
        """Release connections."""


class TextModel(ModelService, Protocol):
    """What answers text calls and, where it can see, questions about an image."""

    async def answer(self, request: TextRequest[AnswerT]) -> TextAnswer[AnswerT]:
        """Ask for a structured answer."""


class ImageModel(ModelService, Protocol):
    """What makes images."""

    async def generate_image(self, request: ImageRequest) -> ImageAnswer:
        """Make one image."""


class Model(TextModel, ImageModel, Protocol):
    """What answers text, vision and image calls."""


@dataclass(slots=True)
class ListedModels:
    """What the services' lists of models had at their last probe.

    Attributes:
        shutdown_dates: when models shut down, by name in lower case; see ``shared.models.lifecycle``.
    """

    shutdown_dates: dict[str, date] = field(default_factory=dict)


class RequestLog(Protocol):
    """Remembers, over crashes, what a service with a queue was asked to make. A job is that of an ImageRequest."""

    async def find(self, job: str) -> str | None:
        """Return the service's id of the order for a job, or None if there is none."""

    async def record(self, job: str, provider_request_id: str) -> None:
        """Remember the order for a job."""

    async def remove(self, job: str) -> None:
        """Forget the order for a job: nothing usable comes of it."""
