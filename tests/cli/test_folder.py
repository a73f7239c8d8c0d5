import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.unfinished_runs import prepare_folder
from durable_emulator.engine import RuntimeStatus
from durable_emulator.engine.instances import make_instance
from durable_emulator.engine.journal import Journal
from durable_emulator.host import HostBusyError
from durable_emulator.host.host_folder import HostFolder
from shared.config import Settings, StoreSettings
from shared.services.container import build_store
from shared.storage.protocol import Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RUN = replace(make_instance("run-1", "seed_catalog", None, NOW), status=RuntimeStatus.RUNNING)


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
    assert asyncio.run(prepare_folder(tmp_path, store)) == []
    assert not half_written.exists()


def test_nothing_is_swept_under_a_host_that_lives(tmp_path: Path, store: Store, half_written: Path) -> None:
    living = HostFolder(tmp_path)
    living.acquire()
    with pytest.raises(HostBusyError):
        asyncio.run(prepare_folder(tmp_path, store))
    assert half_written.exists()
    living.release()


@pytest.mark.parametrize("has_summary", [False, True])
def test_a_run_is_taken_up_unless_its_summary_is_written(tmp_path: Path, store: Store, has_summary: bool) -> None:
    host_folder = HostFolder(tmp_path)
    host_folder.acquire()
    journal = Journal(host_folder.journal_path)
    with journal.transaction():
        journal.insert_instance(RUN)
    journal.close()
    host_folder.release()
    if has_summary:
        asyncio.run(store.write("runs/run-1/summary.json", b"{}", content_type="application/json"))
    assert asyncio.run(prepare_folder(tmp_path, store)) == ([] if has_summary else ["run-1"])
