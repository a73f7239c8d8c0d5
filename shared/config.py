"""Settings from the environment: the only module that reads it.

Each setting is one row of the README's table; a test holds the two together.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from pydantic import ValidationError

from shared.errors import CatalogSeederError
from shared.models.price_overrides import read_price_overrides
from shared.models.prices import PriceList, load_prices
from shared.models.provider_names import (
    DEFAULT_IMAGE_MODELS,
    DEFAULT_TEXT_MODELS,
    GEMINI_URL,
    IMAGE_PROVIDERS,
    OPENAI_URL,
    TEXT_PROVIDERS,
    VISION_PROVIDERS,
    Provider,
    ProviderAccess,
)
from shared.models.reasoning_effort import REASONING_EFFORTS
from shared.runs.request import check_image_size, describe_validation_error

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


RENAMED_SETTINGS = {"AZURE_OPENAI_TEXT_DEPLOYMENT": "AZURE_OPENAI_GPT5_DEPLOYMENT"}
"""Settings by their names of today, with the names that they had before, which are still read."""


class SettingError(CatalogSeederError):
    """A setting is missing or has a value that cannot be used; ``setting`` is its name in the environment."""

    def __init__(self, setting: str, message: str) -> None:
        super().__init__(f"{setting} {message}")
        self.setting = setting


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which services answer text, vision and image calls, where they are and how we sign in.

    Attributes:
        endpoint: Azure OpenAI: URL without the API's path, such as ``https://contoso.openai.azure.com``; None while not
            configured.
        api_key: Azure OpenAI: the key, or None to sign in with the managed identity (or developer login) of the host.
        api_version: Azure OpenAI: a dated version for the older URL style; None for the v1 style at
            ``<endpoint>/openai/v1/``.
        text_deployment: name of what answers text calls: a deployment (Azure) or a model; empty = not configured.
        vision_deployment: name of what answers questions about an image; empty = not configured.
        image_deployment: name of what makes images; empty = not configured.
        image_timeout_seconds: how long one image call may take; a timed-out call may have been billed.
        reasoning_effort: how much a text or vision model is to think, see ``shared.models.reasoning_effort``; None = as
            little as its name is known to allow.
        text_provider: the service that answers text calls.
        vision_provider: the service that answers questions about an image.
        image_provider: the service that makes images.
        openai: OpenAI itself.
        gemini: Gemini's OpenAI-compatible endpoint.
        compatible: any other server that speaks OpenAI's chat completions or images; it may need no key.
        fal_key: FAL's key; where FAL is, its own client knows.
    """

    endpoint: str | None = None
    api_key: str | None = field(default=None, repr=False)
    api_version: str | None = None
    text_deployment: str = DEFAULT_TEXT_MODELS[Provider.AZURE]
    vision_deployment: str = DEFAULT_TEXT_MODELS[Provider.AZURE]
    image_deployment: str = "gpt-image-2"
    image_timeout_seconds: float = 600
    reasoning_effort: str | None = None
    text_provider: Provider = Provider.AZURE
    vision_provider: Provider = Provider.AZURE
    image_provider: Provider = Provider.AZURE
    openai: ProviderAccess = ProviderAccess(OPENAI_URL)
    gemini: ProviderAccess = ProviderAccess(GEMINI_URL)
    compatible: ProviderAccess = ProviderAccess()
    fal_key: str | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """Where text and image calls go, for a message: what a probe asks."""
        return ", ".join(dict.fromkeys(map(self._find_address, (self.text_provider, self.image_provider))))

    @property
    def known_image_model(self) -> str | None:
        """The image model's name, or None where it does not tell what draws: on this machine, or anywhere of one's own.

        What answers on this machine is a simulator or a gateway, whatever the name is.
        """
        is_told = self.image_provider is not Provider.COMPATIBLE
        is_local = urlsplit(self._find_address(self.image_provider)).hostname in LOOPBACK_HOSTS
        return self.image_deployment if is_told and not is_local else None

    def _find_address(self, provider: Provider) -> str:
        urls = {
            Provider.AZURE: self.endpoint,
            Provider.OPENAI: self.openai.base_url,
            Provider.GEMINI: self.gemini.base_url,
            Provider.COMPATIBLE: self.compatible.base_url,
            Provider.FAL: "https://queue.fal.run",
        }
        return urls[provider] or "?"


@dataclass(frozen=True, slots=True)
class IdentitySettings:
    """Who signs in where no key is set.

    Attributes:
        client_id: of a user-assigned managed identity; None = the system-assigned one.
        is_in_azure: the app runs where a managed identity belongs to it; otherwise the developer's credentials sign in.
        has_endpoint: the platform gave the app an identity endpoint: it does so once an identity is assigned.
    """

    client_id: str | None = None
    is_in_azure: bool = False
    has_endpoint: bool = False


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where catalogs and runs live.

    Attributes:
        kind: ``folder`` or ``blob``.
        folder: root of the folder store.
        account_url: blob service URL, signed in to with an identity.
        connection_string: signed in to with what it holds; used when ``account_url`` is absent.
    """

    kind: str = "folder"
    folder: str = "./data_seed"
    account_url: str | None = None
    connection_string: str | None = field(default=None, repr=False)
    containers: Mapping[str, str] = field(
        default_factory=lambda: {name: name for name in ("catalogs", "runs", "inputs", "backups")},
    )


@dataclass(frozen=True, slots=True)
class TelemetrySettings:
    """Where spans and metrics go.

    Attributes:
        connection_string: of Application Insights; None = telemetry is off.
        uses_identity: sign in with a managed identity; otherwise the connection string's key is enough.
        client_id: which user-assigned identity; None = the system-assigned one.
        role: what the app is called in telemetry.
        role_instance: which of its instances this is; None = the machine's name, which the host goes by, too.
    """

    connection_string: str | None = field(default=None, repr=False)
    uses_identity: bool = False
    client_id: str | None = None
    role: str = "catalog-seeder"
    role_instance: str | None = None


@dataclass(frozen=True, slots=True)
class RequestDefaults:
    """What a request gets for fields that it leaves out; None = the request schema's own default."""

    target_count: int | None = None
    batch_size: int | None = None
    image_size: str | None = None
    parallel_image_requests: int | None = None
    max_retries: int | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the environment decides.

    Attributes:
        model: where the model is.
        store: where catalogs live.
        identity: who signs in to them without a key.
        telemetry: where spans and metrics go.
        defaults: what requests get for absent fields.
        prices: what calls cost.
        history_retention_days: how long the durable host remembers a finished run; its summary stays in the store.
        host_id: which durable host this is; written into ``active.json``.
        log_level: a name of the logging module.
        functions_key: what the embedded host asks callers for; Azure has its own keys and ignores it.
        warnings: what should be changed in the environment although it works, one line each.
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
    """Keep the telemetry exporter from calling endpoints of its own: figures about itself, and settings from afar.

    With storage for what could not be sent, those figures also count every record as dropped.
    """
    for name in (
        "APPLICATIONINSIGHTS_SDKSTATS_DISABLED",
        "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL",
        "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED",
    ):
        os.environ.setdefault(name, "True")


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read all settings; blank values count as absent.

    Args:
        environment: the variables to read; None = those of this process.

    Raises:
        SettingError: a value cannot be used; the message names the variable, what was got and what was expected.
    """
    reader = _Reader(os.environ if environment is None else environment)
    return Settings(
        model=_model(reader),
        store=_store(reader),
        identity=_identity(reader),
        telemetry=_telemetry(reader),
        defaults=RequestDefaults(
            target_count=reader.number("TARGET_COUNT", 1, 50_000),
            batch_size=reader.number("BATCH_SIZE", 1, 50),
            image_size=reader.image_size("IMAGE_SIZE"),
            parallel_image_requests=reader.number("PARALLEL_IMAGE_REQUESTS", 1, 64),
            max_retries=reader.number("MAX_RETRIES", 0, 10),
            dry_run=reader.flag("DRY_RUN"),
        ),
        prices=reader.prices("PRICES"),
        history_retention_days=reader.number("HISTORY_RETENTION_DAYS", 1, 365) or 30,
        host_id=f"azure:{site}" if (site := reader.text("WEBSITE_SITE_NAME")) else "local",
        log_level=reader.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), "INFO"),
        functions_key=reader.text("FUNCTIONS_KEY"),
        warnings=tuple(_warn_of_old_names(reader)),
    )


def _warn_of_old_names(reader: "_Reader") -> Iterator[str]:
    """Yield a warning for each setting that is given by the name that it had before."""
    for name, old_name in RENAMED_SETTINGS.items():
        if reader.text(old_name) is not None:
            use = f"{name} is set, too, and wins: remove it" if reader.text(name) else f"use {name} instead"
            yield f"{old_name} is deprecated and will not be read by a later version: {use}"


def _model(reader: "_Reader") -> ModelSettings:
    text_provider = Provider(reader.choice("TEXT_PROVIDER", TEXT_PROVIDERS, Provider.AZURE))
    image_provider = Provider(reader.choice("IMAGE_PROVIDER", IMAGE_PROVIDERS, Provider.AZURE))
    vision_provider = Provider(reader.choice("VISION_PROVIDER", VISION_PROVIDERS, text_provider))
    image_model, image_deployment = reader.text("IMAGE_MODEL"), reader.text("AZURE_OPENAI_IMAGE_DEPLOYMENT")
    fal_key, alternative_fal_key = reader.text("FAL_AI_API_KEY"), reader.text("FAL_KEY")
    return ModelSettings(
        endpoint=reader.endpoint("AZURE_OPENAI_ENDPOINT"),
        api_key=reader.text("AZURE_OPENAI_API_KEY"),
        api_version=reader.text("AZURE_OPENAI_API_VERSION"),
        text_deployment=reader.text("TEXT_MODEL") or _find_text_model(reader, text_provider),
        vision_deployment=_find_vision_model(reader, vision_provider, text_provider),
        image_deployment=image_model
        or (image_deployment if image_provider is Provider.AZURE else None)
        or DEFAULT_IMAGE_MODELS.get(image_provider, ""),
        image_timeout_seconds=reader.number("IMAGE_TIMEOUT_SECONDS", 1, 3600) or 600,
        reasoning_effort=reader.optional_choice("REASONING_EFFORT", REASONING_EFFORTS),
        text_provider=text_provider,
        vision_provider=vision_provider,
        image_provider=image_provider,
        openai=ProviderAccess(reader.base_url("OPENAI_BASE_URL") or OPENAI_URL, reader.text("OPENAI_API_KEY")),
        gemini=ProviderAccess(GEMINI_URL, reader.text("GEMINI_API_KEY")),
        compatible=ProviderAccess(
            reader.base_url("OPENAI_COMPATIBLE_BASE_URL"), reader.text("OPENAI_COMPATIBLE_API_KEY")
        ),
        fal_key=fal_key or alternative_fal_key,
    )


def _find_vision_model(reader: "_Reader", provider: Provider, text_provider: Provider) -> str:
    """Return what answers questions about an image: unless it is told, what answers text calls there."""
    told = reader.text("VISION_MODEL")
    deployment = reader.text("AZURE_OPENAI_VISION_DEPLOYMENT") if provider is Provider.AZURE else None
    text_model = reader.text("TEXT_MODEL") if provider is text_provider else None
    return told or deployment or text_model or _find_text_model(reader, provider)


def _find_text_model(reader: "_Reader", provider: Provider) -> str:
    """Return what a service answers text calls with where no model is told; empty = nobody knows."""
    deployment = reader.renamed("AZURE_OPENAI_TEXT_DEPLOYMENT") if provider is Provider.AZURE else None
    return deployment or DEFAULT_TEXT_MODELS.get(provider, "")


def _store(reader: "_Reader") -> StoreSettings:
    in_azure = reader.text("WEBSITE_INSTANCE_ID") is not None
    account_url = reader.text("CATALOG_STORAGE_URL")
    connection_string = reader.text("CATALOG_STORAGE_CONNECTION_STRING")
    if account_url is None and connection_string is None:
        connection_string = reader.text("AzureWebJobsStorage")
    return StoreSettings(
        kind=reader.choice("STORE", ("folder", "blob"), "blob" if in_azure else "folder"),
        folder=reader.text("OUTPUT_DIR") or "./data_seed",
        account_url=account_url,
        connection_string=connection_string,
        containers={
            name: reader.text(f"{name.upper()}_CONTAINER") or name for name in ("catalogs", "runs", "inputs", "backups")
        },
    )


def _identity(reader: "_Reader") -> IdentitySettings:
    has_endpoint = (reader.text("IDENTITY_ENDPOINT") or reader.text("MSI_ENDPOINT")) is not None
    return IdentitySettings(
        client_id=reader.text("AZURE_CLIENT_ID"),
        is_in_azure=has_endpoint or reader.text("WEBSITE_SITE_NAME") is not None,
        has_endpoint=has_endpoint,
    )


def _telemetry(reader: "_Reader") -> TelemetrySettings:
    sign_in = reader.pairs("APPLICATIONINSIGHTS_AUTHENTICATION_STRING")
    if sign_in and sign_in.get("authorization", "").upper() != "AAD":
        raise SettingError(
            "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
            "does not say Authorization=AAD; expected Authorization=AAD, or Authorization=AAD;ClientId=ID",
        )
    return TelemetrySettings(
        connection_string=reader.text("APPLICATIONINSIGHTS_CONNECTION_STRING"),
        uses_identity=bool(sign_in),
        client_id=sign_in.get("clientid") or reader.text("AZURE_CLIENT_ID"),
        role=reader.text("WEBSITE_SITE_NAME") or "catalog-seeder",
        role_instance=reader.text("WEBSITE_INSTANCE_ID"),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one variable at a time and tells what is wrong with it."""

    environment: Mapping[str, str]

    def text(self, name: str) -> str | None:
        return self.environment.get(name, "").strip() or None

    def number(self, name: str, least: int, most: int) -> int | None:
        value = self.text(name)
        if value is None:
            return None
        if not re.fullmatch(r"[0-9]{1,9}", value) or not least <= int(value) <= most:
            raise SettingError(name, f"is {value!r}; expected a whole number from {least} to {most}")
        return int(value)

    def pairs(self, name: str) -> dict[str, str]:
        """Return ``Name=value;Name=value`` by lower-case name; what has no ``=`` gets an empty value."""
        parts = (part.partition("=") for part in (self.text(name) or "").split(";") if part.strip())
        return {key.strip().casefold(): value.strip() for key, _, value in parts}

    def flag(self, name: str) -> bool | None:
        value = (self.text(name) or "").lower()
        known = {"": None, "1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
        if value not in known:
            raise SettingError(name, f"is {value!r}; expected true or false")
        return known[value]

    def renamed(self, name: str) -> str | None:
        """Return a setting by its name, or else by the name that it had before."""
        return self.text(name) or self.text(RENAMED_SETTINGS[name])

    def optional_choice(self, name: str, known: tuple[str, ...]) -> str | None:
        return None if self.text(name) is None else self.choice(name, known, "")

    def choice(self, name: str, known: tuple[str, ...], default: str) -> str:
        value = self.text(name)
        if value is None:
            return default
        for option in known:
            if option.casefold() == value.casefold():
                return option
        raise SettingError(name, f"is {value!r}; expected one of {', '.join(known)}")

    def image_size(self, name: str) -> str | None:
        value = self.text(name)
        if value is None:
            return None
        try:
            return check_image_size(f"{value}x{value}" if "x" not in value else value)
        except ValueError as error:
            raise SettingError(name, f"is {value!r}; one number stands for both sides: {error}") from error

    def prices(self, name: str) -> PriceList:
        value = self.text(name)
        if value is None:
            return load_prices()
        place = "the JSON object" if value.startswith("{") else value
        try:
            return read_price_overrides(value, load_prices())
        except OSError as error:
            problem = f"is {value[:80]!r}, which cannot be read ({error.strerror or error})"
            raise SettingError(name, f"{problem}; expected a JSON object, or the path of a JSON file") from error
        except ValidationError as error:
            problems = "; ".join(f"{wrong['field']}: {wrong['message']}" for wrong in describe_validation_error(error))
            raise SettingError(name, f"cannot be used: {place}: {problems}") from error
        except (ValueError, TypeError, RecursionError) as error:
            raise SettingError(name, f"cannot be used: {place}: {error}") from error

    def endpoint(self, name: str) -> str | None:
        url = self._url(name, "https://NAME.openai.azure.com")
        if url is None:
            return None
        # The portal and the SDKs' examples show the endpoint with the API's own path; a gateway's path is kept.
        path = url.path.rstrip("/").removesuffix("/v1").removesuffix("/openai")
        return f"{url.scheme}://{url.netloc}{path}"

    def base_url(self, name: str) -> str | None:
        url = self._url(name, "https://models.example.com/v1")
        return url and f"{url.scheme}://{url.netloc}{url.path.rstrip('/')}"

    def _url(self, name: str, example: str) -> SplitResult | None:
        value = self.text(name)
        if value is None:
            return None
        url = _split_url(value)
        if url is None:
            # The value is not shown: a key that was put into the wrong variable would go to logs and callers.
            problem = f"is no usable URL ({len(value)} characters)"
            raise SettingError(name, f"{problem}; expected one such as {example}")
        if url.scheme == "http" and url.hostname not in LOOPBACK_HOSTS:
            raise SettingError(name, f"is http://{url.hostname}; expected https:// (http:// only for this machine)")
        return url


def _split_url(value: str) -> SplitResult | None:
    try:
        url = urlsplit(value)
        is_usable = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0 and url.username is None
    except ValueError:  # an open bracket, a port beyond 65535
        return None
    return url if is_usable else None
