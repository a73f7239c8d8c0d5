"""Requests to a model, and the two URL styles of the service."""

from dataclasses import dataclass

from pydantic import BaseModel

from shared.models.protocol import ImageRequest, TextRequest

SECRET_KEY = "kX93bTq7ZmP2wL5vR8sN"


class Figure(BaseModel):
    name: str
    heads: int


FIGURE_REQUEST = TextRequest(
    instructions="Invent plastic figures for a toy shop that nobody has ever seen before.",
    task='{"category": "Deep Sea Divers", "count": 1}',
    answer_type=Figure,
    schema_name="figure",
    max_output_tokens=500,
)
IMAGE_REQUEST = ImageRequest(
    prompt="Photorealistic LEGO-style minifigure of a lighthouse keeper with a brass lantern, clean background",
    size="1024x1024",
    quality="medium",
    format="png",
)


@dataclass(frozen=True)
class UrlStyle:
    """One of the two URL styles of the service."""

    api_version: str | None
    text_path: str
    image_path: str
    models_path: str
    key_header: tuple[str, str]


V1 = UrlStyle(
    api_version=None,
    text_path="/openai/v1/responses",
    image_path="/openai/v1/images/generations",
    models_path="/openai/v1/models",
    key_header=("Authorization", f"Bearer {SECRET_KEY}"),
)
DATED = UrlStyle(
    api_version="2025-04-01-preview",
    text_path="/openai/responses?api-version=2025-04-01-preview",
    image_path="/openai/deployments/gpt-image-2/images/generations?api-version=2025-04-01-preview",
    models_path="/openai/models?api-version=2025-04-01-preview",
    key_header=("api-key", SECRET_KEY),
)
