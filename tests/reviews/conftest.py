from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from shared.storage.blob import BlobStore
from shared.storage.folder import FolderStore
from shared.storage.protocol import Store
from tests.support.azurite import Azurite


@pytest.fixture(params=["folder", pytest.param("blob", marks=pytest.mark.azurite)])
async def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Callable[[], Store]]:
    """Opens another client of one store, as another process would; once for every store there is."""
    azurite = request.getfixturevalue("azurite") if request.param == "blob" else None
    settings = azurite.make_settings() if isinstance(azurite, Azurite) else None
    opened: list[Store] = []

    def open_another() -> Store:
        opened.append(FolderStore(tmp_path / "data") if settings is None else BlobStore.from_settings(settings))
        return opened[-1]

    yield open_another
    for store in opened:
        await store.close()
