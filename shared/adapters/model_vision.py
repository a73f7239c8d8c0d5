"""Questions about a picture, as far as the wires agree: who is asked, and how a picture is written."""

import base64
from typing import TYPE_CHECKING, Literal

from shared.ports import AnswerT, PromptPicture, TextRequest

if TYPE_CHECKING:
    from shared.config import ModelSettings


def choose_deployment(
    settings: "ModelSettings", request: TextRequest[AnswerT]
) -> tuple[Literal["text", "vision"], str]:
    """Return which kind of call a request is, and the deployment or model that answers it."""
    if request.picture is None:
        return "text", settings.text_deployment
    return "vision", settings.vision_deployment


def write_data_url(picture: PromptPicture) -> str:
    """Return a picture as a URL that holds it, such as ``data:image/jpeg;base64,...``."""
    return f"data:{picture.content_type};base64,{base64.b64encode(picture.data).decode()}"
