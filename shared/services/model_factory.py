"""Build the model that the settings name, and check the settings of its providers before any call."""

from collections.abc import Callable
from decimal import Decimal
from importlib.util import find_spec
from typing import Literal

from shared.config import ModelSettings, SettingError, Settings
from shared.models.batches import BatchModel
from shared.models.prices import PriceList
from shared.models.protocol import ImageModel, ListedModels, Model, RequestLog, TextModel
from shared.models.provider_names import Provider
from shared.telemetry.billed_calls import ObservedModel


def check_model_settings(model: ModelSettings) -> None:
    """Check that the text and image providers are configured, without a call.

    Raises:
        SettingError: a setting is missing; the error names it.
    """
    check_text_settings(model)
    check_image_settings(model)


def check_text_settings(model: ModelSettings) -> None:
    """Check that the text provider is configured, without a call. Only runs over rows can do without it.

    Raises:
        SettingError: a setting is missing; the error names it.
    """
    _check_provider(model, model.text_provider, "TEXT_PROVIDER")
    _check_name("TEXT_MODEL", model.text_deployment, model.text_provider)


def check_image_settings(model: ModelSettings) -> None:
    """Check that the image provider is configured, without a call.

    Raises:
        SettingError: a setting is missing; the error names it.
    """
    _check_provider(model, model.image_provider, "IMAGE_PROVIDER")
    _check_name("IMAGE_MODEL", model.image_deployment, model.image_provider)


def check_vision_settings(model: ModelSettings) -> None:
    """Check that the vision provider is configured, without a call. Only refinement needs it.

    Raises:
        SettingError: a setting is missing; the error names it.
    """
    _check_provider(model, model.vision_provider, "VISION_PROVIDER")
    if not model.vision_deployment:
        expected = f"expected the name of a model that {model.vision_provider.value!r} serves and that sees images"
        raise SettingError("VISION_MODEL", f"is missing; {expected}")


def build_model(settings: Settings, request_log: RequestLog, listed_models: ListedModels | None = None) -> Model:
    """Return the model that the settings name. A provider that is chosen for several kinds of calls is built once.

    If the text or vision provider is not configured, only the calls that need it fail.

    Args:
        settings: all settings.
        request_log: the log of requests that an image provider has queued.
        listed_models: receives what a probe reads from the providers' lists of models.

    Raises:
        SettingError: the image provider is not configured.
    """
    model = settings.model
    check_image_settings(model)
    services: dict[Provider, Model] = {}

    def build(provider: Provider) -> Model:
        if provider not in services:
            services[provider] = _open_model(settings, provider, listed_models or ListedModels())
        return services[provider]

    text = _build_or_missing(check_text_settings, model, build, model.text_provider)
    image = _build_image_model(settings, request_log) or build(model.image_provider)
    vision = _build_or_missing(check_vision_settings, model, build, model.vision_provider)
    image_service = services.get(model.image_provider)
    if image_service is not None and text is image_service and vision is image_service:
        return ObservedModel(image_service)
    from shared.models.providers.model_by_kind import ModelByKind  # noqa: PLC0415 - adapters are loaded when they are used

    return ObservedModel(ModelByKind(text=text, vision=vision, image=image))


def check_batch_settings(model: ModelSettings, prices: PriceList) -> None:
    """Check that the image provider has batches of images, and that the price of the model in them is known.

    Raises:
        SettingError: it has none.
    """
    factor = prices.find_batch_factor(model.image_deployment)
    _check_batches("image", model.image_provider, model.image_deployment, factor, example="gpt-image-2")


def check_text_batch_settings(model: ModelSettings, prices: PriceList) -> None:
    """Check that the text provider has batches, and that the price of the model in them is known.

    Raises:
        SettingError: it has none.
    """
    factor = prices.find_text_batch_factor(model.text_deployment)
    _check_batches("text", model.text_provider, model.text_deployment, factor, example="gpt-6-luna")


def build_batch_model(settings: Settings) -> BatchModel:
    """Return the batches of the only provider that has some, of images and text alike.

    Open batches are read with it also if the settings name a model without any; `check_batch_settings` is for new ones.

    Raises:
        SettingError: its key is missing.
    """
    if settings.model.openai.api_key is None:
        raise SettingError("OPENAI_API_KEY", "is missing; expected the key of the provider that has the batches")
    from shared.models.providers.openai_batches import OpenAIBatches  # noqa: PLC0415 - adapters are loaded when they are used

    return OpenAIBatches(settings.model, prices=settings.prices)


def _build_or_missing(
    check: Callable[[ModelSettings], None],
    model: ModelSettings,
    build: Callable[[Provider], Model],
    provider: Provider,
) -> TextModel:
    """Return the model of a provider, or one whose calls fail if the provider is not configured."""
    try:
        check(model)
    except SettingError as error:
        from shared.models.providers.model_by_kind import UnconfiguredModel  # noqa: PLC0415 - see above

        return UnconfiguredModel(str(error))
    return build(provider)


def _build_image_model(settings: Settings, request_log: RequestLog) -> ImageModel | None:
    """Return the model of a provider of images alone, or None for one that answers text, too."""
    match settings.model.image_provider:
        case Provider.FAL:
            from shared.models.providers.fal import FalModel  # noqa: PLC0415 - an extra that is not always installed

            return FalModel(settings.model, request_log)
        case Provider.MAI:
            from shared.models.providers.mai import MaiModel  # noqa: PLC0415 - adapters are loaded when they are used

            return MaiModel(settings.model, identity=settings.identity, prices=settings.prices)
        case _:
            return None


def _open_model(settings: Settings, provider: Provider, listed_models: ListedModels) -> Model:
    """Return the model of a provider behind the openai SDK; each import loads the SDK, which takes half a second."""
    model, prices = settings.model, settings.prices
    match provider:
        case Provider.AZURE:
            from shared.models.providers.azure import open_azure_model  # noqa: PLC0415 - see above

            return open_azure_model(model, identity=settings.identity, prices=prices, listed_models=listed_models)
        case Provider.OPENAI:
            from shared.models.providers.openai_model import open_openai_model  # noqa: PLC0415 - see above

            return open_openai_model(model, prices=prices, listed_models=listed_models)
        case Provider.GEMINI:
            from shared.models.providers.gemini import open_gemini_model  # noqa: PLC0415 - see above

            return open_gemini_model(model, prices=prices, listed_models=listed_models)
        case _:
            from shared.models.providers.compatible import open_compatible_model  # noqa: PLC0415 - see above

            return open_compatible_model(model, prices=prices, listed_models=listed_models)


def _check_name(setting: str, name: str, provider: Provider) -> None:
    if not name:
        raise SettingError(setting, f"is missing; expected the name of a model that {provider.value!r} serves")


def _check_provider(model: ModelSettings, provider: Provider, provider_setting: str) -> None:
    because = f"{provider_setting} is {provider.value!r}"
    if provider is Provider.AZURE and model.endpoint is None:
        raise SettingError("AZURE_OPENAI_ENDPOINT", "is missing; expected a URL such as https://NAME.openai.azure.com")
    if provider is Provider.MAI and model.mai.base_url is None:
        example = "https://NAME.services.ai.azure.com"
        raise SettingError("MAI_ENDPOINT", f"is missing: {because}; expected a URL such as {example}")
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
        raise SettingError(setting, f"is missing: {because}; expected the key of that provider")
    if provider is Provider.FAL and find_spec("fal_client") is None:
        raise SettingError(
            provider_setting, "is 'fal', and fal-client is not installed; expected the extra 'fal' to be"
        )


def _check_batches(
    kind: Literal["image", "text"], provider: Provider, deployment: str, factor: Decimal | None, *, example: str
) -> None:
    wanted = f"{kind}Mode 'batch'"
    if provider is not Provider.OPENAI:
        what = f"is {provider.value!r}, which has no batches of {'images' if kind == 'image' else 'text'}"
        raise SettingError(f"{kind.upper()}_PROVIDER", f"{what}; {wanted} expects 'openai'")
    if factor is None:
        what = f"is {deployment!r}, whose price in batches is not known"
        advice = f"{wanted} expects a model with a batchFactor in prices.json, such as {example!r}"
        raise SettingError(f"{kind.upper()}_MODEL", f"{what}; {advice}")
