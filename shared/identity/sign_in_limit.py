"""Limit how long the current task waits for a token, for calls whose caller waits for the answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_limit: ContextVar[float | None] = ContextVar("sign_in_limit", default=None)


@contextmanager
def limit_sign_in(seconds: float) -> Iterator[None]:
    """Wait for a token at most this long inside the block; the fetch continues for other tasks."""
    token = _limit.set(seconds)
    try:
        yield
    finally:
        _limit.reset(token)


def get_sign_in_limit() -> float | None:
    """Return the limit in seconds; None = the credential's own limits apply."""
    return _limit.get()
