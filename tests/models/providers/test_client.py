"""How the connection is made."""

import socket

import httpx2
import pytest

from shared.config import ModelSettings
from shared.models.providers.sdk_client import _open_http_client, open_azure_client
from tests.support.model_requests import SECRET_KEY
from tests.support.scripted_service import Answer, ScriptedService


async def test_a_silent_connection_is_kept_alive_while_an_image_is_generated(
    service: ScriptedService, settings: ModelSettings
) -> None:
    service.plan(Answer({"data": []}))
    client = open_azure_client(service.endpoint, settings, None)
    raw = await client.sdk.models.with_raw_response.list()
    connection = raw.http_response.extensions["network_stream"].get_extra_info("socket")
    assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    await client.close()


@pytest.mark.parametrize(("is_local", "proxied"), [(True, False), (False, True)])
async def test_a_proxy_of_the_environment_is_used_for_other_machines_only(
    is_local: bool, proxied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    client = _open_http_client(is_local=is_local)
    route = client._transport_for_url(httpx2.URL("https://contoso.openai.azure.com"))
    assert (route is not client._transport) is proxied
    await client.aclose()


async def test_the_sdk_is_reported_the_key_and_no_other_credential(settings: ModelSettings) -> None:
    client = open_azure_client("https://contoso.openai.azure.com", settings, None)
    assert client.sdk.api_key == SECRET_KEY
    assert client.tokens is None
    await client.close()
