"""Gemini, through its OpenAI-compatible endpoint: chat completions, no Responses API, no images."""

from typing import TYPE_CHECKING, Final

from shared.models.prices import PriceList
from shared.models.protocol import ListedModels
from shared.models.providers.chat_model import ChatModel
from shared.models.providers.connection import ApiKeyConnection
from shared.models.providers.model_call import SettingNames

if TYPE_CHECKING:
    from shared.config import ModelSettings

GEMINI_SETTING_NAMES: Final = SettingNames(
    noun="model", address="the network", key="GEMINI_API_KEY", model="TEXT_MODEL and VISION_MODEL"
)
"""No setting holds the address."""


def open_gemini_model(
    settings: "ModelSettings", *, prices: PriceList | None = None, listed_models: ListedModels | None = None
) -> ChatModel:
    """Return a model of Gemini; connects to nothing yet. `open_azure_model` describes the arguments."""
    connection = ApiKeyConnection(settings.gemini, GEMINI_SETTING_NAMES, listed_models)
    return ChatModel(settings, connection, prices=prices)
