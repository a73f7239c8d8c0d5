"""When a token is used, when it is renewed, and how long a request waits for one."""

import asyncio
import time
from collections import deque

import pytest
from azure.core.credentials import AccessTokenInfo
from azure.core.exceptions import ServiceRequestError
from hypothesis import given
from hypothesis import strategies as st

from shared.identity.sign_in_errors import SignInError
from shared.identity.sign_in_limit import limit_sign_in
from shared.identity.token_source import CachedToken, SignInLimits, TokenSource
from shared.reasons import Reason
from tests.support.moved_clock import MovedClock

QUICK = SignInLimits(
    attempt_timeout_seconds=0.2,
    retry_window_seconds=0.3,
    initial_backoff_seconds=0.01,
    max_backoff_seconds=0.05,
    cooldown_seconds=30.0,
)
PATIENT = SignInLimits(initial_backoff_seconds=0.01)
MAX_WAIT_SECONDS = 300


class Endpoint:
    """Gives tokens of so many seconds, or what is planned: an error, or silence (None)."""

    def __init__(self, *plan: Exception | None, seconds: float = 3600.0) -> None:
        self.plan = deque(plan)
        self.seconds = seconds
        self.broken: Exception | None = None
        self.count = 0

    async def fetch(self) -> AccessTokenInfo:
        self.count += 1
        await asyncio.sleep(0)
        if self.broken is not None:
            raise self.broken
        if self.plan:
            failure = self.plan.popleft()
            if failure is None:
                await asyncio.Event().wait()
            else:
                raise failure
        return AccessTokenInfo(f"token-{self.count}", int(time.time() + self.seconds))

    def open_source(self, limits: SignInLimits = QUICK) -> TokenSource:
        return TokenSource(self.fetch, explain, limits)


def explain(failure: Exception, seconds: float) -> SignInError:
    is_timeout = isinstance(failure, TimeoutError)
    return SignInError(Reason.CONNECTION, f"{type(failure).__name__} in {seconds}", is_timeout=is_timeout)


@given(life=st.integers(1, 90_000), share=st.floats(0, 1.2))
def test_a_token_is_renewed_before_it_is_too_old_to_be_sent(life: int, share: float) -> None:
    now = 1_000_000.0 + life * share
    token = CachedToken(AccessTokenInfo("t", 1_000_000 + life), 1_000_000.0)
    assert not token.is_usable(now) or token.is_unexpired(now)
    assert token.is_usable(now) or token.is_due(now)
    if share < 0.5:
        assert token.is_usable(now)
        assert not token.is_due(now)


async def test_many_requests_wait_for_one_fetch() -> None:
    endpoint = Endpoint()
    source = endpoint.open_source()
    tokens = await asyncio.gather(*(source.get() for _ in range(20)))
    assert {token.token for token in tokens} == {"token-1"}
    assert endpoint.count == 1


async def test_a_bad_moment_is_ridden_out() -> None:
    endpoint = Endpoint(ServiceRequestError("a"), ServiceRequestError("b"), None)
    token = await endpoint.open_source(SignInLimits(attempt_timeout_seconds=0.05, initial_backoff_seconds=0.01)).get()
    assert (token.token, endpoint.count) == ("token-4", 4)


async def test_a_good_token_is_used_while_no_new_one_can_be_had() -> None:
    endpoint = Endpoint(seconds=290.0)
    source = endpoint.open_source()
    first = await source.get()
    endpoint.broken, endpoint.seconds = ServiceRequestError("away"), 3600.0
    source._cached = CachedToken(first, time.time() - 600)  # past half of its life
    assert (await source.get()).token == "token-1"
    await source.close()
    endpoint.broken = None
    assert (await source.get()).token == "token-1"
    await asyncio.wait_for(source._start_fetch(), MAX_WAIT_SECONDS)
    assert (await source.get()).token != "token-1"


async def test_a_token_in_its_last_seconds_is_better_than_none(clock: MovedClock) -> None:
    endpoint = Endpoint(seconds=3600.0)
    source = endpoint.open_source()
    await source.get()
    source._cached = CachedToken(AccessTokenInfo("last", int(clock.time()) + 3), clock.time() - 600)
    endpoint.broken = ServiceRequestError("away")
    assert (await source.get()).token == "last"


async def test_a_silent_endpoint_does_not_let_the_last_token_expire_unused(clock: MovedClock) -> None:
    endpoint = Endpoint(None)
    source = endpoint.open_source(SignInLimits(attempt_timeout_seconds=3600))
    source._cached = CachedToken(AccessTokenInfo("last", int(clock.time()) + 2), clock.time() - 600)
    assert (await asyncio.wait_for(source.get(), MAX_WAIT_SECONDS)).token == "last"
    await source.close()


async def test_an_outage_ends_within_its_bound_and_is_not_waited_for_again() -> None:
    endpoint = Endpoint(*[None] * 50)
    source = endpoint.open_source()
    with pytest.raises(SignInError) as raised:
        await asyncio.wait_for(source.get(), MAX_WAIT_SECONDS)
    assert (raised.value.is_timeout, raised.value.is_first_sign_in) == (True, True)
    count = endpoint.count
    with pytest.raises(SignInError):  # right behind: it gets the same error
        await source.get()
    assert endpoint.count == count
    source._failed_at -= QUICK.cooldown_seconds  # later it costs one try
    with pytest.raises(SignInError):
        await source.get()
    assert endpoint.count == count + 1


async def test_an_outage_of_long_ago_does_not_shorten_patience() -> None:
    endpoint = Endpoint()
    endpoint.broken = ServiceRequestError("away")
    source = endpoint.open_source()
    with pytest.raises(SignInError):
        await source.get()
    source._failed_at -= 61.0
    source._outage_since -= 61.0
    source._limits = PATIENT
    endpoint.count, endpoint.broken, endpoint.plan = 0, None, deque([ServiceRequestError("a")] * 2)
    assert (await source.get()).token == "token-3"


async def test_a_request_in_a_hurry_leaves_the_fetch_running() -> None:
    endpoint = Endpoint(None)
    source = endpoint.open_source(SignInLimits(attempt_timeout_seconds=0.2, initial_backoff_seconds=0.01))
    with limit_sign_in(0.01), pytest.raises(SignInError):
        await source.get()
    assert (await source.get()).token == "token-2"


async def test_an_expired_token_is_not_used() -> None:
    endpoint = Endpoint(seconds=-10.0)
    with pytest.raises(SignInError) as raised:
        await endpoint.open_source().get()
    assert raised.value.reason is Reason.CONNECTION
