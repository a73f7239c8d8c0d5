"""Signing in with an identity instead of a key."""

import time
from types import TracebackType
from typing import Any, Self

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from azure.identity import CredentialUnavailableError

from shared.adapters import model_line
from shared.adapters.model_client import TOKEN_SCOPE_DATED, TOKEN_SCOPE_V1
from shared.adapters.model_line import AzureLine
from shared.adapters.model_openai import OpenAIModel
from shared.config import ModelSettings
from shared.ports import ModelError
from shared.reasons import Reason
from tests.support.model_answers import image_answer
from tests.support.model_requests import DATED, PICTURE_REQUEST, V1, UrlStyle
from tests.support.scripted_service import Answer, ScriptedService

TOKEN = "eyJhbGciOi.a-token-of-an-identity"


class RecordingCredential:
    """Gives one token for an hour, or fails; remembers the scopes it was asked for."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.scopes: list[str] = []
        self.closed = False

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.scopes.extend(scopes)
        if self.failure:
            raise self.failure
        return AccessToken(TOKEN, int(time.time()) + 3600)

    async def close(self) -> None:
        self.closed = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.close()


@pytest.mark.parametrize(("style", "scope"), [(V1, TOKEN_SCOPE_V1), (DATED, TOKEN_SCOPE_DATED)], ids=["v1", "dated"])
async def test_an_identity_signs_in_once_for_the_scope_of_the_url_style(
    service: ScriptedService, style: UrlStyle, scope: str
) -> None:
    credential = RecordingCredential()
    model = OpenAIModel(ModelSettings(endpoint=service.endpoint, api_version=style.api_version), credential=credential)
    service.plan(Answer(image_answer()), Answer(image_answer()))
    await model.draw(PICTURE_REQUEST)
    await model.draw(PICTURE_REQUEST)
    await model.close()
    assert [request.headers["Authorization"] for request in service.requests] == [f"Bearer {TOKEN}"] * 2
    assert "api-key" not in service.requests[0].headers
    assert credential.scopes == [scope]
    assert credential.closed


@pytest.mark.parametrize(
    ("failure", "reason", "words"),
    [
        (ClientAuthenticationError(f"AADSTS7000215 {TOKEN}\nsecret"), Reason.AUTHENTICATION, "AZURE_OPENAI_API_KEY"),
        (CredentialUnavailableError("No identity found\non this machine"), Reason.AUTHENTICATION, "az login"),
        (ServiceRequestError("login host unreachable"), Reason.CONNECTION, "sign-in service"),
    ],
)
@pytest.mark.parametrize("style", [V1, DATED], ids=["v1", "dated"])
async def test_a_failed_sign_in_sends_nothing_and_says_what_to_set(
    service: ScriptedService, style: UrlStyle, failure: Exception, reason: Reason, words: str
) -> None:
    settings = ModelSettings(endpoint=service.endpoint, api_version=style.api_version)
    model = OpenAIModel(settings, credential=RecordingCredential(failure))
    with pytest.raises(ModelError) as raised:
        await model.draw(PICTURE_REQUEST)
    await model.close()
    assert raised.value.reason is reason
    assert words in raised.value.message
    assert TOKEN not in raised.value.message
    assert service.requests == []


async def test_a_sign_in_that_takes_too_long_is_a_connection_failure(
    service: ScriptedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    class SilentCredential(RecordingCredential):
        async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
            await service.stopped()
            return await super().get_token(*scopes)

    monkeypatch.setattr(model_line, "SIGN_IN_TIMEOUT_SECONDS", 0.05)
    model = OpenAIModel(ModelSettings(endpoint=service.endpoint), credential=SilentCredential())
    with pytest.raises(ModelError) as raised:
        await model.draw(PICTURE_REQUEST)
    await model.close()
    assert raised.value.reason is Reason.CONNECTION
    assert service.requests == []


async def test_without_key_and_credential_the_default_identity_is_used(service: ScriptedService) -> None:
    line = AzureLine(ModelSettings(endpoint=service.endpoint))
    client = line._connect(line.describe("text", "gpt-5"))
    assert type(client._credential).__name__ == "DefaultAzureCredential"
    await line.close()
