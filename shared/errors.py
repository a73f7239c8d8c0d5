"""The errors that the app raises on purpose.

```
CatalogSeederError
├── StoreError
│   ├── StoreUnavailableError   the store did not answer, or refused the operation; a retry may succeed
│   │   └── StoreFullError      the store has no space left; a retry does not help
│   └── StoreConflictError      another writer replaced the file first
└── ModelError                  a model call without a usable result; carries its reason code
```
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.reasons import Reason

if TYPE_CHECKING:
    from shared.models.protocol import Usage


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
