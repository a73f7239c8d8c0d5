"""The base of the models behind the openai SDK, and what both wires of text calls share."""

import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from shared.models.price_files import load_prices
from shared.models.prices import PriceList
from shared.models.protocol import AnswerT, ImageAnswer, ImageRequest, TextAnswer, TextRequest
from shared.models.providers.connection import ModelConnection
from shared.models.providers.data_url import encode_data_url
from shared.models.providers.image_call import send_image_request

if TYPE_CHECKING:
    from shared.config import ModelSettings

TEXT_TIMEOUT_SECONDS = 600.0
"""A batch of 50 drafts is some 15,000 tokens, after the reasoning: minutes, which are billed even if we give up."""


class SdkModel(ABC):
    """A `shared.models.protocol.Model` behind the openai SDK.

    Belongs to the event loop of its first call; connects at that call.

    Args:
        settings: the deployments or models, the reasoning effort and the image timeout.
        connection: to the provider; closed by `close`.
        prices: the models that have a price; None = the published list.
    """

    is_compatible: ClassVar[bool]
    """Whether the server may be another one than OpenAI's or Azure OpenAI's own."""

    def __init__(
        self, settings: "ModelSettings", connection: ModelConnection, *, prices: PriceList | None = None
    ) -> None:
        self._settings = settings
        self._connection = connection
        self._prices = prices or load_prices()

    @abstractmethod
    async def answer(self, request: TextRequest[AnswerT]) -> TextAnswer[AnswerT]:
        """Ask for a structured answer; a question about an image goes to the vision deployment.

        Raises:
            ModelError: for every failure; with the usage if an answer came that cannot be used.
        """

    async def generate_image(self, request: ImageRequest) -> ImageAnswer:
        """Generate one image, see `send_image_request`.

        Raises:
            ModelError: for every failure; with the usage if an answer came that cannot be used.
        """
        return await send_image_request(
            self._connection, self._settings, request, prices=self._prices, is_compatible=self.is_compatible
        )

    async def probe(self) -> None:
        """List the models, which is not billed.

        Raises:
            ModelError: the provider cannot be reached, or refuses our credentials.
        """
        await self._connection.probe()

    async def close(self) -> None:
        """Close the connections and the credential; a second call does nothing."""
        await self._connection.close()


def choose_deployment(
    settings: "ModelSettings", request: TextRequest[AnswerT]
) -> tuple[Literal["text", "vision"], str]:
    """Return a request's kind of call, and the deployment or model that answers it."""
    if request.image is None:
        return "text", settings.text_deployment
    return "vision", settings.vision_deployment


def list_image_urls(request: TextRequest[AnswerT]) -> list[str]:
    """Return the images of a request as data URLs, in their order."""
    return [encode_data_url(image.data, image.content_type) for image in request.images]


def add_schema_to_instructions(request: TextRequest[AnswerT], schema: dict[str, Any]) -> str:
    """Return the instructions followed by the schema, for a server that has no parameter for a schema."""
    return (
        f"{request.instructions}\n\nAnswer with one JSON object and nothing else: no code fence, no explanation. "
        f"It must match this JSON schema:\n{json.dumps(schema, ensure_ascii=False, separators=(',', ':'))}"
    )
