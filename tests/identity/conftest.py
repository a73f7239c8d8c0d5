"""An identity endpoint, and the environment that an app with it has."""

from collections.abc import Iterator

import pytest

from tests.support.identity_endpoint import IdentityEndpoint, run_identity_endpoint


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[IdentityEndpoint]:
    """Run an identity endpoint and make this process an app that has it."""
    with run_identity_endpoint() as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running
