"""OpenAI."""

from typing import TYPE_CHECKING, Final

from shared.models.prices import PriceList
from shared.models.protocol import ListedModels
from shared.models.providers.connection import ApiKeyConnection
from shared.models.providers.model_call import SettingNames
from shared.models.providers.responses_model import ResponsesModel

if TYPE_CHECKING:
    from shared.config import ModelSettings

OPENAI_SETTING_NAMES: Final = SettingNames(
    noun="model",
    address="OPENAI_BASE_URL and the network",
    key="OPENAI_API_KEY",
    model="TEXT_MODEL, VISION_MODEL and IMAGE_MODEL",
)


def open_openai_model(
    settings: "ModelSettings", *, prices: PriceList | None = None, listed_models: ListedModels | None = None
) -> ResponsesModel:
    """Return a model of OpenAI; connects to nothing yet. `open_azure_model` describes the arguments."""
    connection = ApiKeyConnection(settings.openai, OPENAI_SETTING_NAMES, listed_models)
    return ResponsesModel(settings, connection, prices=prices)
