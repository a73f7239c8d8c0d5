import asyncio
from pathlib import Path

import pytest

from local.cli.folder import tidy_folder
from local.host import HostBusyError
from local.host.folder import HostFolder
from shared.config import Settings, StoreSettings
from shared.ports import Store
from shared.wiring import build_store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return build_store(Settings(store=StoreSettings(folder=str(tmp_path))))


@pytest.fixture
def half_written(tmp_path: Path) -> Path:
    path = tmp_path / ".seeder" / "tmp" / "0123"
    path.parent.mkdir(parents=True)
    path.write_text("half")
    return path


def test_what_a_killed_host_left_half_written_is_swept(tmp_path: Path, store: Store, half_written: Path) -> None:
    assert asyncio.run(tidy_folder(tmp_path, store)) == []
    assert not half_written.exists()


def test_nothing_is_swept_under_a_host_that_lives(tmp_path: Path, store: Store, half_written: Path) -> None:
    living = HostFolder(tmp_path)
    living.acquire()
    with pytest.raises(HostBusyError):
        asyncio.run(tidy_folder(tmp_path, store))
    assert half_written.exists()
    living.release()
