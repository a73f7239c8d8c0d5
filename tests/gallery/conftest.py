from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.services.container import Services
from shared.storage.blob import BlobStore
from shared.storage.folder import FolderStore
from tests.support.azurite import Azurite
from tests.support.browsed_catalogs import open_services


@pytest.fixture(params=["folder", pytest.param("blob", marks=pytest.mark.azurite)])
async def services(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Services]:
    """The services of a process, over every store there is."""
    store: FolderStore | BlobStore
    if request.param == "folder":
        store = FolderStore(tmp_path / "data")
    else:
        azurite = request.getfixturevalue("azurite")  # so that folder tests do not start it
        assert isinstance(azurite, Azurite)
        store = BlobStore.from_settings(azurite.make_settings())
    opened = open_services(store)
    yield opened
    await opened.catalog_indexes.close()
    await store.close()
