"""The model port over OpenAI and Azure OpenAI, through the openai SDK.

Imported by `shared.wiring` when the first call is made: the SDK costs half a second that an app start does not have.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import httpx2
from openai import AsyncOpenAI

from shared.adapters.model_answers import Reply, check_model_list, read_image_answer, read_text_answer
from shared.adapters.model_calls import ModelCall
from shared.adapters.model_client import CONNECT_TIMEOUT_SECONDS, ModelClient, limit_time
from shared.adapters.model_errors import SDK_FAILURES, explain_failure, read_request_id
from shared.adapters.model_schema import build_strict_schema
from shared.ports import AnswerT, ImageAnswer, ImageRequest, TextAnswer, TextRequest
from shared.prices import PriceList, load_prices
from shared.reasons import Reason

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from shared.config import ModelSettings

TEXT_TIMEOUT_SECONDS = 600.0
"""A batch of 50 drafts is some 15,000 tokens, and a reasoning model thinks first: minutes, and paid for if given up."""

PROBE_TIMEOUT_SECONDS = 5.0
"""Somebody waits for the health page."""

SIGN_IN_TIMEOUT_SECONDS = 60.0
"""DefaultAzureCredential tries one source after the other; each gives up within seconds."""

Send = Callable[[AsyncOpenAI], Awaitable[httpx2.Response]]
"""Makes one call with the SDK's client and returns the raw response, which the SDK has not tried to understand."""


class OpenAIModel:
    """A `shared.ports.Model` that asks an OpenAI or Azure OpenAI endpoint.

    It belongs to the event loop that its first call is made on. Nothing is connected before that call.

    Args:
        settings: where the service is and how to sign in.
        credential: signs in when there is no key; None = DefaultAzureCredential. Closed by `close`.
        prices: which models have a price; None = the published list.
    """

    def __init__(
        self,
        settings: "ModelSettings",
        *,
        credential: "AsyncTokenCredential | None" = None,
        prices: PriceList | None = None,
    ) -> None:
        self._settings = settings
        self._prices = prices or load_prices()
        self._credential = credential
        self._client: ModelClient | None = None

    async def answer(self, request: TextRequest[AnswerT]) -> TextAnswer[AnswerT]:
        """Ask for a structured answer: one ``POST /responses`` with a strict schema, not stored by the service.

        Raises:
            ModelError: for every failure; with its usage if an answer came that cannot be used.
        """
        deployment = self._settings.text_deployment
        call = self._describe(f"text call to deployment {deployment!r}", request.instructions, request.task)
        schema = build_strict_schema(request.answer_type)

        async def send(sdk: AsyncOpenAI) -> httpx2.Response:
            raw = await sdk.responses.with_raw_response.create(
                model=deployment,
                instructions=request.instructions,
                input=request.task,
                text={
                    "format": {"type": "json_schema", "name": request.schema_name, "schema": schema, "strict": True},
                },
                store=False,
                timeout=limit_time(TEXT_TIMEOUT_SECONDS),
            )
            return raw.http_response

        reply = await self._send(call, send, TEXT_TIMEOUT_SECONDS)
        return read_text_answer(reply, request, call, deployment=deployment, prices=self._prices)

    async def draw(self, request: ImageRequest) -> ImageAnswer:
        """Make one picture: one ``POST /images/generations``.

        Raises:
            ModelError: for every failure; with its usage if an answer came that cannot be used.
        """
        deployment = self._settings.image_deployment
        call = self._describe(f"image call to deployment {deployment!r}", request.prompt)
        seconds = self._settings.image_timeout_seconds

        async def send(sdk: AsyncOpenAI) -> httpx2.Response:
            raw = await sdk.images.with_raw_response.generate(
                model=deployment,
                prompt=request.prompt,
                n=1,
                size=request.size,
                quality=cast("Any", request.quality),  # checked by the request's schema; the service knows its own list
                output_format=cast("Any", request.format),
                timeout=limit_time(seconds),
            )
            return raw.http_response

        reply = await self._send(call, send, seconds)
        return read_image_answer(reply, request, call, deployment=deployment, prices=self._prices)

    async def probe(self) -> None:
        """List the models, which is not billed.

        Raises:
            ModelError: the service cannot be reached, or refuses our credentials.
        """
        call = replace(self._describe("model list"), billed=False)

        async def send(sdk: AsyncOpenAI) -> httpx2.Response:
            raw = await sdk.models.with_raw_response.list(timeout=limit_time(PROBE_TIMEOUT_SECONDS))
            return raw.http_response

        check_model_list(await self._send(call, send, PROBE_TIMEOUT_SECONDS), call)

    async def close(self) -> None:
        """Close the connections and the credential; a second call does nothing."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def _describe(self, subject: str, *private: str) -> ModelCall:
        return ModelCall(subject=subject, key=self._settings.api_key, private=private)

    async def _send(self, call: ModelCall, send: Send, seconds: float) -> Reply:
        client = self._connect(call)
        try:
            async with asyncio.timeout(SIGN_IN_TIMEOUT_SECONDS):
                await client.sign_in()
        except SDK_FAILURES as failure:
            raise explain_failure(failure, replace(call, billed=False)) from None
        try:
            # The SDK's timeout is for each read from the socket: an answer that trickles in would never end.
            async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS + seconds):
                response = await send(client.sdk)
        except SDK_FAILURES as failure:
            raise explain_failure(failure, call) from None
        return Reply(response.content, read_request_id(response.headers))

    def _connect(self, call: ModelCall) -> ModelClient:
        endpoint, key = self._settings.endpoint, self._settings.api_key
        if endpoint is None:
            what = "AZURE_OPENAI_ENDPOINT is not set; expected a URL such as https://NAME.openai.azure.com"
            raise call.fail(Reason.NOT_CONFIGURED, what)
        if key is not None and not (key.isascii() and key.isprintable() and " " not in key):
            what = "AZURE_OPENAI_API_KEY holds spaces or characters that no key has; copy it again"
            raise call.fail(Reason.AUTHENTICATION, what)
        if self._client is None:
            try:
                self._client = ModelClient(endpoint, self._settings, self._credential)
            except httpx2.InvalidURL:
                what = "AZURE_OPENAI_ENDPOINT is no valid URL; expected one such as https://NAME.openai.azure.com"
                raise call.fail(Reason.NOT_CONFIGURED, what) from None
        return self._client
