"""Several services as one model: who is asked what, and who is closed."""

from dataclasses import dataclass, field, replace

import pytest

from shared.errors import ModelError
from shared.models.protocol import AnswerT, ImageAnswer, ImageRequest, TextAnswer, TextRequest
from shared.models.providers.model_by_kind import ModelByKind, UnconfiguredModel
from shared.models.usage import Usage
from shared.reasons import Reason
from tests.support.input_images import JPEG
from tests.support.model_requests import FIGURE_REQUEST, IMAGE_REQUEST, Figure


@dataclass
class RecordingService:
    """Does everything, and writes down what."""

    done: list[str] = field(default_factory=list)

    async def answer(self, request: TextRequest[AnswerT]) -> TextAnswer[AnswerT]:
        self.done.append("answered" if request.image is None else "saw")
        return TextAnswer(
            request.answer_type.model_validate(Figure(name="Diver", heads=1).model_dump()), Usage(), "m", None
        )

    async def generate_image(self, request: ImageRequest) -> ImageAnswer:
        self.done.append(f"drew {request.size}")
        return ImageAnswer(b"", Usage(), "m", None)

    async def probe(self) -> None:
        self.done.append("probed")

    async def close(self) -> None:
        self.done.append("closed")


async def use_all(model: ModelByKind) -> None:
    await model.probe()
    await model.answer(FIGURE_REQUEST)
    await model.answer(replace(FIGURE_REQUEST, image=JPEG))
    await model.generate_image(IMAGE_REQUEST)
    await model.close()


async def test_each_of_three_services_does_its_own_and_who_sees_is_not_probed() -> None:
    text, vision, image = RecordingService(), RecordingService(), RecordingService()
    await use_all(ModelByKind(text=text, vision=vision, image=image))
    assert text.done == ["probed", "answered", "closed"]
    assert vision.done == ["saw", "closed"]
    assert image.done == ["probed", "drew 1024x1024", "closed"]


async def test_a_service_that_does_two_things_is_probed_and_closed_once() -> None:
    both, vision = RecordingService(), RecordingService()
    await use_all(ModelByKind(text=both, vision=vision, image=both))
    assert both.done == ["probed", "answered", "drew 1024x1024", "closed"]
    text, other = RecordingService(), RecordingService()
    await use_all(ModelByKind(text=text, vision=other, image=other))
    assert other.done == ["probed", "saw", "drew 1024x1024", "closed"]


async def test_what_is_missing_is_reported_when_it_is_asked_and_not_before() -> None:
    missing = UnconfiguredModel("VISION_MODEL is missing")
    await missing.probe()
    with pytest.raises(ModelError, match="VISION_MODEL is missing") as raised:
        await missing.answer(FIGURE_REQUEST)
    assert raised.value.reason is Reason.NOT_CONFIGURED
    await missing.close()
