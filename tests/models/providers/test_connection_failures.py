"""Calls without an answer: those that may be billed differ from those that were never sent."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace

import anyio
import httpx2
import openai
import pytest

from shared.config import ModelSettings
from shared.errors import ModelError
from shared.models.providers import connection, responses_model, sdk_client
from shared.models.providers.azure import AZURE_SETTING_NAMES, open_azure_model
from shared.models.providers.model_call import ModelCall
from shared.models.providers.responses_model import ResponsesModel
from shared.models.providers.sdk_errors import explain_failure
from shared.reasons import Reason
from tests.support.model_requests import FIGURE_REQUEST, IMAGE_REQUEST, SECRET_KEY
from tests.support.scripted_service import CutOff, HangUp, Hold, Script, ScriptedService


async def draw_in_vain(model: ResponsesModel) -> ModelError:
    with pytest.raises(ModelError) as raised:
        await model.generate_image(IMAGE_REQUEST)
    return raised.value


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that refuses connections, and that no other process gets."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.mark.parametrize(
    "script",
    [HangUp(after_reading=True), HangUp(after_reading=False), CutOff(b'{"created": 1, "data": [{"b64_js')],
    ids=["after reading", "before reading", "in the answer"],
)
async def test_a_connection_lost_after_sending_may_have_been_billed(
    service: ScriptedService, styled_model: ResponsesModel, script: Script
) -> None:
    service.plan(script, script)
    failure = await draw_in_vain(styled_model)
    assert failure.reason is Reason.TIMEOUT_AMBIGUOUS
    assert "may have been billed" in failure.message
    with pytest.raises(ModelError) as raised:
        await styled_model.answer(FIGURE_REQUEST)
    assert raised.value.reason is Reason.TIMEOUT_AMBIGUOUS
    assert len(service.requests) == 2


async def test_an_image_that_takes_too_long_may_have_been_billed(
    service: ScriptedService, settings: ModelSettings
) -> None:
    model = open_azure_model(replace(settings, image_timeout_seconds=0.05))
    service.plan(Hold())
    failure = await draw_in_vain(model)
    await model.close()
    assert failure.reason is Reason.TIMEOUT_AMBIGUOUS
    assert len(service.requests) <= 1  # a service on a busy machine has not read it yet


async def test_an_answer_that_never_ends_is_given_up_as_a_whole(
    service: ScriptedService, settings: ModelSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "CONNECT_TIMEOUT_SECONDS", -3599.9)  # the whole call gets 0.1 s, a read an hour
    model = open_azure_model(replace(settings, image_timeout_seconds=3600))
    service.plan(Hold(beginning=b'{"created": '))
    failure = await draw_in_vain(model)
    await model.close()
    assert failure.reason is Reason.TIMEOUT_AMBIGUOUS


async def test_a_text_call_that_takes_too_long_may_have_been_billed(
    service: ScriptedService, model: ResponsesModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(responses_model, "TEXT_TIMEOUT_SECONDS", 0.05)
    service.plan(Hold())
    with pytest.raises(ModelError) as raised:
        await model.answer(FIGURE_REQUEST)
    assert raised.value.reason is Reason.TIMEOUT_AMBIGUOUS


@pytest.mark.parametrize("api_version", [None, "2025-04-01-preview"])
async def test_a_refused_connection_sent_nothing(closed_port: int, api_version: str | None) -> None:
    endpoint = f"http://127.0.0.1:{closed_port}"
    model = open_azure_model(ModelSettings(endpoint=endpoint, api_key=SECRET_KEY, api_version=api_version))
    failure = await draw_in_vain(model)
    await model.close()
    assert failure.reason is Reason.CONNECTION
    assert "nothing was sent" in failure.message


async def test_a_name_that_no_host_can_have_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    model = open_azure_model(ModelSettings(endpoint="https://contoso..azure.com", api_key=SECRET_KEY))
    failure = await draw_in_vain(model)
    await model.close()
    assert failure.reason is Reason.CONNECTION


async def test_a_host_that_takes_no_connection_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdk_client, "CONNECT_TIMEOUT_SECONDS", 0.05)
    with socket.socket() as full, socket.socket() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting.connect(full.getsockname())  # the only place in the queue; the kernel leaves the next one unanswered
        endpoint = f"http://127.0.0.1:{full.getsockname()[1]}"
        model = open_azure_model(ModelSettings(endpoint=endpoint, api_key=SECRET_KEY))
        failure = await draw_in_vain(model)
        await model.close()
    assert failure.reason is Reason.CONNECTION
    assert "ConnectTimeout" in failure.message


async def test_a_service_that_speaks_no_tls_sent_nothing(service: ScriptedService, settings: ModelSettings) -> None:
    model = open_azure_model(replace(settings, endpoint=service.endpoint.replace("http://", "https://")))
    failure = await draw_in_vain(model)
    await model.close()
    assert failure.reason is Reason.CONNECTION


@pytest.mark.parametrize("script", [HangUp(), Hold()], ids=["hung up", "held"])
async def test_a_probe_bills_nothing_so_its_failure_is_never_ambiguous(
    service: ScriptedService, model: ResponsesModel, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PROBE_TIMEOUT_SECONDS", 0.05)
    service.plan(script)
    with pytest.raises(ModelError) as raised:
        await model.probe()
    assert raised.value.reason is Reason.CONNECTION


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (httpx2.ConnectError("no route"), Reason.CONNECTION),
        (httpx2.ConnectTimeout("slow"), Reason.CONNECTION),
        (httpx2.PoolTimeout("full"), Reason.CONNECTION),
        (httpx2.ProxyError("no tunnel"), Reason.CONNECTION),
        (httpx2.LocalProtocolError("illegal header value b'Bearer key'"), Reason.CONNECTION),
        (ssl.SSLCertVerificationError("self-signed"), Reason.CONNECTION),
        (httpx2.ReadTimeout("slow"), Reason.TIMEOUT_AMBIGUOUS),
        (httpx2.WriteTimeout("slow"), Reason.TIMEOUT_AMBIGUOUS),
        (httpx2.ReadError("reset"), Reason.TIMEOUT_AMBIGUOUS),
        (httpx2.WriteError("reset"), Reason.TIMEOUT_AMBIGUOUS),
        (httpx2.RemoteProtocolError("gone"), Reason.TIMEOUT_AMBIGUOUS),
        (httpx2.DecodingError("bad gzip"), Reason.TIMEOUT_AMBIGUOUS),
        (ssl.SSLError("bad record"), Reason.TIMEOUT_AMBIGUOUS),
        (anyio.EndOfStream(), Reason.TIMEOUT_AMBIGUOUS),
    ],
)
def test_each_way_to_lose_a_connection_is_reported_apart(cause: Exception, reason: Reason) -> None:
    wrapped = openai.APIConnectionError(request=httpx2.Request("POST", "https://contoso.openai.azure.com"))
    wrapped.__cause__ = cause
    failure = explain_failure(wrapped, ModelCall(subject="image call", key=SECRET_KEY, settings=AZURE_SETTING_NAMES))
    assert failure.reason is reason
    assert type(cause).__name__ in failure.message
    assert "Bearer" not in failure.message


def test_a_request_that_the_sdk_refuses_to_make_is_a_bad_request() -> None:
    failure = explain_failure(
        openai.OpenAIError("odd"), ModelCall(subject="image call", key=None, settings=AZURE_SETTING_NAMES)
    )
    assert failure.reason is Reason.BAD_REQUEST
