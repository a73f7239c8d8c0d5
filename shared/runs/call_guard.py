"""What an activity checks before it works for a run: may the run spend, and what does its root do?"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.runs.guard import check_run_guard
from shared.runs.recovery_policy import TERMINATED
from shared.runs.root_state import RootState
from shared.runs.run_files import record_stop

if TYPE_CHECKING:
    from shared.services.container import Services

SUSPENDED_WAIT_SECONDS = 5.0
"""How soon to ask again while a run is suspended."""


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


async def check_root(services: "Services", run_id: str) -> RootState:
    """Return what the root of a run does; a terminated root stops the run for all of its children.

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
