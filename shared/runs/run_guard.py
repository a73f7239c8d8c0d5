"""The run guard: the check before each billed call that the run may still spend."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.runs.recovery_policy import TERMINATED
from shared.runs.root_state import RootState
from shared.runs.run_claim import send_heartbeat
from shared.runs.run_files import read_stop_record, record_stop
from shared.storage.protocol import Store

if TYPE_CHECKING:
    from shared.services.container import Services

SUSPENDED_WAIT_SECONDS = 5.0
"""Delay before the next check of a suspended run."""


@dataclass(frozen=True, slots=True)
class RunGuard:
    """Result of the check.

    Attributes:
        may_spend: the run is not stopped and still holds its catalog.
        last_success_at: when a billed call of the run last succeeded, ISO 8601; None = none has.
    """

    may_spend: bool
    last_success_at: str | None = None


@dataclass(frozen=True, slots=True)
class CallCheck:
    """Whether a billed call may be made.

    Attributes:
        may_spend: the run is not stopped, and the catalog is still its own.
        is_suspended: the run may spend, but later: its root is suspended.
        last_success_at: when a billed call of the run last succeeded, ISO 8601.
    """

    may_spend: bool
    is_suspended: bool
    last_success_at: str | None


async def check_run_guard(store: Store, catalog: str, run_id: str, host_id: str) -> RunGuard:
    """Check the stop record and the run claim, and refresh the heartbeat.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    if await read_stop_record(store, run_id) is not None:
        return RunGuard(may_spend=False)
    claim = await send_heartbeat(store, catalog, run_id=run_id, host_id=host_id)
    if claim is None:
        return RunGuard(may_spend=False)
    success = claim.last_success_at
    return RunGuard(may_spend=True, last_success_at=None if success is None else success.isoformat())


async def check_root(services: "Services", run_id: str) -> RootState:
    """Return the state of a run's root orchestration; a terminated root stops the run for all of its children.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    root = await services.root_states.read(run_id)
    if root is RootState.TERMINATED:
        await record_stop(services.store, run_id, TERMINATED)
    return root


async def check_call(services: "Services", catalog: str, run_id: str) -> CallCheck:
    """Return whether a run may make a billed call now.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    root = await check_root(services, run_id)
    guard = await check_run_guard(services.store, catalog, run_id, services.settings.host_id)
    return CallCheck(guard.may_spend, guard.may_spend and root is RootState.SUSPENDED, guard.last_success_at)
