"""Several providers as one model: each kind of call goes to the provider that is configured for it."""

from shared.errors import ModelError
from shared.models.protocol import (
    AnswerT,
    ImageAnswer,
    ImageModel,
    ImageRequest,
    ModelService,
    TextAnswer,
    TextModel,
    TextRequest,
)
from shared.reasons import Reason


class ModelByKind:
    """A `shared.models.protocol.Model` over up to three providers; one provider may take several kinds of call.

    Args:
        text: answers text calls.
        vision: answers questions about images.
        image: generates images.
    """

    def __init__(self, *, text: TextModel, vision: TextModel, image: ImageModel) -> None:
        self._text = text
        self._vision = vision
        self._image = image

    async def answer(self, request: TextRequest[AnswerT]) -> TextAnswer[AnswerT]:
        """Ask the text provider, or the vision provider if the request has an image.

        Raises:
            ModelError: for every failure.
        """
        return await (self._text if request.image is None else self._vision).answer(request)

    async def generate_image(self, request: ImageRequest) -> ImageAnswer:
        """Generate one image with the image provider.

        Raises:
            ModelError: for every failure.
        """
        return await self._image.generate_image(request)

    async def probe(self) -> None:
        """Probe the text and the image provider, which most runs need; few runs need the vision provider.

        Raises:
            ModelError: of the first one that cannot be used.
        """
        for service in _list_unique(self._text, self._image):
            await service.probe()

    async def close(self) -> None:
        """Release the connections of all providers."""
        for service in _list_unique(self._text, self._vision, self._image):
            await service.close()


class UnconfiguredModel:
    """Stands for a text or vision provider that is not configured; an error only if a run calls it.

    Args:
        problem: what is missing, and what was expected.
    """

    def __init__(self, problem: str) -> None:
        self._problem = problem

    async def answer(self, request: TextRequest[AnswerT]) -> TextAnswer[AnswerT]:
        """Raise.

        Raises:
            ModelError: not_configured, always.
        """
        raise ModelError(Reason.NOT_CONFIGURED, f"call for {request.schema_name}: {self._problem}")

    async def probe(self) -> None:
        """Do nothing: runs that need the provider check its settings before they start."""

    async def close(self) -> None:
        """Do nothing."""


def _list_unique(*services: ModelService) -> list[ModelService]:
    """Return the services in order, each once."""
    return list({id(service): service for service in services}.values())
