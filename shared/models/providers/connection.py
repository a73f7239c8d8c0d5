"""A line to one service, through the openai SDK: signs in, sends one call, and reads what came back as bytes.

Azure OpenAI, OpenAI and the servers that are compatible with it differ in where they are and how we sign in, and in
nothing else on this level.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import httpx2
import openai
from azure.core.exceptions import AzureError
from openai import AsyncOpenAI

from shared.config import IdentitySettings
from shared.errors import ModelError
from shared.identity.credentials import CachedCredential
from shared.identity.token_source import SignInLimits
from shared.models.lifecycle import read_shutdown_dates
from shared.models.protocol import ListedModels
from shared.models.provider_names import Provider
from shared.models.providers.azure_access import explain_access_error, explain_sign_in_error, find_requested_scope
from shared.models.providers.azure_token_scope import ModelTokens, choose_scope
from shared.models.providers.call_errors import AZURE_SETTING_NAMES, ModelCall, SettingNames
from shared.models.providers.image_download import ImageDownloader
from shared.models.providers.quota_headers import read_request_quota
from shared.models.providers.response_body import RawResponse, read_model_list
from shared.models.providers.sdk_client import (
    CONNECT_TIMEOUT_SECONDS,
    ModelClient,
    make_timeout,
    open_api_key_client,
    open_azure_client,
)
from shared.models.providers.sdk_errors import SDK_FAILURES, explain_failure, read_request_id, unwrap_body
from shared.models.providers.unsupported_parameters import find_unsupported_parameter
from shared.reasons import Reason

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from shared.config import ModelSettings
    from shared.models.provider_names import ProviderAccess

PROBE_TIMEOUT_SECONDS = 5.0
"""Somebody waits for the health page."""

CALL_FAILURES = (*SDK_FAILURES, AzureError)
"""What can go wrong with a call, signing in included."""

Send = Callable[[AsyncOpenAI, frozenset[str]], Awaitable[httpx2.Response]]
"""Makes one call with the SDK's client, without the named parameters, and returns the raw response, which the SDK has
not tried to understand."""

BoundSend = Callable[[AsyncOpenAI], Awaitable[httpx2.Response]]
"""The same, the parameters to leave out chosen already."""


class ModelConnection(ABC):
    """What the models behind the openai SDK have in common.

    A line belongs to the event loop that its first call is made on. Nothing is connected before that call.

    Args:
        names: the settings that a message names.
        key: our key, if we sign in with one.

    Attributes:
        listed: gets what a probe reads of the models.
    """

    def __init__(self, names: SettingNames, key: str | None) -> None:
        self._names = names
        self._key = key
        self._client: ModelClient | None = None
        self.listed_models = ListedModels()
        self._unsupported: dict[str, frozenset[str]] = {}
        self.downloader = ImageDownloader()

    def describe_call(self, kind: str, model: str, *private: str) -> ModelCall:
        """Return a call of a kind (text, vision, image) to a model; ``private`` is what must not be quoted of it."""
        subject = f"{kind} call to {self._names.noun} {model!r}"
        return ModelCall(subject=subject, key=self._key, private=private, settings=self._names, model=model)

    async def send(self, call: ModelCall, send: Send, seconds: float, *, optional: tuple[str, ...] = ()) -> RawResponse:
        """Make a call whose answer may take so many seconds.

        Args:
            call: what is called.
            send: makes the call.
            seconds: how long the answer may take.
            optional: parameters that not every server knows. Where a refusal names one, which is not billed, the call
                is made again without it, and later ones to the same model leave it out from the start.

        Raises:
            ModelError: there is no answer with a status below 300.
        """
        client = self._get_client(call)
        try:
            await client.sign_in()
        except AzureError as failure:
            raise self._explain(failure, replace(call, billed=False)) from None
        while True:
            omitted = self._unsupported.get(call.subject, frozenset())
            try:
                response = await self._send(client, partial(_send_omitting, send, omitted), seconds)
            except CALL_FAILURES as failure:
                unsupported = _find_unsupported_parameter(failure, [name for name in optional if name not in omitted])
                if unsupported is None:
                    raise self._explain(failure, call) from None
                self._unsupported[call.subject] = self._unsupported.get(call.subject, frozenset()) | {unsupported}
                continue
            headers = response.headers
            return RawResponse(response.content, read_request_id(headers), read_request_quota(headers))

    async def probe(self) -> None:
        """List the models, which is not billed.

        Raises:
            ModelError: the service cannot be reached, or refuses our credentials.
        """
        call = ModelCall(subject="model list", key=self._key, billed=False, settings=self._names)

        async def send(sdk: AsyncOpenAI, _: frozenset[str]) -> httpx2.Response:
            raw = await sdk.models.with_raw_response.list(timeout=make_timeout(PROBE_TIMEOUT_SECONDS))
            return raw.http_response

        models = read_model_list(await self.send(call, send, PROBE_TIMEOUT_SECONDS), call)
        self.listed_models.shutdown_dates |= read_shutdown_dates(models)

    async def close(self) -> None:
        """Close the connections and the credential; a second call does nothing."""
        client, self._client = self._client, None
        await self.downloader.close()
        if client is not None:
            await client.close()

    @abstractmethod
    def _open_client(self, call: ModelCall) -> ModelClient:
        """Return a new client.

        Raises:
            ModelError: the service is not configured.
            httpx2.InvalidURL: its address is no URL.
        """

    async def _send(self, client: ModelClient, send: BoundSend, seconds: float) -> httpx2.Response:
        """Send a call once.

        Raises:
            Exception: one of CALL_FAILURES.
        """
        # The SDK's timeout is for each read from the socket: an answer that trickles in would never end.
        async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS + seconds):
            return await send(client.sdk)

    def _explain(self, failure: Exception, call: ModelCall) -> ModelError:
        """Return the ModelError for one of CALL_FAILURES."""
        return explain_failure(failure, call)

    def _get_client(self, call: ModelCall) -> ModelClient:
        key = self._key
        if key is not None and not (key.isascii() and key.isprintable() and " " not in key):
            what = f"{self._names.key} holds spaces or characters that no key has; copy it again"
            raise call.build_error(Reason.AUTHENTICATION, what)
        if self._client is None:
            try:
                self._client = self._open_client(call)
            except httpx2.InvalidURL:
                what = f"{self._names.address} is no valid URL; expected one such as https://models.example.com"
                raise call.build_error(Reason.NOT_CONFIGURED, what) from None
        return self._client


async def _send_omitting(send: Send, omitted: frozenset[str], sdk: AsyncOpenAI) -> httpx2.Response:
    return await send(sdk, omitted)


def _find_unsupported_parameter(failure: Exception, optional: list[str]) -> str | None:
    if not isinstance(failure, openai.APIStatusError):
        return None
    return find_unsupported_parameter(failure.status_code, unwrap_body(failure.body), optional)


class AzureConnection(ModelConnection):
    """A line to an Azure OpenAI endpoint.

    Args:
        settings: where the endpoint is and how to sign in.
        identity: who signs in when there is no key; None = the developer's credentials.
        credential: signs in instead. Closed by `close`.
        limits: how long signing in may take; None = the usual bounds.
    """

    def __init__(
        self,
        settings: "ModelSettings",
        *,
        identity: IdentitySettings | None = None,
        credential: "AsyncTokenCredential | None" = None,
        limits: SignInLimits | None = None,
    ) -> None:
        super().__init__(AZURE_SETTING_NAMES, settings.api_key)
        self._settings = settings
        self._identity = identity or IdentitySettings()
        self._credential = credential
        self._limits = limits

    def _open_client(self, call: ModelCall) -> ModelClient:
        if self._settings.endpoint is None:
            what = f"{self._names.address} is not set; expected a URL such as https://NAME.openai.azure.com"
            raise call.build_error(Reason.NOT_CONFIGURED, what)
        tokens = None
        if self._key is None:
            credential = CachedCredential(self._identity, limits=self._limits, inner=self._credential)
            tokens = ModelTokens(credential, choose_scope(self._settings.api_version))
        return open_azure_client(self._settings.endpoint, self._settings, tokens)

    async def _send(self, client: ModelClient, send: BoundSend, seconds: float) -> httpx2.Response:
        """Send a call; where the account takes tokens for another audience than the documented one, once more.

        A call that is refused so is not billed.
        """
        tokens = client.tokens
        sent_for = None if tokens is None else tokens.scope
        try:
            return await super()._send(client, send, seconds)
        except openai.AuthenticationError as failure:
            asked = find_requested_scope(failure)
            if tokens is None or asked is None or asked == sent_for:
                raise
            tokens.scope = asked
            return await super()._send(client, send, seconds)

    def _explain(self, failure: Exception, call: ModelCall) -> ModelError:
        if isinstance(failure, AzureError):
            return explain_sign_in_error(failure, call, self._identity)
        error = explain_failure(failure, call)
        return explain_access_error(failure, call, error) if isinstance(failure, openai.APIStatusError) else error


class ApiKeyConnection(ModelConnection):
    """A line to any other server that speaks OpenAI's wire.

    Args:
        access: where it is, and its key if it asks for one.
        names: the settings that say so.
    """

    def __init__(self, access: "ProviderAccess", names: SettingNames) -> None:
        super().__init__(names, access.api_key)
        self._base_url = access.base_url

    def _open_client(self, call: ModelCall) -> ModelClient:
        if self._base_url is None:
            raise call.build_error(
                Reason.NOT_CONFIGURED, f"{self._names.address} is not set; expected the server's URL"
            )
        return open_api_key_client(self._base_url, self._key)


PROVIDER_SETTING_NAMES = {
    Provider.OPENAI: SettingNames(
        noun="model",
        address="OPENAI_BASE_URL and the network",
        key="OPENAI_API_KEY",
        model="TEXT_MODEL, VISION_MODEL and IMAGE_MODEL",
    ),
    Provider.GEMINI: SettingNames(
        noun="model", address="the network", key="GEMINI_API_KEY", model="TEXT_MODEL and VISION_MODEL"
    ),
    Provider.COMPATIBLE: SettingNames(
        noun="model",
        address="OPENAI_COMPATIBLE_BASE_URL",
        key="OPENAI_COMPATIBLE_API_KEY",
        model="OPENAI_COMPATIBLE_BASE_URL, TEXT_MODEL, VISION_MODEL and IMAGE_MODEL",
    ),
}
"""What to name where a service cannot be used; where OpenAI and Gemini are, no setting says."""
