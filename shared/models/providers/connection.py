"""A connection to one provider through the openai SDK: signs in, sends a call, returns the unparsed answer."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import httpx2
import openai
from azure.core.exceptions import AzureError
from openai import AsyncOpenAI

from shared.errors import ModelError
from shared.models.lifecycle import read_shutdown_dates
from shared.models.protocol import ListedModels
from shared.models.providers.error_reasons import classify_status
from shared.models.providers.image_download import ImageDownloader
from shared.models.providers.model_call import ModelCall, SettingNames
from shared.models.providers.rate_limit_headers import read_request_quota
from shared.models.providers.response_body import RawResponse, read_model_list
from shared.models.providers.sdk_client import CONNECT_TIMEOUT_SECONDS, ModelClient, make_timeout, open_api_key_client
from shared.models.providers.sdk_errors import SDK_FAILURES, explain_failure, read_request_id, unwrap_body
from shared.models.providers.unsupported_parameters import UnsupportedParameters
from shared.reasons import Reason

if TYPE_CHECKING:
    from shared.models.provider_names import ProviderAccess

PROBE_TIMEOUT_SECONDS = 5.0
"""The caller of the health page waits for it."""

STREAM_TIMEOUT_SECONDS = 60.0
"""Between two parts of a file that is streamed."""

CALL_FAILURES = (*SDK_FAILURES, AzureError)
"""What a call can raise, sign-in included."""

Send = Callable[[AsyncOpenAI, frozenset[str]], Awaitable[httpx2.Response]]
"""Sends one call with the SDK's client, without the named parameters, and returns the unparsed response."""

BoundSend = Callable[[AsyncOpenAI], Awaitable[httpx2.Response]]
"""A `Send` whose omitted parameters are bound."""


class ModelConnection(ABC):
    """The base of connections through the openai SDK.

    Belongs to the event loop of its first call; connects at that call.

    Args:
        names: the provider's settings, for messages.
        key: None = no key.
        listed_models: receives the models that `probe` reads; None = a new one.
    """

    def __init__(self, names: SettingNames, key: str | None, listed_models: ListedModels | None = None) -> None:
        self._names = names
        self._key = key
        self._client: ModelClient | None = None
        self._listed_models = listed_models or ListedModels()
        self._unsupported = UnsupportedParameters()
        self.downloader = ImageDownloader()

    def describe_call(self, kind: str, model: str, *private: str) -> ModelCall:
        """Return the description of a call, for its errors.

        Args:
            kind: text, vision or image.
            model: the deployment or model.
            private: texts of the request that messages must not quote.
        """
        subject = f"{kind} call to {self._names.noun} {model!r}"
        return ModelCall(subject=subject, key=self._key, private=private, settings=self._names, model=model)

    async def send(self, call: ModelCall, send: Send, seconds: float, *, optional: tuple[str, ...] = ()) -> RawResponse:
        """Send a call and return its answer.

        Args:
            call: the description of the call.
            send: sends it.
            seconds: the timeout of the answer.
            optional: parameters that are left out if the server refuses them, see `unsupported_parameters`.

        Raises:
            ModelError: there is no answer with a status below 300.
        """
        client = self._get_client(call)
        try:
            await client.sign_in()
        except AzureError as failure:
            raise self._explain(failure, replace(call, billed=False)) from None
        while True:
            omitted = self._unsupported.get_omitted(call.subject)
            try:
                response = await self._send(client, partial(_send_omitting, send, omitted), seconds)
            except CALL_FAILURES as failure:
                if isinstance(failure, openai.APIStatusError) and self._unsupported.learn_from(
                    call.subject, failure.status_code, unwrap_body(failure.body), optional
                ):
                    continue
                raise self._explain(failure, call) from None
            headers = response.headers
            return RawResponse(response.content, read_request_id(headers), read_request_quota(headers))

    async def stream_lines(self, call: ModelCall, path: str) -> AsyncGenerator[bytes, None]:
        """Yield the lines of a file of the provider as they arrive; one at a time is in memory.

        Args:
            call: the description of the call.
            path: of the file, relative to the provider's URL.

        Raises:
            ModelError: the file cannot be read to its end.
        """
        call = replace(call, billed=False)
        client = self._get_client(call)
        try:
            await client.sign_in()
            url = str(client.sdk.base_url).rstrip("/") + path
            headers = dict(client.sdk.auth_headers)
            timeout = make_timeout(STREAM_TIMEOUT_SECONDS)
            async with client.sdk._client.stream("GET", url, headers=headers, timeout=timeout) as response:  # noqa: SLF001 - the SDK streams no large file by lines
                if response.status_code >= httpx2.codes.BAD_REQUEST:
                    await response.aread()
                    message = response.text[:1000]
                    reason = classify_status(response.status_code, None, message)
                    what = call.describe_status(reason, response.status_code)
                    raise call.build_error(reason, what, service_message=message, status=response.status_code)
                parts: list[bytes] = []
                async for chunk in response.aiter_bytes():
                    *ended, rest = chunk.split(b"\n")
                    for line in ended:
                        yield b"".join([*parts, line])
                        parts = []
                    parts.append(rest)
                if last := b"".join(parts):
                    yield last
        except CALL_FAILURES as failure:
            raise self._explain(failure, call) from None

    async def probe(self) -> None:
        """List the models, which is not billed.

        Raises:
            ModelError: the provider cannot be reached, or refuses our credentials.
        """
        call = ModelCall(subject="model list", key=self._key, billed=False, settings=self._names)

        async def send(sdk: AsyncOpenAI, _: frozenset[str]) -> httpx2.Response:
            raw = await sdk.models.with_raw_response.list(timeout=make_timeout(PROBE_TIMEOUT_SECONDS))
            return raw.http_response

        models = read_model_list(await self.send(call, send, PROBE_TIMEOUT_SECONDS), call)
        self._listed_models.shutdown_dates |= read_shutdown_dates(models)

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
            ModelError: the provider is not configured.
            httpx2.InvalidURL: its address is not a URL.
        """

    async def _send(self, client: ModelClient, send: BoundSend, seconds: float) -> httpx2.Response:
        """Send a call once.

        Raises:
            Exception: one of CALL_FAILURES.
        """
        # The SDK's timeout applies to each read from the socket: a slow trickle of bytes would never end.
        async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS + seconds):
            return await send(client.sdk)

    def _explain(self, failure: Exception, call: ModelCall) -> ModelError:
        """Return the ModelError for one of CALL_FAILURES."""
        return explain_failure(failure, call)

    def _get_client(self, call: ModelCall) -> ModelClient:
        call.check_key()
        if self._client is None:
            try:
                self._client = self._open_client(call)
            except httpx2.InvalidURL:
                what = f"{self._names.address} is not a valid URL; expected one such as https://models.example.com"
                raise call.build_error(Reason.NOT_CONFIGURED, what) from None
        return self._client


class ApiKeyConnection(ModelConnection):
    """A connection to a server with OpenAI's API, with a key or without one.

    Args:
        access: the server's URL, and its key if it needs one.
        names: the provider's settings, for messages.
        listed_models: receives the models that `probe` reads.
    """

    def __init__(
        self, access: "ProviderAccess", names: SettingNames, listed_models: ListedModels | None = None
    ) -> None:
        super().__init__(names, access.api_key, listed_models)
        self._base_url = access.base_url

    def _open_client(self, call: ModelCall) -> ModelClient:
        if self._base_url is None:
            what = f"{self._names.address} is not set; expected the server's URL"
            raise call.build_error(Reason.NOT_CONFIGURED, what)
        return open_api_key_client(self._base_url, self._key)


async def _send_omitting(send: Send, omitted: frozenset[str], sdk: AsyncOpenAI) -> httpx2.Response:
    return await send(sdk, omitted)
