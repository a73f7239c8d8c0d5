"""Signing in through azure.identity, against an identity endpoint that has bad moments."""

import asyncio
import logging
import time
from dataclasses import replace
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError

from cli.error_conversion import convert_error
from shared.config import IdentitySettings, StoreSettings, load_settings
from shared.errors import StoreUnavailableError
from shared.identity.credentials import open_credential, open_sync_credential
from shared.identity.sign_in_errors import SignInError, explain_fetch_failure
from shared.identity.token_source import SignInLimits
from shared.reasons import Reason
from shared.storage.blob import BlobStore
from shared.telemetry.run_log import set_log_level
from tests.support.identity_endpoint import CLIENT_ID, DROP, HEADER, SILENCE, UNKNOWN_CLIENT, IdentityEndpoint
from tests.support.moved_clock import MovedClock

SCOPE, RESOURCE = "https://storage.azure.com/.default", "https://storage.azure.com"
QUICK = SignInLimits(
    attempt_timeout_seconds=0.5, retry_window_seconds=1.0, initial_backoff_seconds=0.01, max_backoff_seconds=0.05
)
PATIENT = replace(QUICK, attempt_timeout_seconds=2.0, retry_window_seconds=300.0)
"""Outlasts a bad moment on a machine that is busy."""

ONCE = SignInLimits(attempt_timeout_seconds=300.0, retry_window_seconds=0.0)
IN_AZURE = IdentitySettings(CLIENT_ID, is_in_azure=True, has_endpoint=True)
SECRET = "eyJhbGciOi.a-token-that-must-not-be-shown"


def choose_limits(trouble: object) -> SignInLimits:
    """Return limits of one try that does not time out, unless the endpoint is silent."""
    return replace(ONCE, attempt_timeout_seconds=0.3) if trouble == SILENCE else ONCE


async def fail(identity: IdentitySettings = IN_AZURE, limits: SignInLimits = ONCE) -> SignInError:
    """Return how signing in fails."""
    async with open_credential(identity, limits=limits) as credential:
        with pytest.raises(SignInError) as raised:
            await credential.get_token_info(SCOPE)
    assert "\n" not in raised.value.message
    assert "KEY" not in raised.value.message
    return raised.value


async def test_a_token_is_requested_once_with_the_client_id_of_the_identity(endpoint: IdentityEndpoint) -> None:
    async with open_credential(IN_AZURE) as credential:
        first = await credential.get_token_info(SCOPE)
        second = await credential.get_token(SCOPE)
    assert first.token == second.token == "token-1"
    assert endpoint.asked == [(RESOURCE, CLIENT_ID)]


@pytest.mark.parametrize("trouble", [408, 429, 500, 503, DROP, SILENCE, {}, {"access_token": SECRET}])
async def test_bad_moments_of_the_endpoint_are_ridden_out(
    endpoint: IdentityEndpoint, trouble: int | str | dict[str, Any]
) -> None:
    endpoint.plan.append(trouble)
    async with open_credential(IN_AZURE, limits=PATIENT) as credential:
        token = (await credential.get_token(SCOPE)).token
    number = int(token.removeprefix("token-"))
    assert 1 < number <= len(endpoint.asked)  # on a busy machine, tries may time out and arrive late
    assert not endpoint.plan


@pytest.mark.parametrize("trouble", [404, 408, 429, 500, 503, DROP, SILENCE, {}, {"access_token": SECRET, "x": 1}])
async def test_an_outage_is_a_lost_connection(
    endpoint: IdentityEndpoint, trouble: int | str | dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    set_log_level("DEBUG")
    endpoint.always = trouble
    failure = await fail(limits=choose_limits(trouble))
    assert failure.reason is Reason.CONNECTION
    assert failure.is_timeout is (trouble == SILENCE)
    assert SECRET not in caplog.text + failure.message
    assert "identity" not in "".join(record.name for record in caplog.records if record.levelno >= logging.WARNING)


async def test_a_refused_connection_is_a_lost_connection(
    endpoint: IdentityEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:1/msi/token")
    assert (await fail()).reason is Reason.CONNECTION
    assert endpoint.asked == []


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_refusal_is_final_and_quotes_what_the_endpoint_says(endpoint: IdentityEndpoint, status: int) -> None:
    endpoint.always = status
    failure = await fail()
    assert failure.reason is Reason.AUTHENTICATION
    assert len(endpoint.asked) == 1
    assert str(status) in failure.message
    assert CLIENT_ID in failure.message
    assert HEADER not in failure.message


async def test_an_unknown_client_id_is_named_beside_the_endpoints_own_sentence(endpoint: IdentityEndpoint) -> None:
    unknown = CLIENT_ID.replace("1", "9")
    failure = await fail(IdentitySettings(unknown, is_in_azure=True, has_endpoint=True))
    assert failure.reason is Reason.AUTHENTICATION
    assert unknown in failure.message
    assert UNKNOWN_CLIENT in failure.message
    assert endpoint.asked == [(RESOURCE, unknown)]


async def test_an_app_without_an_identity_asks_nothing(endpoint: IdentityEndpoint) -> None:
    failure = await fail(load_settings({"WEBSITE_SITE_NAME": "func-seeder"}).identity)
    assert failure.reason is Reason.AUTHENTICATION
    assert endpoint.asked == []


async def test_tokens_that_expire_within_a_minute_are_renewed_in_time(
    endpoint: IdentityEndpoint, clock: MovedClock
) -> None:
    endpoint.token_seconds, calls = 60, 0
    async with open_credential(IN_AZURE, limits=ONCE) as credential:
        tokens = {(await credential.get_token_info(SCOPE)).token}
        clock.now += 35  # past half of its life
        async with asyncio.timeout(300):
            while len(tokens) == 1:
                info = await credential.get_token_info(SCOPE)
                assert info.expires_on > clock.now
                assert info.refresh_on is None
                tokens.add(info.token)
                calls += 1
                await asyncio.sleep(0)
    assert calls > 1  # the first token was used until the second one was there
    assert len(endpoint.asked) == 2


async def test_a_challenge_of_another_tenant_requests_another_token(endpoint: IdentityEndpoint) -> None:
    async with open_credential(IN_AZURE) as credential:
        first = await credential.get_token_info(SCOPE)
        other = await credential.get_token_info(SCOPE, options={"tenant_id": "a-tenant"})
    assert first.token != other.token
    assert len(endpoint.asked) == 2


def test_the_platforms_variables_decide_who_signs_in() -> None:
    assert load_settings({"AZURE_CLIENT_ID": "c"}).identity == IdentitySettings("c")
    for name in ("IDENTITY_ENDPOINT", "MSI_ENDPOINT"):
        assert load_settings({name: "http://127.0.0.1"}).identity == IdentitySettings(None, True, True)


def test_of_a_chain_of_developer_credentials_only_what_is_set_up_is_quoted() -> None:
    said = (
        "DefaultAzureCredential failed to retrieve a token from the included credentials.\nAttempted credentials:\n"
        "\tEnvironmentCredential: EnvironmentCredential authentication unavailable.\n"
        f"\tAzureCliCredential: AADSTS50020: User account does not exist in tenant '{CLIENT_ID}'\nsee aka.ms"
    )
    failure = explain_fetch_failure(ClientAuthenticationError(said), IdentitySettings(), 5.0)
    assert failure.reason is Reason.AUTHENTICATION
    assert "AADSTS50020" in failure.message
    assert CLIENT_ID in failure.message
    assert "Environment" not in failure.message


def test_a_connection_that_a_chain_lost_is_a_lost_connection() -> None:
    said = "failed\n\tEnvironmentCredential: Cannot connect to host login.microsoftonline.com:443 ssl:default"
    failure = explain_fetch_failure(ClientAuthenticationError(said), IdentitySettings(), 5.0)
    assert failure.reason is Reason.CONNECTION


# --- the store -------------------------------------------------------------------------------------------------------


async def test_the_store_says_that_signing_in_failed_and_not_blob_storage(endpoint: IdentityEndpoint) -> None:
    endpoint.always = 400
    store = BlobStore.from_settings(StoreSettings(kind="blob", account_url="https://127.0.0.1:1"), IN_AZURE)
    for call in (store.read("catalogs/lego/catalog.json"), store.probe()):
        with pytest.raises(StoreUnavailableError) as raised:
            await call
        assert raised.value.reason is Reason.AUTHENTICATION
        assert convert_error(raised.value).reason is Reason.AUTHENTICATION
        assert UNKNOWN_CLIENT in str(raised.value)
        assert "Blob Storage" not in str(raised.value)
    await store.close()


async def test_the_store_works_again_once_the_endpoint_answers(endpoint: IdentityEndpoint) -> None:
    endpoint.plan.extend([500, DROP])
    store = BlobStore.from_settings(StoreSettings(kind="blob", account_url="https://127.0.0.1:1"), IN_AZURE)
    with pytest.raises(StoreUnavailableError, match="Blob Storage could not be reached"):
        await store.read("catalogs/lego/catalog.json")
    await store.close()
    assert len(endpoint.asked) == 3


# --- telemetry -------------------------------------------------------------------------------------------------------


def test_telemetry_uses_a_good_token_while_no_new_one_can_be_had(endpoint: IdentityEndpoint, clock: MovedClock) -> None:
    endpoint.token_seconds = 80  # it is renewed at half of that
    credential = open_sync_credential(IN_AZURE, limits=PATIENT)
    first = credential.get_token(SCOPE)
    endpoint.always = SILENCE
    clock.now += 50
    while len(endpoint.asked) == 1:
        assert credential.get_token(SCOPE).token == first.token
        time.sleep(0.1)
    assert credential.get_token(SCOPE).token == first.token
    credential.close()


@pytest.mark.parametrize(
    ("trouble", "reason"), [(SILENCE, Reason.CONNECTION), (500, Reason.CONNECTION), (400, Reason.AUTHENTICATION)]
)
def test_telemetry_that_cannot_sign_in_reports_it(
    endpoint: IdentityEndpoint, trouble: int | str, reason: Reason
) -> None:
    endpoint.always = trouble
    credential = open_sync_credential(IN_AZURE, limits=choose_limits(trouble))
    with pytest.raises(SignInError) as raised:
        credential.get_token(SCOPE)
    credential.close()
    assert raised.value.reason is reason
