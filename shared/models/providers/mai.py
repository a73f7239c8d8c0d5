"""MAI-Image: Microsoft's own image models on a Foundry account.

The wire has fewer parameters than OpenAI's: deployment, prompt, width and height. Any other one is refused, and the
answer is always a PNG. An edit is a form with deployment, prompt and one PNG or JPEG; it has no width and height, and
the image keeps the shape of the one that was sent.
https://learn.microsoft.com/azure/foundry/foundry-models/how-to/use-foundry-models-mai
"""

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import httpx2
from openai import AsyncOpenAI, Omit, RequestOptions

from shared.config import IdentitySettings
from shared.models.price_files import load_prices
from shared.models.prices import PriceList
from shared.models.protocol import ImageAnswer, ImageRequest
from shared.models.providers.azure_sign_in import AccountAccess, AccountConnection, ModelTokens
from shared.models.providers.image_call import read_image_answer
from shared.models.providers.model_call import SettingNames
from shared.models.providers.sdk_client import make_timeout, open_http_client
from shared.rendering.fit_image import crop_image, scale_image
from shared.runs.request import parse_image_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure.core.credentials_async import AsyncTokenCredential

    from shared.config import ModelSettings

TOKEN_SCOPE: Final = "https://cognitiveservices.azure.com/.default"  # noqa: S105  # a URL, not a token
MAI_ROLE: Final = "Cognitive Services User"
"""*Cognitive Services OpenAI User* covers the OpenAI models of an account only."""

MAI_SETTING_NAMES: Final = SettingNames(
    noun="deployment",
    address="MAI_ENDPOINT",
    key="MAI_API_KEY",
    model="MAI_ENDPOINT and IMAGE_MODEL, which is the deployment's name",
    role=MAI_ROLE,
)


class MaiConnection(AccountConnection):
    """A connection to a Foundry account.

    Args:
        settings: the endpoint, and the key if there is one.
        identity: signs in without a key; None = the developer's credentials.
        credential: signs in instead; closed by `close`.
    """

    def __init__(
        self,
        settings: "ModelSettings",
        *,
        identity: IdentitySettings | None = None,
        credential: "AsyncTokenCredential | None" = None,
    ) -> None:
        access = AccountAccess(settings.mai.base_url, settings.mai.api_key, TOKEN_SCOPE)
        super().__init__(MAI_SETTING_NAMES, access, identity=identity, credential=credential)

    def _open_sdk(self, endpoint: str, tokens: ModelTokens | None) -> AsyncOpenAI:
        return AsyncOpenAI(
            base_url=f"{endpoint}/mai/v1/",
            api_key=tokens or "none",
            max_retries=0,
            http_client=open_http_client(endpoint),
        )


class MaiModel:
    """A `shared.models.protocol.ImageModel` of a MAI-Image deployment.

    Belongs to the event loop of its first call; connects at that call.

    Args:
        settings: the endpoint, the key, the deployment and the image timeout.
        identity: signs in without a key; None = the developer's credentials.
        credential: signs in instead; closed with the model.
        prices: the models that have a price; None = the published list.
    """

    def __init__(
        self,
        settings: "ModelSettings",
        *,
        identity: IdentitySettings | None = None,
        credential: "AsyncTokenCredential | None" = None,
        prices: PriceList | None = None,
    ) -> None:
        self._settings = settings
        self._connection = MaiConnection(settings, identity=identity, credential=credential)
        self._prices = prices or load_prices()

    async def generate_image(self, request: ImageRequest) -> ImageAnswer:
        """Generate one PNG; the quality of the request has no equivalent and is not sent.

        A reference is sent in the size of the request, so that the image has its shape, and the image is scaled to it.

        Raises:
            ModelError: for every failure; with the usage if an answer came that cannot be used.
        """
        model, seconds = self._settings.image_deployment, self._settings.image_timeout_seconds
        call = self._connection.describe_call("image", model, request.prompt)
        width, height = size = parse_image_size(request.size)
        key = self._settings.mai.api_key
        # A key goes into a header of its own: as a bearer token it would be taken for one of Entra's.
        headers: Mapping[str, str | Omit] = {"api-key": key, "Authorization": Omit()} if key else {}
        body: dict[str, object] = {"model": model, "prompt": request.prompt}
        files = await _make_form_files(request, size)
        if files is None:
            body |= {"width": width, "height": height}

        async def send(sdk: AsyncOpenAI, _: frozenset[str]) -> httpx2.Response:
            options: RequestOptions = {"timeout": make_timeout(seconds), "headers": headers}
            if files is None:
                return await sdk.post("images/generations", cast_to=httpx2.Response, body=body, options=options)
            options["headers"] = {**headers, "Content-Type": "multipart/form-data"}
            return await sdk.post("images/edits", cast_to=httpx2.Response, body=body, files=files, options=options)

        reply = await self._connection.send(call, send, seconds)
        answer = await read_image_answer(
            reply, call, self._connection.downloader, deployment=model, prices=self._prices
        )
        if files is None:
            return answer
        return replace(answer, data=await asyncio.to_thread(scale_image, answer.data, size))

    async def probe(self) -> None:
        """List the models of the account, which is not billed; an account without that list still counts as reached.

        Raises:
            ModelError: the account cannot be reached, or refuses our credentials.
        """
        await self._connection.probe()

    async def close(self) -> None:
        """Close the connections and the credential; a second call does nothing."""
        await self._connection.close()


async def _make_form_files(
    request: ImageRequest, size: tuple[int, int]
) -> list[tuple[str, tuple[str, bytes, str]]] | None:
    """Return the part of an edit's form that has the reference; None without one."""
    if not request.references:
        return None
    (reference,) = request.references  # see `shared.models.image_models.check_references`
    data = await asyncio.to_thread(crop_image, reference.data, size)
    return [("image", (reference.name, data, "image/jpeg"))]
