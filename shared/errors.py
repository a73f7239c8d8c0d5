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
