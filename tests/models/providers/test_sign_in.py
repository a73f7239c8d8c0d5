"""Signing in with an identity instead of a key."""

import time
from types import TracebackType
from typing import Any, Self

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from azure.identity import CredentialUnavailableError

from shared.config import IdentitySettings, ModelSettings
from shared.errors import ModelError
from shared.identity.sign_in_errors import SignInError
from shared.identity.token_source import SignInLimits
from shared.models.providers.azure import (
    AZURE_SETTING_NAMES,
    TOKEN_SCOPE_DATED,
    TOKEN_SCOPE_V1,
    AzureConnection,
    open_azure_model,
)
from shared.models.providers.azure_sign_in import explain_sign_in_error
from shared.models.providers.model_call import ModelCall
from shared.models.providers.responses_model import ResponsesModel
from shared.reasons import Reason
from tests.support.model_answers import image_answer
from tests.support.model_requests import DATED, IMAGE_REQUEST, V1, UrlStyle
from tests.support.scripted_service import Answer, ScriptedService

CALL = ModelCall(subject="image call", key=None, settings=AZURE_SETTING_NAMES)
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


async def generate_two_images(service: ScriptedService, style: UrlStyle) -> RecordingCredential:
    """Return the identity with which a model of Azure OpenAI signed in."""
    credential = RecordingCredential()
    model = open_azure_model(
        ModelSettings(endpoint=service.endpoint, api_version=style.api_version), credential=credential
    )
    await model.generate_image(IMAGE_REQUEST)
    await model.generate_image(IMAGE_REQUEST)
    await model.close()
    return credential


@pytest.mark.parametrize(("style", "scope"), [(V1, TOKEN_SCOPE_V1), (DATED, TOKEN_SCOPE_DATED)], ids=["v1", "dated"])
async def test_an_identity_signs_in_once_for_the_scope_of_the_url_style(
    service: ScriptedService, style: UrlStyle, scope: str
) -> None:
    service.plan(Answer(image_answer()), Answer(image_answer()))
    credential = await generate_two_images(service, style)
    assert [request.headers["Authorization"] for request in service.requests] == [f"Bearer {TOKEN}"] * 2
    assert "api-key" not in service.requests[0].headers
    assert credential.scopes == [scope]
    assert credential.closed


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (ClientAuthenticationError(f"AADSTS7000215 {TOKEN}\nsecret"), Reason.AUTHENTICATION),
        (CredentialUnavailableError("No identity found\non this machine"), Reason.AUTHENTICATION),
        (ServiceRequestError("login host unreachable"), Reason.CONNECTION),
    ],
)
@pytest.mark.parametrize("style", [V1, DATED], ids=["v1", "dated"])
@pytest.mark.parametrize("is_in_azure", [True, False])
async def test_a_failed_sign_in_sends_nothing_and_advises_a_key_only_where_there_may_be_one(
    service: ScriptedService, style: UrlStyle, failure: Exception, reason: Reason, is_in_azure: bool
) -> None:
    error = await fail(service, RecordingCredential(failure), IdentitySettings(is_in_azure=is_in_azure), style)
    assert error.reason is reason
    assert ("KEY" in error.message) is (reason is Reason.AUTHENTICATION and not is_in_azure)
    assert TOKEN not in error.message
    assert not error.is_final
    assert service.requests == []


def test_a_sign_in_in_the_middle_of_a_call_billed_nothing() -> None:
    for failure in (SignInError(Reason.CONNECTION, "away"), ServiceRequestError("away")):
        error = explain_sign_in_error(failure, CALL, IdentitySettings())
        assert error.reason is Reason.CONNECTION


async def test_an_endpoint_that_never_answered_is_not_waited_for_again(service: ScriptedService) -> None:
    error = await fail(service, RecordingCredential(TimeoutError()))
    assert (error.reason, error.is_final) == (Reason.CONNECTION, True)
    assert service.requests == []


@pytest.mark.parametrize(("style", "asked"), [(V1, TOKEN_SCOPE_DATED), (DATED, TOKEN_SCOPE_V1)], ids=["v1", "dated"])
async def test_a_refusal_that_names_another_audience_is_answered_with_a_token_for_that_one(
    service: ScriptedService, style: UrlStyle, asked: str
) -> None:
    service.plan(wrong_audience(asked.removesuffix("/.default")), Answer(image_answer()), Answer(image_answer()))
    credential = await generate_two_images(service, style)
    assert credential.scopes[1:] == [asked]
    assert len(service.requests) == 3


@pytest.mark.parametrize(
    ("audiences", "requests"),
    [
        (("https://cognitiveservices.azure.com", "https://ml.azure.com"), 2),
        (("https://management.azure.com",), 1),
        (("https://ai.azure.com",), 1),
        (("https://ai.azure.com.example.com",), 1),
    ],
    ids=["once", "not ours to give", "the one it got", "a lookalike"],
)
async def test_another_audience_is_tried_once_and_only_one_of_a_model(
    service: ScriptedService, audiences: tuple[str, ...], requests: int
) -> None:
    credential = RecordingCredential()
    model = open_azure_model(ModelSettings(endpoint=service.endpoint), credential=credential)
    service.plan(*map(wrong_audience, audiences))
    with pytest.raises(ModelError) as raised:
        await model.generate_image(IMAGE_REQUEST)
    await model.close()
    assert raised.value.reason is Reason.AUTHENTICATION
    assert "KEY" not in raised.value.message
    assert len(service.requests) == requests
    assert "https://management.azure.com/.default" not in credential.scopes


PRINCIPAL = "9e1c4a7b-1f2d-4c3b-8a5e-0123456789ab"


@pytest.mark.parametrize(
    ("status", "code", "said", "word"),
    [
        (
            400,
            "BadRequest",
            "Please provide a custom subdomain for token authentication, otherwise API key is required.",
            "--custom-domain",
        ),
        (403, "403", "Access denied due to Virtual Network/Firewall rules.", "network rules"),
        (403, "403", "Public access is disabled. Please configure private endpoint.", "network rules"),
        (401, "PermissionDenied", f"The principal `{PRINCIPAL}` lacks the required data action", PRINCIPAL),
        (403, "PermissionDenied", f"The principal `{PRINCIPAL}` lacks the required data action", "OpenAI User"),
        (401, "401", "Unauthorized", "OpenAI User"),
    ],
)
async def test_an_account_that_keeps_us_out_has_advice_of_its_own(
    service: ScriptedService, status: int, code: str, said: str, word: str
) -> None:
    service.plan(Answer({"error": {"code": code, "message": said}}, status=status))
    error = await fail(service, RecordingCredential())
    assert error.reason is Reason.AUTHENTICATION
    assert word in error.message
    assert "AZURE_OPENAI_API_KEY" not in error.message


async def test_a_key_that_an_account_does_not_take_is_to_be_removed(service: ScriptedService) -> None:
    said = "Key based authentication is disabled for this resource."
    service.plan(Answer({"error": {"code": "AuthenticationTypeDisabled", "message": said}}, status=403))
    model = open_azure_model(ModelSettings(endpoint=service.endpoint, api_key="a-key-of-the-account"))
    with pytest.raises(ModelError) as raised:
        await model.generate_image(IMAGE_REQUEST)
    await model.close()
    assert raised.value.reason is Reason.AUTHENTICATION
    assert "remove AZURE_OPENAI_API_KEY" in raised.value.message


def wrong_audience(audience: str) -> Answer:
    said = f"Access token is missing, invalid, audience is incorrect ({audience}), or have expired."
    return Answer({"error": {"code": "401", "message": said}}, status=401)


async def fail(
    service: ScriptedService,
    credential: RecordingCredential,
    identity: IdentitySettings | None = None,
    style: UrlStyle = V1,
) -> ModelError:
    """Return how a call of an image fails."""
    settings = ModelSettings(endpoint=service.endpoint, api_version=style.api_version)
    connection = AzureConnection(
        settings, identity=identity, credential=credential, limits=SignInLimits(retry_window_seconds=0.05)
    )
    model = ResponsesModel(settings, connection)
    with pytest.raises(ModelError) as raised:
        await model.generate_image(IMAGE_REQUEST)
    await model.close()
    return raised.value
