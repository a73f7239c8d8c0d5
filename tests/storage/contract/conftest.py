from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.storage.blob import BlobStore
from shared.storage.folder import FolderStore
from shared.storage.protocol import Store
from tests.support.azurite import Azurite


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
