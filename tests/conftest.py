"""What all tests may ask for."""

from collections.abc import Iterator

import pytest

from tests.support.azurite import Azurite, run_azurite


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """The storage emulator, started once by the first test that wants it."""
    with run_azurite() as running:
        yield running
