"""An identity endpoint, the environment that an app with it has, and the clock by which its tokens expire."""

import time
from collections.abc import Iterator

import pytest

from tests.support.identity_endpoint import IdentityEndpoint, run_identity_endpoint
from tests.support.moved_clock import MovedClock


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[IdentityEndpoint]:
    """Run an identity endpoint and make this process an app that has it."""
    with run_identity_endpoint() as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> MovedClock:
    """The clock by which tokens are issued and expire; waits take their real time."""
    moved = MovedClock(time.time())
    for module in ("shared.identity.token_source", "tests.support.identity_endpoint"):
        monkeypatch.setattr(f"{module}.time", moved)
    return moved
