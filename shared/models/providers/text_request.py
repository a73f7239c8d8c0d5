"""What both text wires share: which model answers, how long it may take, how an image is sent, the schema as text."""

import base64
import json
from typing import TYPE_CHECKING, Any, Literal

from shared.models.protocol import AnswerT, TextRequest, VisionImage

if TYPE_CHECKING:
    from shared.config import ModelSettings

TEXT_TIMEOUT_SECONDS = 600.0
"""A batch of 50 drafts is some 15,000 tokens, after the reasoning: minutes, which are billed even if we give up."""


def choose_deployment(
    settings: "ModelSettings", request: TextRequest[AnswerT]
) -> tuple[Literal["text", "vision"], str]:
    """Return a request's kind of call, and the deployment or model that answers it."""
    if request.image is None:
        return "text", settings.text_deployment
    return "vision", settings.vision_deployment


def encode_data_url(image: VisionImage) -> str:
    """Return an image as a data URL, such as ``data:image/jpeg;base64,...``."""
    return f"data:{image.content_type};base64,{base64.b64encode(image.data).decode()}"


def add_schema_to_instructions(request: TextRequest[AnswerT], schema: dict[str, Any]) -> str:
    """Return the instructions followed by the schema, for a server that has no parameter for a schema."""
    return (
        f"{request.instructions}\n\nAnswer with one JSON object and nothing else: no code fence, no explanation. "
        f"It must match this JSON schema:\n{json.dumps(schema, ensure_ascii=False, separators=(',', ':'))}"
    )
