"""The providers of text, vision and image models, and their default models."""

from dataclasses import dataclass, field
from enum import StrEnum

OPENAI_URL = "https://api.openai.com/v1"
GEMINI_URL = "https://generativelanguage.googleapis.com/v1beta/openai"
"""Gemini's OpenAI-compatible endpoint. https://ai.google.dev/gemini-api/docs/openai"""


class Provider(StrEnum):
    """A provider, spelled as in ``TEXT_PROVIDER``, ``VISION_PROVIDER`` and ``IMAGE_PROVIDER``."""

    AZURE = "azure"
    OPENAI = "openai"
    GEMINI = "gemini"
    COMPATIBLE = "compatible"
    FAL = "fal"
    MAI = "mai"


TEXT_PROVIDERS = (Provider.AZURE, Provider.OPENAI, Provider.GEMINI, Provider.COMPATIBLE)
VISION_PROVIDERS = TEXT_PROVIDERS
IMAGE_PROVIDERS = (Provider.AZURE, Provider.OPENAI, Provider.COMPATIBLE, Provider.FAL, Provider.MAI)

DEFAULT_TEXT_MODELS = {
    Provider.AZURE: "gpt-6-luna",
    Provider.OPENAI: "gpt-6-luna",
    Provider.GEMINI: "gemini-3.5-flash",
}
DEFAULT_IMAGE_MODELS = {
    Provider.AZURE: "gpt-image-2",
    Provider.OPENAI: "gpt-image-2",
    Provider.FAL: "fal-ai/fast-lightning-sdxl",
    Provider.MAI: "MAI-Image-2.6",
}
"""A compatible server has no default, because its models are unknown."""


MAI_PRICED_MODEL = "mai-image-2.6"
"""The price of MAI deployments whose name is not that of a listed model: the highest of the family."""


@dataclass(frozen=True, slots=True)
class ProviderAccess:
    """The URL and the key of a provider.

    Attributes:
        base_url: with the API's path, such as ``https://api.openai.com/v1``; None = not configured.
        api_key: None = not configured.
    """

    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
