"""Builds the model from the settings: which services answer, with what they need checked before anything is called."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

from shared.config import ModelSettings, SettingError, Settings
from shared.ports import ImageModel, Model, OrderBook
from shared.providers import Provider
from shared.telemetry.paid_calls import ObservedModel

if TYPE_CHECKING:
    from shared.adapters.model_line import ModelLine
    from shared.prices import PriceList


def check_model_settings(model: ModelSettings) -> None:
    """Check without any call that the chosen services are configured.

    Raises:
        SettingError: something is missing; it names the setting.
    """
    _check_provider(model, model.text_provider, "TEXT_PROVIDER")
    _check_provider(model, model.image_provider, "IMAGE_PROVIDER")
    for name, value, provider in (
        ("TEXT_MODEL", model.text_deployment, model.text_provider),
        ("IMAGE_MODEL", model.image_deployment, model.image_provider),
    ):
        if not value:
            raise SettingError(name, f"is missing; expected the name of a model that {provider.value!r} serves")


def build_model(settings: Settings, orders: OrderBook) -> Model:
    """Return the model that the settings name; one service does both kinds of call if it is chosen for both.

    Args:
        settings: all settings.
        orders: remembers what a service with a queue was asked to make.

    Raises:
        SettingError: a service is not configured.
    """
    model = settings.model
    check_model_settings(model)
    text = _build_openai(model, model.text_provider, settings.prices)
    if model.image_provider is model.text_provider:
        return ObservedModel(text)
    from shared.adapters.model_pair import ModelPair  # noqa: PLC0415 - adapters are loaded when they are used

    return ObservedModel(ModelPair(text, _build_image(model, orders, settings.prices)))


def _build_image(model: ModelSettings, orders: OrderBook, prices: "PriceList") -> ImageModel:
    if model.image_provider is Provider.FAL:
        from shared.adapters.model_fal import FalModel  # noqa: PLC0415 - an extra: nobody else has it

        return FalModel(model, orders)
    return _build_openai(model, model.image_provider, prices)


def _build_openai(model: ModelSettings, provider: Provider, prices: "PriceList") -> Model:
    """Return the model of a service that is spoken to through the openai SDK."""
    from shared.adapters.model_openai import OpenAIModel  # noqa: PLC0415 - openai alone costs half a second

    if provider is Provider.AZURE:
        return OpenAIModel(model, prices=prices)
    if provider is Provider.OPENAI:
        return OpenAIModel(model, prices=prices, line=_open_line(model, provider))
    from shared.adapters.model_compatible import CompatibleModel  # noqa: PLC0415 - see above

    return CompatibleModel(model, _open_line(model, provider), prices=prices)


def _open_line(model: ModelSettings, provider: Provider) -> "ModelLine":
    from shared.adapters.model_line import SERVICE_NAMES, KeyLine  # noqa: PLC0415 - see above

    access = {Provider.OPENAI: model.openai, Provider.GEMINI: model.gemini}.get(provider, model.compatible)
    return KeyLine(access, SERVICE_NAMES[provider])


def _check_provider(model: ModelSettings, provider: Provider, chosen_by: str) -> None:
    because = f"{chosen_by} is {provider.value!r}"
    if provider is Provider.AZURE and model.endpoint is None:
        raise SettingError("AZURE_OPENAI_ENDPOINT", "is missing; expected a URL such as https://NAME.openai.azure.com")
    if provider is Provider.COMPATIBLE and model.compatible.base_url is None:
        example = "https://models.example.com/v1"
        raise SettingError("OPENAI_COMPATIBLE_BASE_URL", f"is missing: {because}; expected a URL such as {example}")
    keys = {
        Provider.OPENAI: ("OPENAI_API_KEY", model.openai.api_key),
        Provider.GEMINI: ("GEMINI_API_KEY", model.gemini.api_key),
        Provider.FAL: ("FAL_AI_API_KEY", model.fal_key),
    }
    setting, key = keys.get(provider, ("", ""))
    if key is None:
        raise SettingError(setting, f"is missing: {because}; expected the key of that service")
    if provider is Provider.FAL and find_spec("fal_client") is None:
        raise SettingError(chosen_by, "is 'fal', and fal-client is not installed; expected the extra 'fal' to be")
