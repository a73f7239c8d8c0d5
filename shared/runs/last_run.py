"""The last run of a catalog, and the last one that was about all of its items.

Preparing a run records it in ``state/last_run.json``. A catalog of an earlier version has no such file; then the newest
run that wrote a batch or an image counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shared.runs.status import is_run_id
from shared.storage import paths
from shared.storage.json_files import read_json, write_json_if_changed
from shared.storage.protocol import Store

LAST_RUN_NAME = "last_run.json"


@dataclass(frozen=True, slots=True)
class LastRuns:
    """The latest runs of a catalog.

    Attributes:
        last: the last run; None = there was none.
        whole: the last run about all items if that is another one: the last run was about named items.
    """

    last: str | None
    whole: str | None = None


async def record_last_run(store: Store, catalog: str, run_id: str, *, names_items: bool = False) -> None:
    """Record that a run is the last one of its catalog.

    Args:
        store: the store.
        catalog: the catalog.
        run_id: the run.
        names_items: the run is about named items only, so what an earlier run says about the others still holds.
    """
    path = paths.state_file(catalog, LAST_RUN_NAME)
    record = {"runId": run_id}
    if names_items:
        before = await read_json(store, path, _parse_last_runs)
        whole = None if before is None else before.whole or before.last
        if before is not None and before.last == run_id:
            whole = before.whole
        record |= {} if whole is None else {"wholeRunId": whole}
    await write_json_if_changed(store, path, record)


async def find_last_runs(store: Store, catalog: str, known_runs: Iterable[str]) -> LastRuns:
    """Return the last runs of a catalog.

    Args:
        store: the store.
        catalog: the catalog.
        known_runs: the runs that wrote its batches and images.

    Raises:
        DamagedFileError: the record cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    recorded = await read_json(store, paths.state_file(catalog, LAST_RUN_NAME), _parse_last_runs)
    return recorded or LastRuns(min(filter(is_run_id, known_runs), default=None))  # ids count down


def _parse_last_runs(data: Any) -> LastRuns:
    whole = data.get("wholeRunId")
    return LastRuns(_parse_run_id(data["runId"]), None if whole is None else _parse_run_id(whole))


def _parse_run_id(value: Any) -> str:
    if not isinstance(value, str) or not is_run_id(value):
        raise ValueError(f"a run id is {str(value)[:40]!r}; expected the id of a run")
    return value
