"""How long the work at hand may wait for a token: less than usual where a person waits for the answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_limit: ContextVar[float | None] = ContextVar("sign_in_limit", default=None)


@contextmanager
def limit_sign_in(seconds: float) -> Iterator[None]:
    """Let what is done inside the block wait at most so long; the fetch continues for those that have more time."""
    token = _limit.set(seconds)
    try:
        yield
    finally:
        _limit.reset(token)


def get_sign_in_limit() -> float | None:
    """Return the limit in seconds; None = what the credential allows."""
    return _limit.get()
