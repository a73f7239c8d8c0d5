"""A timer's errors reach the host without the words of others."""

import inspect
from typing import Any

import pytest

from shared.errors import StoreUnavailableError
from shared.telemetry.observed_triggers import observe_timer
from shared.telemetry.unexpected_errors import UnexpectedError
from triggers.timers import purge_history, resume_failed_runs

SECRET = "a prompt of a customer"


@observe_timer
async def break_down(timer: Any) -> None:
    raise timer


async def test_an_error_of_others_is_raised_by_its_type_alone() -> None:
    with pytest.raises(UnexpectedError) as raised:
        await break_down(timer=KeyError(SECRET))
    assert "KeyError" in str(raised.value)
    assert SECRET not in str(raised.value)
    assert raised.value.__context__ is None


async def test_an_error_of_ours_stays_as_it_is() -> None:
    with pytest.raises(StoreUnavailableError, match="store is away"):
        await break_down(timer=StoreUnavailableError("the store is away"))


@pytest.mark.parametrize("timer", [purge_history, resume_failed_runs])
def test_the_host_sees_the_parameters_that_are_bound(timer: Any) -> None:
    function = timer._function.get_user_function()
    assert {"timer", "client"} <= set(inspect.signature(function).parameters)
