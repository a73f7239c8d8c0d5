"""Several services as one model: each kind of call goes to the service that was chosen for it."""

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
    """A `shared.models.protocol.Model` that asks up to three services; one service may do several kinds of call.

    Args:
        text: answers text calls.
        vision: answers questions about an image.
        image: makes images.
    """

    def __init__(self, *, text: TextModel, vision: TextModel, image: ImageModel) -> None:
        self._text = text
        self._vision = vision
        self._image = image

    async def answer(self, request: TextRequest[AnswerT]) -> TextAnswer[AnswerT]:
        """Ask the text service for a structured answer, or the vision service about an image.

        Raises:
            ModelError: for every failure.
        """
        return await (self._text if request.image is None else self._vision).answer(request)

    async def generate_image(self, request: ImageRequest) -> ImageAnswer:
        """Make one image with the image service.

        Raises:
            ModelError: for every failure.
        """
        return await self._image.generate_image(request)

    async def probe(self) -> None:
        """Probe the text service, then the image service: most runs need both. Who sees matters to few of them.

        Raises:
            ModelError: of the first one that cannot be used.
        """
        for service in _list_unique(self._text, self._image):
            await service.probe()

    async def close(self) -> None:
        """Release the connections of all."""
        for service in _list_unique(self._text, self._vision, self._image):
            await service.close()


class UnconfiguredModel:
    """What stands for a text or vision service that is not configured: to ask it is a mistake, to have it is none.

    Args:
        problem: what is missing, and what was expected.
    """

    def __init__(self, problem: str) -> None:
        self._problem = problem

    async def answer(self, request: TextRequest[AnswerT]) -> TextAnswer[AnswerT]:
        """Tell what is missing.

        Raises:
            ModelError: not_configured, always.
        """
        raise ModelError(Reason.NOT_CONFIGURED, f"call for {request.schema_name}: {self._problem}")

    async def probe(self) -> None:
        """There is nobody to reach, and whoever needs it checks the settings first."""

    async def close(self) -> None:
        """Release nothing."""


def _list_unique(*services: ModelService) -> list[ModelService]:
    """Return the services in their order, each once."""
    return list({id(service): service for service in services}.values())
