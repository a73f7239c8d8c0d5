"""What an activity asks before it does something for a run: may it pay, and does its root still stand behind it?"""

from dataclasses import dataclass

from shared.domain.recovery import TERMINATED
from shared.records.run import record_stop
from shared.records.standing import Standing, check_standing
from shared.root_watch import Root
from shared.wiring import Services

SUSPENDED_WAIT_SECONDS = 5.0
"""How soon to ask again while a run is suspended."""


@dataclass(frozen=True, slots=True)
class RootCheck:
    """Where a call of a run stands; ``is_suspended`` postpones it, ``standing`` says whether the run may pay."""

    is_suspended: bool
    standing: Standing


async def check_root(services: Services, run_id: str) -> Root:
    """Return what a run's root does; one that was terminated stops the run for all of its children.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    root = await services.roots.read(run_id)
    if root is Root.TERMINATED:
        await record_stop(services.store, run_id, TERMINATED)
    return root


async def check_run(services: Services, catalog: str, run_id: str) -> RootCheck:
    """Return whether a call that is billed may be made now.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    root = await check_root(services, run_id)
    standing = await check_standing(services.store, catalog, run_id, services.settings.host_id)
    return RootCheck(root is Root.SUSPENDED and standing.may_pay, standing)
