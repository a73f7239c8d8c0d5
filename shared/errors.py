"""The errors that the app raises on purpose.

```
CatalogSeederError
├── StoreError
│   ├── StoreUnavailableError   the store did not answer, or refused the operation; a retry may succeed
│   │   └── StoreFullError      the store has no space left; a retry does not help
│   └── StoreConflictError      another writer replaced the file first
├── ModelError                  a model call without a usable result; carries its reason code
└── RequestError                a caller asked for what cannot be done; has a kind and properties
    ├── MalformedBodyError              the body is not JSON
    ├── InvalidRequestError             a field or parameter breaks the schema
    │   └── InvalidInputError           an input, or some of its rows, cannot be used
    ├── InputTooLargeError              an input is larger than a call may carry
    ├── UnsupportedInputError           an input arrived as a form or compressed
    ├── IdempotencyKeyReusedError       an Idempotency-Key came with another body before
    ├── CrossSiteRequestError           a web page of another site sent a request that changes something
    ├── UnknownRunError                 no run has this id
    ├── UnknownCatalogError             the catalog has no items
    ├── UnknownItemError                the catalog has no item with this id
    ├── UnknownRoundError               the item has no such round
    ├── UnknownFileError                no file is served at this address
    ├── UnknownInputError               the store has no input of this name
    ├── NoAuditError                    the run has no audit, or not yet
    ├── AuditTooLargeError              the audit is larger than a response may be
    ├── UnknownImageError               the catalog has no such image or thumbnail
    ├── ImageTooLargeError              an image is larger than a response may be
    ├── CatalogBusyError                another run has claimed the catalog
    ├── OtherSourceError                the catalog's items are from another source
    ├── EstimateAboveBudgetError        the run is estimated to cost more than its budget
    ├── RunEndedError                   the run has ended
    ├── RunNotPausedError               the run is not paused
    ├── NoApprovedImageError            the run waits for an approved image, and there is none
    ├── NothingToKeepError              pruning would leave no item
    ├── NothingToPublishError           reviews leave no item to publish
    └── DegradedError                   the store or a provider does not answer a probe
```

``triggers/problems.py`` maps each class of RequestError to an HTTP status.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

from shared.models.usage import Usage
from shared.reasons import Reason


class CatalogSeederError(Exception):
    """Base of the errors that this app raises on purpose."""


class StoreError(CatalogSeederError):
    """Base of a store's errors."""


class StoreUnavailableError(StoreError):
    """The store could not be reached, or refused the operation.

    Attributes:
        reason: ``store_unavailable``; or ``connection`` or ``authentication`` if sign-in to it failed.
    """

    def __init__(self, message: str, *, reason: Reason = Reason.STORE_UNAVAILABLE) -> None:
        super().__init__(message)
        self.reason = reason


class StoreFullError(StoreUnavailableError):
    """The store has no space left for a write; waiting does not help, freeing space does."""


class StoreConflictError(StoreError):
    """The file is not the version that the writer has read."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An image answer of the wrong format, size or form; the provider is likely to repeat it.

    Attributes:
        received: what the answer held, in a few words; equal for equal kinds of answer.
        advice: the setting to change.
    """

    received: str
    advice: str = ""


class ModelError(CatalogSeederError):
    """A model call without a usable result.

    Attributes:
        reason: the reason code.
        message: one line for people; never holds a key, a prompt or a stack trace.
        retry_after_seconds: how long the provider asks callers to wait.
        request_id: the provider's id of the call.
        usage: the tokens of an answer that cannot be used.
        answered: an answer came, so the call is billed even if the answer reports no usage.
        mismatch: what an image answer held instead of an image.
        requests_per_minute: the quota, if an answer that refuses a call for it reports it.
        status: the HTTP status of a refusal.
        is_final: the call was retried for as long as makes sense; the retry policy does not retry it.
    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        retry_after_seconds: float | None = None,
        request_id: str | None = None,
        usage: Usage | None = None,
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

    @property
    def is_not_found(self) -> bool:
        """Whether the provider has no such file or batch."""
        return self.status == HTTPStatus.NOT_FOUND


class RequestError(CatalogSeederError):
    """Base of the errors of requests.

    Attributes:
        kind: stable name of the error; the last part of a problem's type, and with underscores a reason in the
            output of commands.
        properties: further JSON properties for programs, by their names in camelCase.
    """

    kind: ClassVar[str]

    def __init__(self, message: str, **properties: Any) -> None:
        super().__init__(message)
        self.properties = properties


class MalformedBodyError(RequestError):
    """The body of a request is not JSON."""

    kind = "no-json"


class InvalidRequestError(RequestError):
    """A field or parameter of a request is not valid.

    Args:
        field: JSON name of the field, or name of the parameter.
        message: what is wrong with it, what was received and what is expected.
        further: further errors of the same field.
    """

    kind = "invalid-request"

    def __init__(self, field: str, message: str, *, further: Sequence[str] = ()) -> None:
        detail = "; ".join((f"{field}: {message}", *further))
        super().__init__(detail, errors=[{"field": field, "message": text} for text in (message, *further)])


class InvalidInputError(InvalidRequestError):
    """An input, or some of its rows, cannot be used."""

    kind = "invalid-input"


class InputTooLargeError(RequestError):
    """An input is larger than a call may carry."""

    kind = "input-too-large"


class UnsupportedInputError(RequestError):
    """An input arrived as a form or compressed."""

    kind = "unsupported-input"


class IdempotencyKeyReusedError(RequestError):
    """An Idempotency-Key came with another body before."""

    kind = "idempotency-key-reused"


class CrossSiteRequestError(RequestError):
    """A web page of another site sent a request that changes something."""

    kind = "cross-site-request"

    def __init__(self, found: str) -> None:
        super().__init__(f"{found}; expected a request of this origin, or of a program")


class UnknownRunError(RequestError):
    """No run has this id."""

    kind = "unknown-run"

    def __init__(self, run_id: str) -> None:
        super().__init__(f"run {run_id[:60]!r} does not exist")


class UnknownCatalogError(RequestError):
    """The catalog does not exist, or has no items."""

    kind = "unknown-catalog"

    def __init__(self, catalog: str) -> None:
        super().__init__(f"catalog {catalog!r} has no items; expected a catalog with at least one")


class UnknownItemError(RequestError):
    """The catalog has no item with this id."""

    kind = "unknown-item"

    def __init__(self, catalog: str, product_id: str) -> None:
        super().__init__(f"catalog {catalog!r} has no item {product_id[:60]!r}")


class UnknownRoundError(RequestError):
    """The item has no such round."""

    kind = "unknown-round"

    def __init__(self, product_id: str, run_id: str, number: int) -> None:
        super().__init__(
            f"item {product_id[:60]!r} has no round {number} of run {run_id[:60]!r}; expected one of its rounds"
        )


class UnknownFileError(RequestError):
    """No file is served at this address."""

    kind = "unknown-file"

    def __init__(self, path: str) -> None:
        super().__init__(f"{path[:80]!r} is not a file of this page")


class UnknownInputError(RequestError):
    """The store has no input of this name."""

    kind = "unknown-input"

    def __init__(self, name: str) -> None:
        super().__init__(f"input {name[:120]!r} does not exist; send it with PUT /api/inputs/NAME")


class NoAuditError(RequestError):
    """The run has no audit, or not yet."""

    kind = "no-audit"


class AuditTooLargeError(RequestError):
    """The audit is larger than a response may be."""

    kind = "audit-too-large"


class UnknownImageError(RequestError):
    """The catalog has no image or thumbnail with this file name."""

    kind = "unknown-image"

    def __init__(self, catalog: str, filename: str) -> None:
        super().__init__(f"catalog {catalog!r} has no image {filename[:80]!r}")


class ImageTooLargeError(RequestError):
    """An image is larger than a response may be."""

    kind = "image-too-large"

    def __init__(self, path: str, size: int, max_bytes: int) -> None:
        message = f"{path} has {size} bytes; expected at most {max_bytes} over HTTP: copy it from the store"
        super().__init__(message, path=path, bytes=size)


class CatalogBusyError(RequestError):
    """Another run has claimed the catalog.

    Attributes:
        catalog: the catalog.
        run_id: the run that holds it.
    """

    kind = "catalog-busy"

    def __init__(self, catalog: str, run_id: str) -> None:
        super().__init__(
            f"run {run_id} holds catalog {catalog!r}; wait until it ends, resume it if it is paused, or cancel it",
            runId=run_id,
        )
        self.catalog = catalog
        self.run_id = run_id


class OtherSourceError(RequestError):
    """The catalog's items are from another source."""

    kind = "other-source"


class EstimateAboveBudgetError(RequestError):
    """The run is estimated to cost more than its budget."""

    kind = "estimate-above-budget"


class RunEndedError(RequestError):
    """The run has ended."""

    kind = "run-ended"

    def __init__(self, run_id: str, status: str) -> None:
        super().__init__(f"run {run_id} has ended as {status}; expected an active run")


class RunNotPausedError(RequestError):
    """The run is not paused, or not on this durable host."""

    kind = "run-not-paused"


class NoApprovedImageError(RequestError):
    """A run that waits for the approval of its first images is to be resumed, and none of them is approved."""

    kind = "no-approved-image"

    def __init__(self, catalog: str, images: int) -> None:
        is_one = images == 1
        what = "the first image" if is_one else f"none of the first {images} images"
        super().__init__(
            f"{what} of catalog {catalog!r} is {'not ' if is_one else ''}approved; approve "
            f"{'it' if is_one else 'at least one of them'}, on the review page or with seeder approve, then resume the "
            f"run; for {'another first image' if is_one else 'other first images'}, cancel the run, regenerate "
            f"{'it' if is_one else 'them'}, and start the run again"
        )


class NothingToKeepError(RequestError):
    """No item of the catalog has an image, so pruning would leave none."""

    kind = "nothing-to-keep"

    def __init__(self, catalog: str) -> None:
        super().__init__(f"no item of catalog {catalog!r} has an image; repair the catalog first")


class NothingToPublishError(RequestError):
    """Reviews leave out every item of the catalog, and an empty file must not replace a published one.

    Args:
        catalog: the catalog.
        left_out: ``[{reason, count, examples}]``.
    """

    kind = "nothing-to-publish"

    def __init__(self, catalog: str, left_out: Sequence[Mapping[str, Any]]) -> None:
        counts = ", ".join(f"{group['count']} {group['reason']}" for group in left_out)
        super().__init__(
            f"no item of catalog {catalog!r} can be published ({counts}); its published files are unchanged: approve "
            "an item first",
            leftOut=list(left_out),
        )


class DegradedError(RequestError):
    """The store or a provider does not answer a probe."""

    kind = "degraded"

    def __init__(self, message: str, properties: Mapping[str, Any]) -> None:
        super().__init__(message, **properties)
