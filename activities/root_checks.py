"""What an activity asks before it does something for a run: may it pay, and does its root still stand behind it?"""

from dataclasses import dataclass

from shared.domain.image_messages import ImageCall, ImageResult
from shared.domain.messages import TextCall, TextResult
from shared.domain.recovery import TERMINATED
from shared.records.run import record_stop
from shared.records.standing import Standing, check_standing
from shared.root_watch import Root
from shared.wiring import Services

SUSPENDED_WAIT_SECONDS = 5.0
"""How soon to ask again while a run is suspended."""


@dataclass(frozen=True, slots=True)
class _RootCheck:
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


async def check_text_call(services: Services, call: TextCall) -> Standing | TextResult:
    """Return the standing of a run that may make a text call now, or the result of a call that must not be made.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    check = await _check_run(services, call.catalog, call.run_id)
    if check.is_suspended:
        return TextResult(turn_in_seconds=SUSPENDED_WAIT_SECONDS)
    return check.standing if check.standing.may_pay else TextResult(stopped=True)


async def check_image_call(services: Services, call: ImageCall) -> Standing | ImageResult:
    """Do as `check_text_call` for a step of an item's image.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    check = await _check_run(services, call.catalog, call.run_id)
    if check.is_suspended:
        return ImageResult(turn_in_seconds=SUSPENDED_WAIT_SECONDS, suspended=True)
    return check.standing if check.standing.may_pay else ImageResult(stopped=True)


async def _check_run(services: Services, catalog: str, run_id: str) -> _RootCheck:
    root = await check_root(services, run_id)
    standing = await check_standing(services.store, catalog, run_id, services.settings.host_id)
    return _RootCheck(root is Root.SUSPENDED and standing.may_pay, standing)
