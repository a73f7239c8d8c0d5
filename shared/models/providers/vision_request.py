"""Questions about an image, as far as the wires agree: who is asked, and how an image is written."""

import base64
from typing import TYPE_CHECKING, Literal

from shared.models.protocol import AnswerT, TextRequest, VisionImage

if TYPE_CHECKING:
    from shared.config import ModelSettings


def choose_deployment(
    settings: "ModelSettings", request: TextRequest[AnswerT]
) -> tuple[Literal["text", "vision"], str]:
    """Return which kind of call a request is, and the deployment or model that answers it."""
    if request.image is None:
        return "text", settings.text_deployment
    return "vision", settings.vision_deployment


def encode_data_url(image: VisionImage) -> str:
    """Return an image as a URL that holds it, such as ``data:image/jpeg;base64,...``."""
    return f"data:{image.content_type};base64,{base64.b64encode(image.data).decode()}"
