"""The ports to text, vision and image models, and their requests and answers."""

from dataclasses import dataclass, field
from datetime import date
from typing import Final, Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel

from shared.errors import ModelError
from shared.models.usage import Usage
from shared.reasons import Reason

AnswerT = TypeVar("AnswerT", bound=BaseModel)
AnswerT_co = TypeVar("AnswerT_co", bound=BaseModel, covariant=True)

UNUSABLE_PROVIDER_REASONS: Final = frozenset(
    {Reason.CONNECTION, Reason.NOT_CONFIGURED, Reason.AUTHENTICATION, Reason.ACCOUNT_BLOCKED, Reason.INTERNAL_ERROR}
)
_HTTP_FORBIDDEN: Final = 403


@dataclass(frozen=True, slots=True)
class VisionImage:
    """The image of a question.

    Attributes:
        data: the file; kept out of messages and logs.
        content_type: its media type, such as ``image/jpeg``.
    """

    data: bytes = field(repr=False)
    content_type: str


@dataclass(frozen=True, slots=True)
class Question(Generic[AnswerT]):
    """A question with a structured answer, without the limits that a call for it needs.

    Attributes:
        instructions: the fixed part (system message).
        task: the variable part, a JSON document.
        answer_type: the type of the answer; its JSON schema is sent in strict mode.
        schema_name: the schema's name on the wire.
        image: the image that the question is about; such a question goes to the vision model. None = a text question.
        references: images to compare it with, in the order in which they follow it.
    """

    instructions: str
    task: str
    answer_type: type[AnswerT]
    schema_name: str
    image: VisionImage | None = None
    references: tuple[VisionImage, ...] = ()

    @property
    def images(self) -> tuple[VisionImage, ...]:
        """All images of the question, in the order in which they are sent."""
        return () if self.image is None else (self.image, *self.references)

    @property
    def kind(self) -> Literal["text", "vision"]:
        """Which model answers the question."""
        return "text" if self.image is None else "vision"

    def limit_answer(self, max_output_tokens: int, max_entries: int | None = None) -> "TextRequest[AnswerT]":
        """Return the request for an answer of limited length; see ``TextRequest``."""
        return TextRequest(
            self.instructions,
            self.task,
            self.answer_type,
            self.schema_name,
            self.image,
            self.references,
            max_output_tokens=max_output_tokens,
            max_entries=max_entries,
        )


@dataclass(frozen=True, slots=True)
class TextRequest(Question[AnswerT]):
    """A question that can be sent: no call is made without a limit on what it may be billed for.

    Attributes:
        max_output_tokens: where the provider cuts the answer off, reasoning included.
        max_entries: the maximum number of entries in the answer's list; None = it has no such list.
    """

    max_output_tokens: int = field(kw_only=True)
    max_entries: int | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class TextAnswer(Generic[AnswerT_co]):
    """A validated answer, and its usage; None if the provider does not report it."""

    value: AnswerT_co
    usage: Usage | None
    model: str
    request_id: str | None


@dataclass(frozen=True, slots=True)
class ReferenceImage:
    """An image whose look a generated image is to have.

    Attributes:
        name: of its file, for the form that carries it.
        data: the file; kept out of messages and logs.
        content_type: its media type, such as ``image/jpeg``.
    """

    name: str
    data: bytes = field(repr=False)
    content_type: str


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """An image to generate.

    Attributes:
        prompt: what it shows.
        size: in pixels, such as ``1024x1024``.
        quality: low, medium or high.
        format: png or jpeg.
        job: ``RUN/PRODUCT``, equal in every try, by which a provider with a queue finds an earlier request. None =
            every call is a new request.
        references: images whose look it is to have; only some providers take any, see
            ``shared.models.image_models.check_references``.
    """

    prompt: str
    size: str
    quality: str
    format: str
    job: str | None = None
    references: tuple[ReferenceImage, ...] = ()


@dataclass(frozen=True, slots=True)
class ImageAnswer:
    """An image as the provider sent it, not validated yet, and its usage.

    Attributes:
        data: the file.
        usage: None if the provider does not report it.
        model: the model that answered, or that was called.
        request_id: the provider's id of the call.
        requests_per_minute: the image quota, if the answer reports it.
    """

    data: bytes
    usage: Usage | None
    model: str
    request_id: str | None
    requests_per_minute: float | None = None


class ModelService(Protocol):
    """A provider's service. Every failure is a ModelError; callers retry, not the service."""

    async def probe(self) -> None:
        """Raise ModelError if the service cannot be reached or refuses our credentials; not billed.

        See `is_provider_unusable` for what an error means.
        """

    async def close(self) -> None:
        """Release connections."""


class TextModel(ModelService, Protocol):
    """Answers text questions and, if it accepts images, questions about an image."""

    async def answer(self, request: TextRequest[AnswerT]) -> TextAnswer[AnswerT]:
        """Ask for a structured answer."""


class ImageModel(ModelService, Protocol):
    """Generates images."""

    async def generate_image(self, request: ImageRequest) -> ImageAnswer:
        """Generate one image."""


class Model(TextModel, ImageModel, Protocol):
    """Answers text, vision and image calls."""


@dataclass(slots=True)
class ListedModels:
    """What the last probes read from the providers' lists of models.

    Attributes:
        shutdown_dates: when models shut down, by name in lower case; see ``shared.models.lifecycle``.
    """

    shutdown_dates: dict[str, date] = field(default_factory=dict)


class RequestLog(Protocol):
    """Records, durably, the requests that a provider with a queue has accepted, by the job of the ImageRequest."""

    async def find(self, job: str) -> str | None:
        """Return the provider's id of a job's request, or None."""

    async def record(self, job: str, provider_request_id: str) -> None:
        """Record a job's request."""

    async def remove(self, job: str) -> None:
        """Remove a job's request: it will never have a usable image."""


def is_provider_unusable(error: ModelError) -> bool:
    """Return whether a failed probe means that no call to the provider can succeed.

    A list of models that cannot be read does not: gateways often serve the paths for calls only (404, 405) or fail at
    the list (500), and a key may be limited to calls (403).
    """
    return error.reason in UNUSABLE_PROVIDER_REASONS and error.status != _HTTP_FORBIDDEN
