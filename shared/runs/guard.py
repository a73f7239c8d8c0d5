"""What an activity asks before each paid call: may this run still pay?"""

from dataclasses import dataclass

from shared.runs.run_claim import send_heartbeat
from shared.runs.run_files import read_stop_record
from shared.storage.protocol import Store


@dataclass(frozen=True, slots=True)
class RunGuard:
    """Whether a run may pay, and when one of its paid calls last succeeded (ISO 8601)."""

    may_spend: bool
    last_success_at: str | None = None


async def check_run_guard(store: Store, catalog: str, run_id: str, host_id: str) -> RunGuard:
    """Tell whether a run may make a paid call: not stopped, and the catalog still its own."""
    if await read_stop_record(store, run_id) is not None:
        return RunGuard(may_spend=False)
    claim = await send_heartbeat(store, catalog, run_id=run_id, host_id=host_id)
    if claim is None:
        return RunGuard(may_spend=False)
    success = claim.last_success_at
    return RunGuard(may_spend=True, last_success_at=None if success is None else success.isoformat())
