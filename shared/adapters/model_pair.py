"""Two services as one model: one answers text calls, the other one makes pictures."""

from shared.ports import AnswerT, ImageAnswer, ImageModel, ImageRequest, TextAnswer, TextModel, TextRequest


class ModelPair:
    """A `shared.ports.Model` that asks two services.

    Args:
        text: answers text calls; closed by `close`.
        image: makes pictures; closed by `close`.
    """

    def __init__(self, text: TextModel, image: ImageModel) -> None:
        self._text = text
        self._image = image

    async def answer(self, request: TextRequest[AnswerT]) -> TextAnswer[AnswerT]:
        """Ask the text service for a structured answer.

        Raises:
            ModelError: for every failure.
        """
        return await self._text.answer(request)

    async def draw(self, request: ImageRequest) -> ImageAnswer:
        """Make one picture with the image service.

        Raises:
            ModelError: for every failure.
        """
        return await self._image.draw(request)

    async def probe(self) -> None:
        """Probe the text service, then the image service; a run needs both.

        Raises:
            ModelError: of the first one that cannot be used.
        """
        await self._text.probe()
        await self._image.probe()

    async def close(self) -> None:
        """Release the connections of both."""
        await self._text.close()
        await self._image.close()
