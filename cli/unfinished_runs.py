"""What is seen to in a folder before a host starts there."""

import json
from pathlib import Path
from typing import Protocol, runtime_checkable

from durable_emulator.engine import Engine, Instance, InstanceFilter, RuntimeStatus
from durable_emulator.engine.journal import Journal
from durable_emulator.host.host_folder import HostFolder
from shared.messages.custom_status import Stage, read_root_status
from shared.storage.paths import run_file
from shared.storage.protocol import Store

UNFINISHED_FILTER = InstanceFilter(statuses=frozenset(status for status in RuntimeStatus if not status.is_finished))


@runtime_checkable
class SweepableStore(Protocol):
    """A store in which a killed process can leave half-written files."""

    async def sweep(self) -> int:
        """Delete them and return how many there were."""


async def prepare_folder(folder: Path, store: Store) -> list[str]:
    """Sweep the store, and return the runs that go on as soon as a host starts; under the host's own lock.

    The sweep cannot wait for the host: its activities write from the first moment on. Paused runs just wait on.

    Raises:
        HostBusyError: another host runs from the folder.
        HostFolderError: the folder cannot be used.
        JournalError: its journal cannot be used.
        StoreUnavailableError: the store cannot be swept.
    """
    host_folder = HostFolder(folder)
    host_folder.acquire()
    try:
        if isinstance(store, SweepableStore):
            await store.sweep()
        if not host_folder.journal_path.is_file():
            return []
        journal = Journal(host_folder.journal_path)
        try:
            unfinished = [run.id for run in _find_unfinished_runs(journal) if not is_paused(run)]
        finally:
            journal.close()
    finally:
        host_folder.release()
    # a process that was stopped right behind the summary leaves an instance that only has to record its end
    return [run for run in unfinished if await store.describe(run_file(run, "summary.json")) is None]


def list_unfinished_runs(instances: Journal | Engine) -> list[str]:
    """Return the ids of the runs that have not ended: an instance without a parent is a run, and has its id."""
    return [run.id for run in _find_unfinished_runs(instances)]


def is_paused(instance: Instance) -> bool:
    """Tell whether a run waits to be resumed, by what it said last."""
    root = read_root_status(json.loads(instance.custom_status or "null"))
    return root is not None and root.stage is Stage.PAUSED


def _find_unfinished_runs(instances: Journal | Engine) -> list[Instance]:
    return [instance for instance in instances.list_instances(UNFINISHED_FILTER) if instance.parent_id is None]
