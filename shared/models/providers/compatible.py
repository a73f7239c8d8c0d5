"""Any other server with OpenAI's API: vLLM, Ollama, LiteLLM and other gateways."""

from typing import TYPE_CHECKING, Final

from shared.models.prices import PriceList
from shared.models.protocol import ListedModels
from shared.models.providers.chat_model import ChatModel
from shared.models.providers.connection import ApiKeyConnection
from shared.models.providers.model_call import SettingNames

if TYPE_CHECKING:
    from shared.config import ModelSettings

COMPATIBLE_SETTING_NAMES: Final = SettingNames(
    noun="model",
    address="OPENAI_COMPATIBLE_BASE_URL",
    key="OPENAI_COMPATIBLE_API_KEY",
    model="OPENAI_COMPATIBLE_BASE_URL, TEXT_MODEL, VISION_MODEL and IMAGE_MODEL",
)


def open_compatible_model(
    settings: "ModelSettings", *, prices: PriceList | None = None, listed_models: ListedModels | None = None
) -> ChatModel:
    """Return a model of a compatible server; connects to nothing yet. `open_azure_model` describes the arguments."""
    connection = ApiKeyConnection(settings.compatible, COMPATIBLE_SETTING_NAMES, listed_models)
    return ChatModel(settings, connection, prices=prices)
