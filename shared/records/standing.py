"""What an activity asks before each paid call: may this run still pay?"""

from dataclasses import dataclass

from shared.ports import Store
from shared.records.claims import beat
from shared.records.run import read_stop


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a run may pay, and when one of its paid calls last succeeded (ISO 8601)."""

    may_pay: bool
    last_success_at: str | None = None


async def check_standing(store: Store, catalog: str, run_id: str, host_id: str) -> Standing:
    """Tell whether a run may make a paid call: not stopped, and the catalog still its own."""
    if await read_stop(store, run_id) is not None:
        return Standing(may_pay=False)
    claim = await beat(store, catalog, run_id=run_id, host_id=host_id)
    if claim is None:
        return Standing(may_pay=False)
    success = claim.last_success_at
    return Standing(may_pay=True, last_success_at=None if success is None else success.isoformat())
