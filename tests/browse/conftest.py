from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.services.container import Services
from shared.storage.blob import BlobStore
from shared.storage.folder import FolderStore
from shared.storage.protocol import Store
from tests.support.azurite import Azurite
from tests.support.browsed_catalogs import open_services


@pytest.fixture(params=["folder", pytest.param("blob", marks=pytest.mark.azurite)])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Every store there is, one after the other."""
    opened: Store
    if request.param == "folder":
        opened = FolderStore(tmp_path / "data")
    else:
        azurite = request.getfixturevalue("azurite")  # so that folder tests do not start it
        assert isinstance(azurite, Azurite)
        opened = BlobStore.from_settings(azurite.make_settings())
    yield opened
    await opened.close()


@pytest.fixture
async def services(store: Store) -> AsyncIterator[Services]:
    """The services of a process."""
    opened = open_services(store)
    yield opened
    await opened.catalog_indexes.close()
