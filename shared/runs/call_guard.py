"""What an activity asks before it does something for a run: may it pay, and does its root still stand behind it?"""

from dataclasses import dataclass

from shared.messages.images import ImageCall, ImageResult
from shared.messages.text import TextCall, TextResult
from shared.runs.guard import RunGuard, check_run_guard
from shared.runs.recovery_policy import TERMINATED
from shared.runs.root_state import RootState
from shared.runs.run_files import record_stop
from shared.services.container import Services

SUSPENDED_WAIT_SECONDS = 5.0
"""How soon to ask again while a run is suspended."""


@dataclass(frozen=True, slots=True)
class _CallCheck:
    """Where a call of a run stands; ``is_suspended`` postpones it, ``standing`` says whether the run may pay."""

    is_suspended: bool
    standing: RunGuard


async def check_root(services: Services, run_id: str) -> RootState:
    """Return what a run's root does; one that was terminated stops the run for all of its children.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    root = await services.root_states.read(run_id)
    if root is RootState.TERMINATED:
        await record_stop(services.store, run_id, TERMINATED)
    return root


async def check_text_call(services: Services, call: TextCall) -> RunGuard | TextResult:
    """Return the standing of a run that may make a text call now, or the result of a call that must not be made.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    check = await _check_run(services, call.catalog, call.run_id)
    if check.is_suspended:
        return TextResult(deferred_seconds=SUSPENDED_WAIT_SECONDS)
    return check.standing if check.standing.may_spend else TextResult(stopped=True)


async def check_image_call(services: Services, call: ImageCall) -> RunGuard | ImageResult:
    """Do as `check_text_call` for a step of an item's image.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    check = await _check_run(services, call.catalog, call.run_id)
    if check.is_suspended:
        return ImageResult(deferred_seconds=SUSPENDED_WAIT_SECONDS, suspended=True)
    return check.standing if check.standing.may_spend else ImageResult(stopped=True)


async def _check_run(services: Services, catalog: str, run_id: str) -> _CallCheck:
    root = await check_root(services, run_id)
    standing = await check_run_guard(services.store, catalog, run_id, services.settings.host_id)
    return _CallCheck(root is RootState.SUSPENDED and standing.may_spend, standing)
