"""How the connection is made."""

import socket

import httpx2
import pytest

from shared.config import ModelSettings
from shared.models.providers.azure import choose_url_style
from shared.models.providers.sdk_client import open_http_client
from tests.support.model_requests import SECRET_KEY
from tests.support.scripted_service import Answer, ScriptedService


async def test_a_silent_connection_is_kept_alive_while_an_image_is_generated(
    service: ScriptedService, settings: ModelSettings
) -> None:
    service.plan(Answer({"data": []}))
    sdk = choose_url_style(None).open_sdk(service.endpoint, settings.api_key, None)
    raw = await sdk.models.with_raw_response.list()
    connection = raw.http_response.extensions["network_stream"].get_extra_info("socket")
    assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    await sdk.close()


@pytest.mark.parametrize(
    ("url", "proxied"), [("http://127.0.0.1:9", False), ("https://contoso.openai.azure.com", True)]
)
async def test_a_proxy_of_the_environment_is_used_for_other_machines_only(
    url: str, proxied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    client = open_http_client(url)
    route = client._transport_for_url(httpx2.URL("https://contoso.openai.azure.com"))
    assert (route is not client._transport) is proxied
    await client.aclose()


@pytest.mark.parametrize("api_version", [None, "2026-01-01"])
async def test_a_key_is_the_only_credential_of_the_sdk_in_both_url_styles(api_version: str | None) -> None:
    sdk = choose_url_style(api_version).open_sdk("https://contoso.openai.azure.com", SECRET_KEY, None)
    assert sdk.api_key == SECRET_KEY
    await sdk.close()
