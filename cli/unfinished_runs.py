"""Prepares a folder before a durable emulator starts there: removes temporary files, and finds unfinished runs."""

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
    """A store in which a killed process can leave temporary files."""

    async def sweep(self) -> int:
        """Delete temporary files, and return their number."""


async def prepare_folder(folder: Path, store: Store) -> list[str]:
    """Sweep the store, and return the runs that resume when a host starts; paused runs are not among them.

    Holds the host's lock meanwhile, and runs before the host, whose activities write as soon as it starts.

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
    # a process that stopped after it wrote the summary leaves an instance that only has to record its end
    return [run for run in unfinished if await store.describe(run_file(run, "summary.json")) is None]


def list_unfinished_runs(instances: Journal | Engine) -> list[str]:
    """Return the ids of the runs that have not ended; an instance without a parent is a run."""
    return [run.id for run in _find_unfinished_runs(instances)]


def is_paused(instance: Instance) -> bool:
    """Return whether a run waits to be resumed, by its custom status."""
    root = read_root_status(json.loads(instance.custom_status or "null"))
    return root is not None and root.stage is Stage.PAUSED


def _find_unfinished_runs(instances: Journal | Engine) -> list[Instance]:
    return [instance for instance in instances.list_instances(UNFINISHED_FILTER) if instance.parent_id is None]
