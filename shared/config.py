"""Settings of the process. Only this module reads the environment; ``shared/settings_table.py`` lists the variables."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from shared.models.price_files import load_prices
from shared.models.prices import PriceList
from shared.models.provider_names import (
    DEFAULT_IMAGE_MODELS,
    DEFAULT_TEXT_MODELS,
    GEMINI_URL,
    MAI_PRICED_MODEL,
    OPENAI_URL,
    Provider,
    ProviderAccess,
)
from shared.setting_values import LOOPBACK_HOSTS, SettingError, SettingValues
from shared.settings_table import SETTINGS
from shared.storage.store_contract import CONTAINERS

__all__ = [
    "LOOPBACK_HOSTS",
    "IdentitySettings",
    "ModelSettings",
    "RequestDefaults",
    "SettingError",
    "Settings",
    "StoreSettings",
    "TelemetrySettings",
    "load_settings",
    "silence_exporter",
]


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Providers and models of text, vision and image calls, with their addresses and keys.

    Attributes:
        endpoint: URL of the Azure OpenAI resource without the path of the API; None = not configured.
        api_key: key of the Azure OpenAI resource; None = sign in with an identity.
        api_version: dated Azure OpenAI version for the older URL style; None = the v1 style.
        text_deployment: deployment or model of text calls; empty = not configured.
        vision_deployment: deployment or model that scores images; empty = not configured.
        image_deployment: deployment or model of image calls; empty = not configured.
        image_timeout_seconds: maximum duration of one image call; a call that times out may have been billed.
        image_batch_check_seconds: longest interval between two checks of the provider's image batches.
        reasoning_effort: see ``shared.models.reasoning_effort``; None = the lowest effort that the model is known to
            accept.
        text_provider: provider of text calls.
        vision_provider: provider of vision calls.
        image_provider: provider of image calls.
        openai: access to OpenAI.
        gemini: access to Gemini's OpenAI-compatible endpoint.
        compatible: access to any other OpenAI-compatible server, which may need no key.
        fal_key: key of FAL; the FAL client knows its address.
        mai: URL and key of the Foundry account with a MAI-Image deployment; without a key, an identity signs in.
    """

    endpoint: str | None = None
    api_key: str | None = field(default=None, repr=False)
    api_version: str | None = None
    text_deployment: str = DEFAULT_TEXT_MODELS[Provider.AZURE]
    vision_deployment: str = DEFAULT_TEXT_MODELS[Provider.AZURE]
    image_deployment: str = "gpt-image-2"
    image_timeout_seconds: float = 600
    image_batch_check_seconds: float = 120
    reasoning_effort: str | None = None
    text_provider: Provider = Provider.AZURE
    vision_provider: Provider = Provider.AZURE
    image_provider: Provider = Provider.AZURE
    openai: ProviderAccess = ProviderAccess(OPENAI_URL)
    gemini: ProviderAccess = ProviderAccess(GEMINI_URL)
    compatible: ProviderAccess = ProviderAccess()
    fal_key: str | None = field(default=None, repr=False)
    mai: ProviderAccess = ProviderAccess()

    @property
    def address(self) -> str:
        """Addresses of text and image calls, for messages."""
        return ", ".join(dict.fromkeys(map(self._find_address, (self.text_provider, self.image_provider))))

    @property
    def known_image_model(self) -> str | None:
        """The image model, or None where its name identifies no model: a compatible or a local server."""
        is_compatible = self.image_provider is Provider.COMPATIBLE
        is_local = urlsplit(self._find_address(self.image_provider)).hostname in LOOPBACK_HOSTS
        return None if is_compatible or is_local else self.image_deployment

    def _find_address(self, provider: Provider) -> str:
        urls = {
            Provider.AZURE: self.endpoint,
            Provider.OPENAI: self.openai.base_url,
            Provider.GEMINI: self.gemini.base_url,
            Provider.COMPATIBLE: self.compatible.base_url,
            Provider.FAL: "https://queue.fal.run",
            Provider.MAI: self.mai.base_url,
        }
        return urls[provider] or "?"


@dataclass(frozen=True, slots=True)
class IdentitySettings:
    """Identity that signs in where no key is set.

    Attributes:
        client_id: client id of a user-assigned managed identity; None = the system-assigned one.
        is_in_azure: a managed identity signs in; otherwise the developer's login does.
        has_endpoint: the platform provides an identity endpoint, which it does once the app has an identity.
    """

    client_id: str | None = None
    is_in_azure: bool = False
    has_endpoint: bool = False


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Location of the store.

    Attributes:
        kind: ``folder`` or ``blob``.
        folder: root of the folder store.
        account_url: URL of the blob service; an identity signs in.
        connection_string: connection string of the storage account; used if ``account_url`` is absent.
        containers: names of the containers, by the first segment of store paths.
    """

    kind: str = "folder"
    folder: str = "./data_seed"
    account_url: str | None = None
    connection_string: str | None = field(default=None, repr=False)
    containers: Mapping[str, str] = field(
        default_factory=lambda: {name: name for name in CONTAINERS},
    )


@dataclass(frozen=True, slots=True)
class TelemetrySettings:
    """Destination of spans and metrics.

    Attributes:
        connection_string: connection string of Application Insights; None = telemetry is off.
        uses_identity: sign in with a managed identity instead of the key in the connection string.
        client_id: client id of a user-assigned identity; None = the system-assigned one.
        role: name of the app in telemetry.
        role_instance: instance of the app; None = the name of the machine, as the Functions host reports it.
    """

    connection_string: str | None = field(default=None, repr=False)
    uses_identity: bool = False
    client_id: str | None = None
    role: str = "catalog-seeder"
    role_instance: str | None = None


@dataclass(frozen=True, slots=True)
class RequestDefaults:
    """Defaults of request fields; None = the default of `SeedRequest`."""

    target_count: int | None = None
    batch_size: int | None = None
    image_size: str | None = None
    parallel_image_requests: int | None = None
    max_retries: int | None = None
    dry_run: bool | None = None

    def apply_to(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return a request's JSON data with these defaults for absent fields."""
        defaults = {
            "targetCount": self.target_count,
            "batchSize": self.batch_size,
            "imageSize": self.image_size,
            "parallelImageRequests": self.parallel_image_requests,
            "maxRetries": self.max_retries,
            "dryRun": self.dry_run,
        }
        return {name: value for name, value in defaults.items() if value is not None} | dict(body)


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings.

    Attributes:
        model: providers and models.
        store: location of the store.
        identity: identity that signs in without a key.
        telemetry: destination of spans and metrics.
        defaults: defaults of request fields.
        prices: price list with overrides.
        history_retention_days: days until the history of a finished run is purged; its summary stays in the store.
        host_id: id of the durable host, as written into ``active.json``.
        log_level: name of a level of the logging module.
        functions_key: key that the durable emulator requires; Azure has its own keys.
        warnings: deprecated settings in use, one line each.
    """

    model: ModelSettings = ModelSettings()
    store: StoreSettings = StoreSettings()
    identity: IdentitySettings = IdentitySettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    defaults: RequestDefaults = RequestDefaults()
    prices: PriceList = field(default_factory=load_prices, repr=False)
    history_retention_days: int = 30
    host_id: str = "local"
    log_level: str = "INFO"
    functions_key: str | None = field(default=None, repr=False)
    warnings: tuple[str, ...] = ()


def silence_exporter() -> None:
    """Keep the telemetry exporter from sending statistics about itself and from fetching remote settings.

    With offline storage, its statistics also count every record as dropped.
    """
    for name in (
        "APPLICATIONINSIGHTS_SDKSTATS_DISABLED",
        "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL",
        "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED",
    ):
        os.environ.setdefault(name, "True")


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings in environment variables; blank values count as absent.

    Args:
        environment: variables to read; None = those of this process.

    Raises:
        SettingError: a value cannot be used.
    """
    values = SettingValues(os.environ if environment is None else environment)
    site = values.find_text("WEBSITE_SITE_NAME")
    return Settings(
        model=_read_model_settings(values),
        store=_read_store_settings(values),
        identity=_read_identity_settings(values),
        telemetry=_read_telemetry_settings(values),
        defaults=RequestDefaults(
            target_count=values.find_number("TARGET_COUNT"),
            batch_size=values.find_number("BATCH_SIZE"),
            image_size=values.find_image_size("IMAGE_SIZE"),
            parallel_image_requests=values.find_number("PARALLEL_IMAGE_REQUESTS"),
            max_retries=values.find_number("MAX_RETRIES"),
            dry_run=values.find_boolean("DRY_RUN"),
        ),
        prices=_read_prices(values),
        history_retention_days=values.read_number("HISTORY_RETENTION_DAYS"),
        host_id="local" if site is None else f"azure:{site}",
        log_level=values.read_choice("LOG_LEVEL", in_azure=True),  # commands set their own default
        functions_key=values.find_text("FUNCTIONS_KEY"),
        warnings=tuple(_warn_of_earlier_names(values.environment)),
    )


def _warn_of_earlier_names(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield a warning for each setting that is set by its deprecated name."""
    for setting in SETTINGS:
        if setting.earlier_name is not None and environment.get(setting.earlier_name, "").strip():
            is_overridden = bool(environment.get(setting.name, "").strip())
            advice = f"remove it, {setting.name} overrides it" if is_overridden else f"use {setting.name} instead"
            yield f"{setting.earlier_name} is deprecated; {advice}"


def _read_model_settings(values: SettingValues) -> ModelSettings:
    text_provider = Provider(values.read_choice("TEXT_PROVIDER"))
    image_provider = Provider(values.read_choice("IMAGE_PROVIDER"))
    vision_provider = Provider(values.find_choice("VISION_PROVIDER") or text_provider)
    image_deployment = values.find_text("AZURE_OPENAI_IMAGE_DEPLOYMENT") if image_provider is Provider.AZURE else None
    openai_url = values.find_base_url("OPENAI_BASE_URL") or OPENAI_URL
    compatible_url = values.find_base_url("OPENAI_COMPATIBLE_BASE_URL")
    return ModelSettings(
        endpoint=values.find_endpoint("AZURE_OPENAI_ENDPOINT"),
        api_key=values.find_text("AZURE_OPENAI_API_KEY"),
        api_version=values.find_text("AZURE_OPENAI_API_VERSION"),
        text_deployment=values.find_text("TEXT_MODEL") or _find_text_model(values, text_provider),
        vision_deployment=_find_vision_model(values, vision_provider, text_provider),
        image_deployment=values.find_text("IMAGE_MODEL")
        or image_deployment
        or DEFAULT_IMAGE_MODELS.get(image_provider, ""),
        image_timeout_seconds=values.read_number("IMAGE_TIMEOUT_SECONDS"),
        image_batch_check_seconds=values.read_number("IMAGE_BATCH_CHECK_SECONDS"),
        reasoning_effort=values.find_choice("REASONING_EFFORT"),
        text_provider=text_provider,
        vision_provider=vision_provider,
        image_provider=image_provider,
        openai=ProviderAccess(openai_url, values.find_text("OPENAI_API_KEY")),
        gemini=ProviderAccess(GEMINI_URL, values.find_text("GEMINI_API_KEY")),
        compatible=ProviderAccess(compatible_url, values.find_text("OPENAI_COMPATIBLE_API_KEY")),
        fal_key=values.find_text("FAL_AI_API_KEY") or values.find_text("FAL_KEY"),
        mai=ProviderAccess(values.find_endpoint("MAI_ENDPOINT"), values.find_text("MAI_API_KEY")),
    )


def _read_prices(values: SettingValues) -> PriceList:
    """Return the price list. A MAI deployment with a name of its own costs what the most expensive MAI model does."""
    prices = values.read_prices("PRICES")
    is_mai = values.read_choice("IMAGE_PROVIDER") == Provider.MAI
    has_own_default = prices.default_image != load_prices().default_image
    return prices if has_own_default or not is_mai else replace(prices, default_image=MAI_PRICED_MODEL)


def _find_vision_model(values: SettingValues, provider: Provider, text_provider: Provider) -> str:
    """Return the vision model; by default the text model of the same provider."""
    deployment = values.find_text("AZURE_OPENAI_VISION_DEPLOYMENT") if provider is Provider.AZURE else None
    text_model = values.find_text("TEXT_MODEL") if provider is text_provider else None
    return values.find_text("VISION_MODEL") or deployment or text_model or _find_text_model(values, provider)


def _find_text_model(values: SettingValues, provider: Provider) -> str:
    """Return the default text model of a provider; empty = it has none."""
    deployment = values.find_text("AZURE_OPENAI_TEXT_DEPLOYMENT") if provider is Provider.AZURE else None
    return deployment or DEFAULT_TEXT_MODELS.get(provider, "")


def _read_store_settings(values: SettingValues) -> StoreSettings:
    account_url = values.find_text("CATALOG_STORAGE_URL")
    connection_string = values.find_text("CATALOG_STORAGE_CONNECTION_STRING")
    if account_url is None and connection_string is None:
        connection_string = values.find_text("AzureWebJobsStorage")
    return StoreSettings(
        kind=values.read_choice("STORE", in_azure=values.find_text("WEBSITE_INSTANCE_ID") is not None),
        folder=values.read_text("OUTPUT_DIR"),
        account_url=account_url,
        connection_string=connection_string,
        containers={name: values.read_text(f"{name.upper()}_CONTAINER") for name in CONTAINERS},
    )


def _read_identity_settings(values: SettingValues) -> IdentitySettings:
    has_endpoint = (values.find_text("IDENTITY_ENDPOINT") or values.find_text("MSI_ENDPOINT")) is not None
    return IdentitySettings(
        client_id=values.find_text("AZURE_CLIENT_ID"),
        is_in_azure=has_endpoint or values.find_text("WEBSITE_SITE_NAME") is not None,
        has_endpoint=has_endpoint,
    )


def _read_telemetry_settings(values: SettingValues) -> TelemetrySettings:
    sign_in = values.read_pairs("APPLICATIONINSIGHTS_AUTHENTICATION_STRING")
    if sign_in and sign_in.get("authorization", "").upper() != "AAD":
        raise SettingError(
            "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
            "has no Authorization=AAD; expected Authorization=AAD, or Authorization=AAD;ClientId=ID",
        )
    return TelemetrySettings(
        connection_string=values.find_text("APPLICATIONINSIGHTS_CONNECTION_STRING"),
        uses_identity=bool(sign_in),
        client_id=sign_in.get("clientid") or values.find_text("AZURE_CLIENT_ID"),
        role=values.find_text("WEBSITE_SITE_NAME") or "catalog-seeder",
        role_instance=values.find_text("WEBSITE_INSTANCE_ID"),
    )
