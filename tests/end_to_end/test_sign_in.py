"""Whole runs without a key, with faults of the identity endpoint."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model_simulator.in_process import running_simulator
from shared.config import IdentitySettings, ModelSettings
from shared.identity import credentials
from shared.identity.token_source import SignInLimits
from tests.support.identity_endpoint import (
    CLIENT_ID,
    DROP,
    SILENCE,
    UNKNOWN_CLIENT,
    IdentityEndpoint,
    run_identity_endpoint,
)
from tests.support.running_app import FAST, run_app

BRIEF = SignInLimits(
    attempt_timeout_seconds=1.0, retry_window_seconds=1.5, initial_backoff_seconds=0.01, max_backoff_seconds=0.05
)
PATIENT = replace(BRIEF, attempt_timeout_seconds=3.0, retry_window_seconds=300.0)
"""Outlasts the faults of a test on a machine that is busy."""


async def run_without_key(
    folder: Path,
    endpoint: IdentityEndpoint,
    monkeypatch: pytest.MonkeyPatch,
    *,
    client_id: str = CLIENT_ID,
    limits: SignInLimits = PATIENT,
) -> dict[str, Any]:
    """Run with an identity and return the final status."""
    monkeypatch.setattr(credentials, "_choose_limits", lambda _identity: limits)
    for name, value in endpoint.environment.items():
        monkeypatch.setenv(name, value)
    async with running_simulator(faults={"latencySeconds": FAST}) as simulator:
        identity = IdentitySettings(client_id, is_in_azure=True, has_endpoint=True)
        model = ModelSettings(endpoint=simulator.url)
        async with run_app(folder, simulator=simulator, model=model, identity=identity) as app:
            return await app.run(targetCount=4, categoryCount=2, thumbnails=False)


@pytest.mark.parametrize("trouble", [[500] * 5, [429, 503, DROP], [SILENCE]], ids=["500", "mixed", "one silence"])
async def test_a_run_completes_through_a_transient_fault_of_the_endpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: list[int | str]
) -> None:
    with run_identity_endpoint() as endpoint:
        endpoint.plan.extend(trouble)
        status = await run_without_key(tmp_path, endpoint, monkeypatch)
    assert (status["status"], status["progress"]["images"]["done"]) == ("Completed", 4)
    assert not endpoint.plan
    assert len(endpoint.asked) > len(trouble)


async def test_a_slow_endpoint_with_short_tokens_costs_no_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with run_identity_endpoint() as endpoint:
        endpoint.delay_seconds, endpoint.token_seconds = 0.3, 2
        status = await run_without_key(tmp_path, endpoint, monkeypatch)
    assert (status["status"], status["failures"]) == ("Completed", {})


async def test_an_unknown_client_id_ends_the_run_with_the_message_of_the_endpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = CLIENT_ID.replace("1", "9")
    with run_identity_endpoint() as endpoint:
        limits = replace(PATIENT, attempt_timeout_seconds=300.0)  # so that a slow machine asks once, too
        status = await run_without_key(tmp_path, endpoint, monkeypatch, client_id=unknown, limits=limits)
    assert (status["status"], status["error"]["reason"]) == ("Failed", "authentication")
    assert unknown in status["error"]["message"]
    assert UNKNOWN_CLIENT in status["error"]["message"]
    assert len(endpoint.asked) == 1


async def test_an_endpoint_that_never_answers_ends_the_run_without_the_policys_retries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with run_identity_endpoint() as endpoint:
        endpoint.always = SILENCE
        status = await run_without_key(tmp_path, endpoint, monkeypatch, limits=BRIEF)
    assert status["error"]["reason"] == "connection"
    assert status["cost"]["calls"] == 0
    assert len(endpoint.asked) <= 3
