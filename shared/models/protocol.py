"""The two ports of the app, a store and a model, and the errors that cross them.

```
CatalogSeederError
├── StoreError
│   ├── StoreUnavailableError   the store did not answer, or refused us; worth another try
│   └── StoreConflictError      somebody else replaced the file first
└── ModelError                  a model call that brought no usable result; carries its reason code
```
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel

from shared.reasons import Reason

AnswerT = TypeVar("AnswerT", bound=BaseModel)
AnswerT_co = TypeVar("AnswerT_co", bound=BaseModel, covariant=True)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An image answer of the wrong format, size or form: the service is likely to give the same one again.

    Attributes:
        received: what the answer held, in a few words; the same for the same kind of answer.
        advice: which setting to change.
    """

    received: str
    advice: str = ""


class CatalogSeederError(Exception):
    """Base of every error that this product raises on purpose."""


class StoreError(CatalogSeederError):
    """Base of what a store can raise."""


class StoreUnavailableError(StoreError):
    """The store could not be reached, or refused the operation for now.

    Attributes:
        reason: ``store_unavailable``, or how signing in to it failed: ``connection`` or ``authentication``.
    """

    def __init__(self, message: str, *, reason: Reason = Reason.STORE_UNAVAILABLE) -> None:
        super().__init__(message)
        self.reason = reason


class StoreFullError(StoreUnavailableError):
    """The store has no room for what was to be written; waiting does not help, freeing space does."""


class StoreConflictError(StoreError):
    """The file is not the version that the writer had read."""


class ModelError(CatalogSeederError):
    """A model call that brought no usable result.

    Attributes:
        reason: why, from the closed list.
        message: one line for people; never holds a key, a prompt or a stack trace.
        retry_after_seconds: how long the service asked us to wait, if it did.
        request_id: the service's id of the call, if it told one.
        usage: what the call is known to have cost although it brought nothing usable.
        answered: an answer came, so the call is billed, whether the service reports its usage or not.
        mismatch: what an answer held in place of what was asked for.
        requests_per_minute: the quota, where a service that refuses for it reports it.
        status: the HTTP status of a refusal.
        is_final: it was retried already, for as long as makes sense.
    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        retry_after_seconds: float | None = None,
        request_id: str | None = None,
        usage: "Usage | None" = None,
        answered: bool = False,
        mismatch: Mismatch | None = None,
        requests_per_minute: float | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message
        self.retry_after_seconds = retry_after_seconds
        self.request_id = request_id
        self.usage = usage
        self.is_final = False
        self.answered = answered or usage is not None
        self.mismatch = mismatch
        self.requests_per_minute = requests_per_minute
        self.status = status


# --- store -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FileInfo:
    """What a store knows of a file without reading it.

    Attributes:
        path: the path in the store, ``/``-separated, such as ``catalogs/lego/catalog.json``.
        size: bytes.
        etag: opaque; changes whenever the content is replaced.
        modified: when it was last written, with a time zone.
        metadata: what the writer said of it (``sha256``, ``width``, ...); empty when unknown.
    """

    path: str
    size: int
    etag: str
    modified: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Content:
    """A whole file and the ETag to replace it with."""

    data: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class FolderPage:
    """One page of a folder's sub-folders: bare names in name order, and where the next page starts."""

    names: tuple[str, ...]
    continuation: str | None


class Store(Protocol):
    """Where catalogs and runs live.

    Every write is atomic: a reader sees the file of before or the whole new one. The first segment of a path is the
    container (``catalogs``, ``runs``, ``inputs``, ``backups``). Every method raises StoreUnavailableError when the
    store cannot be reached.
    """

    async def read(self, path: str) -> Content | None:
        """Return the whole file, or None if there is none."""

    async def describe(self, path: str) -> FileInfo | None:
        """Return what is known of a file without reading it, or None if there is none."""

    async def write(
        self,
        path: str,
        data: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
        if_match: str | None = None,
    ) -> str:
        """Create or replace a file and return its ETag.

        Raises:
            StoreConflictError: ``if_match`` was given and the file has another ETag by now, or is gone.
        """

    def read_chunks(self, path: str) -> AsyncGenerator[bytes, None]:
        """Yield a file's content in pieces of at most 4 MiB, all of one version; not one piece if there is no file.

        Whoever does not read to the end closes it.

        Raises:
            StoreUnavailableError: also if the file was replaced meanwhile and its version of before is gone.
        """

    async def write_chunks(self, path: str, chunks: AsyncIterator[bytes], *, content_type: str) -> None:
        """Create or replace a file from pieces, in flat memory; nothing is visible before the last one is in."""

    async def create(
        self,
        path: str,
        data: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
    ) -> bool:
        """Write a file that must not exist yet; False, and no change, if it does."""

    async def delete(self, path: str, *, if_match: str | None = None) -> bool:
        """Delete a file; False if there was none.

        Raises:
            StoreConflictError: ``if_match`` was given and the file has another ETag by now.
        """

    async def move(self, path: str, new_path: str) -> None:
        """Give a file another name in the same container, facts included; replaces what is there."""

    def list_files(self, prefix: str) -> AsyncIterator[FileInfo]:
        """Yield the files whose path starts with ``prefix``, in path order, facts included."""

    async def list_folders(self, prefix: str, *, limit: int, continuation: str | None = None) -> FolderPage:
        """Return the names of the folders right below ``prefix`` (which ends with ``/``), in name order.

        Raises:
            ValueError: ``continuation`` is not one that this store gave.
        """

    async def probe(self) -> None:
        """Raise StoreUnavailableError, naming what is wrong, if the store cannot be used right now."""

    async def close(self) -> None:
        """Release connections."""


# --- model -----------------------------------------------------------------------------------------------------------


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
class Question(Generic[AnswerT]):
    """A question with a structured answer, without the limits that a call for it needs.

    Attributes:
        instructions: the fixed part (system message).
        task: the part that changes; a JSON document.
        answer_type: the model of the answer; its JSON schema is sent in strict mode.
        schema_name: the schema's name on the wire.
        image: what the question is about; the vision model answers it. None = the text model answers.
    """

    instructions: str
    task: str
    answer_type: type[AnswerT]
    schema_name: str
    image: VisionImage | None = None

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
