"""The last run of a catalog.

Preparing a run records it in ``state/last_run.json``. A catalog of an earlier version has no such file; then the newest
run that wrote a batch or an image counts.
"""

from collections.abc import Iterable
from typing import Any

from shared.runs.status import is_run_id
from shared.storage import paths
from shared.storage.json_files import read_json, write_json_if_changed
from shared.storage.protocol import Store

LAST_RUN_NAME = "last_run.json"


async def record_last_run(store: Store, catalog: str, run_id: str) -> None:
    """Record that a run is the last one of its catalog."""
    await write_json_if_changed(store, paths.state_file(catalog, LAST_RUN_NAME), {"runId": run_id})


async def find_last_run(store: Store, catalog: str, known_runs: Iterable[str]) -> str | None:
    """Return the last run of a catalog, or None.

    Args:
        store: the store.
        catalog: the catalog.
        known_runs: the runs that wrote its batches and images.

    Raises:
        DamagedFileError: the record cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    recorded = await read_json(store, paths.state_file(catalog, LAST_RUN_NAME), _parse_last_run)
    return recorded or min(filter(is_run_id, known_runs), default=None)  # ids count down


def _parse_last_run(data: Any) -> str:
    run_id = data["runId"]
    if not isinstance(run_id, str) or not is_run_id(run_id):
        raise ValueError(f"runId is {str(run_id)[:40]!r}; expected the id of a run")
    return run_id
