"""The table of settings: name, default, description and range of each environment variable. Pure data.

``shared/config.py`` reads the environment by this table; the reference of settings and ``.env.example`` are generated
from it.
"""

from dataclasses import dataclass
from enum import StrEnum

from shared.models.provider_names import IMAGE_PROVIDERS, OPENAI_URL, TEXT_PROVIDERS, VISION_PROVIDERS
from shared.models.reasoning_effort import REASONING_EFFORTS
from shared.runs.request import SeedRequest


class SettingGroup(StrEnum):
    """Headings of the reference of settings."""

    PROVIDERS = "Providers and models"
    STORE = "Store"
    REQUEST = "Request defaults"
    COSTS = "Costs"
    OPERATION = "Telemetry, identity and history"
    COMMANDS = "Commands"
    AZURE = "Set by Azure"


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable.

    Attributes:
        name: the variable's name.
        group: its heading in the reference.
        description: one sentence of Markdown, with the unit.
        default: the value that an absent variable stands for; None = none.
        default_in_azure: the default in Azure, where it differs.
        minimum: smallest whole number that is accepted.
        maximum: largest whole number that is accepted.
        choices: values that are accepted, without regard to case; empty = any.
        secret: the value is never logged or shown.
        earlier_name: deprecated name that is still read, with a warning.
    """

    name: str
    group: SettingGroup
    description: str
    default: str | None = None
    default_in_azure: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str, ...] = ()
    secret: bool = False
    earlier_name: str | None = None


def _describe_request_default(name: str, field: str) -> Setting:
    """Return the setting that holds the default of a request field."""
    info = SeedRequest.model_fields[field]
    limits = {type(limit).__name__: limit for limit in info.metadata}
    return Setting(
        name,
        SettingGroup.REQUEST,
        str(info.description),
        default=str(info.default).lower(),
        minimum=limits["Ge"].ge if "Ge" in limits else None,
        maximum=limits["Le"].le if "Le" in limits else None,
    )


SETTINGS = (
    Setting(
        "TEXT_PROVIDER",
        SettingGroup.PROVIDERS,
        "Provider of text calls; `compatible` is any server with an OpenAI-compatible chat completions API.",
        default="azure",
        choices=TEXT_PROVIDERS,
    ),
    Setting(
        "TEXT_MODEL",
        SettingGroup.PROVIDERS,
        "Text model; defaults to the deployment (Azure), `gpt-6-luna` (OpenAI) or `gemini-3.5-flash` (Gemini), and is "
        "required for `compatible`.",
    ),
    Setting(
        "VISION_PROVIDER",
        SettingGroup.PROVIDERS,
        "Provider of the calls that score images; defaults to `TEXT_PROVIDER`.",
        choices=VISION_PROVIDERS,
    ),
    Setting(
        "VISION_MODEL",
        SettingGroup.PROVIDERS,
        "Vision model that scores images; defaults to the text model of the same provider.",
    ),
    Setting(
        "IMAGE_PROVIDER",
        SettingGroup.PROVIDERS,
        "Provider of image calls; `compatible` is any server with an OpenAI-compatible `/images/generations` API.",
        default="azure",
        choices=IMAGE_PROVIDERS,
    ),
    Setting(
        "IMAGE_MODEL",
        SettingGroup.PROVIDERS,
        "Image model; defaults to the deployment (Azure), `gpt-image-2` (OpenAI) or `fal-ai/fast-lightning-sdxl` "
        "(FAL) or `MAI-Image-2.6` (MAI), and is required for `compatible`.",
    ),
    Setting(
        "AZURE_OPENAI_ENDPOINT",
        SettingGroup.PROVIDERS,
        "URL of the Azure OpenAI resource, such as `https://NAME.openai.azure.com`; `http://` for this machine only.",
    ),
    Setting(
        "AZURE_OPENAI_API_KEY",
        SettingGroup.PROVIDERS,
        "Key of the Azure OpenAI resource; without it, a managed identity or the developer's login signs in.",
        secret=True,
    ),
    Setting(
        "AZURE_OPENAI_API_VERSION",
        SettingGroup.PROVIDERS,
        "Dated API version, which selects the older URL style; without it, the v1 style at `/openai/v1/`.",
    ),
    Setting(
        "AZURE_OPENAI_TEXT_DEPLOYMENT",
        SettingGroup.PROVIDERS,
        "Azure OpenAI deployment for text calls.",
        default="gpt-6-luna",
        earlier_name="AZURE_OPENAI_GPT5_DEPLOYMENT",
    ),
    Setting(
        "AZURE_OPENAI_VISION_DEPLOYMENT",
        SettingGroup.PROVIDERS,
        "Azure OpenAI deployment that scores images; defaults to the text deployment.",
    ),
    Setting(
        "AZURE_OPENAI_IMAGE_DEPLOYMENT",
        SettingGroup.PROVIDERS,
        "Azure OpenAI deployment for image calls.",
        default="gpt-image-2",
    ),
    Setting(
        "REASONING_EFFORT",
        SettingGroup.PROVIDERS,
        "Reasoning effort of text and vision models; `omit` sends no such parameter. Without it, models known to "
        "reason (`gpt-5` and later) get `low`, and all others get no parameter.",
        choices=REASONING_EFFORTS,
    ),
    Setting("OPENAI_API_KEY", SettingGroup.PROVIDERS, "Key of OpenAI.", secret=True),
    Setting(
        "OPENAI_BASE_URL",
        SettingGroup.PROVIDERS,
        "Base URL of the OpenAI API, such as that of a gateway.",
        default=OPENAI_URL,
    ),
    Setting("GEMINI_API_KEY", SettingGroup.PROVIDERS, "Key of Gemini.", secret=True),
    Setting(
        "OPENAI_COMPATIBLE_BASE_URL",
        SettingGroup.PROVIDERS,
        "Base URL of the `compatible` server, such as `https://models.example.com/v1`; `http://` for this machine.",
    ),
    Setting(
        "OPENAI_COMPATIBLE_API_KEY",
        SettingGroup.PROVIDERS,
        "Key of the `compatible` server, if it requires one.",
        secret=True,
    ),
    Setting("FAL_AI_API_KEY", SettingGroup.PROVIDERS, "Key of FAL.", secret=True),
    Setting("FAL_KEY", SettingGroup.PROVIDERS, "Key of FAL; read if `FAL_AI_API_KEY` is not set.", secret=True),
    Setting(
        "MAI_ENDPOINT",
        SettingGroup.PROVIDERS,
        "URL of the Foundry account with a MAI-Image deployment, such as `https://NAME.services.ai.azure.com`.",
    ),
    Setting(
        "MAI_API_KEY",
        SettingGroup.PROVIDERS,
        "Key of that account; without it, a managed identity or the developer's login signs in.",
        secret=True,
    ),
    Setting(
        "IMAGE_TIMEOUT_SECONDS",
        SettingGroup.PROVIDERS,
        "Maximum duration of one image call in seconds; a call that times out may still be billed.",
        default="600",
        minimum=1,
        maximum=3_600,
    ),
    Setting(
        "IMAGE_BATCH_CHECK_SECONDS",
        SettingGroup.PROVIDERS,
        "Longest interval in seconds between two checks of the provider's batches (`imageMode` or `textMode` `batch`).",
        default="120",
        minimum=1,
        maximum=600,
    ),
    Setting(
        "STORE",
        SettingGroup.STORE,
        "Where catalogs and runs are stored: in a folder, or in Blob Storage.",
        default="folder",
        default_in_azure="blob",
        choices=("folder", "blob"),
    ),
    Setting(
        "OUTPUT_DIR",
        SettingGroup.STORE,
        "Folder of the folder store and of the durable emulator's journal.",
        default="./data_seed",
    ),
    Setting(
        "CATALOG_STORAGE_URL",
        SettingGroup.STORE,
        "URL of the blob service; a managed identity or the developer's login signs in.",
    ),
    Setting(
        "CATALOG_STORAGE_CONNECTION_STRING",
        SettingGroup.STORE,
        "Connection string of the storage account; read if `CATALOG_STORAGE_URL` is not set.",
        secret=True,
    ),
    Setting(
        "AzureWebJobsStorage",
        SettingGroup.STORE,
        "Connection string of the Functions host; read if no other storage setting is set.",
        secret=True,
    ),
    Setting("CATALOGS_CONTAINER", SettingGroup.STORE, "Container of catalogs.", default="catalogs"),
    Setting("RUNS_CONTAINER", SettingGroup.STORE, "Container of runs.", default="runs"),
    Setting("INPUTS_CONTAINER", SettingGroup.STORE, "Container of inputs.", default="inputs"),
    Setting("BACKUPS_CONTAINER", SettingGroup.STORE, "Container of the files that prune changed.", default="backups"),
    _describe_request_default("TARGET_COUNT", "target_count"),
    _describe_request_default("BATCH_SIZE", "batch_size"),
    _describe_request_default("IMAGE_SIZE", "image_size"),
    _describe_request_default("PARALLEL_IMAGE_REQUESTS", "parallel_image_requests"),
    _describe_request_default("MAX_RETRIES", "max_retries"),
    _describe_request_default("DRY_RUN", "dry_run"),
    Setting(
        "PRICES",
        SettingGroup.COSTS,
        "Prices that override the price list: a JSON object in the shape of `shared/models/prices.json`, or the path "
        "of a JSON file.",
    ),
    Setting(
        "HISTORY_RETENTION_DAYS",
        SettingGroup.OPERATION,
        "Days until the durable host purges the history of a finished run; the files of the run stay.",
        default="30",
        minimum=1,
        maximum=365,
    ),
    Setting(
        "APPLICATIONINSIGHTS_CONNECTION_STRING",
        SettingGroup.OPERATION,
        "Connection string of Application Insights; without it, no telemetry is sent.",
        secret=True,
    ),
    Setting(
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
        SettingGroup.OPERATION,
        "`Authorization=AAD` signs in to Application Insights with the managed identity; add `;ClientId=ID` for a "
        "user-assigned one.",
    ),
    Setting(
        "AZURE_CLIENT_ID",
        SettingGroup.OPERATION,
        "Client id of the user-assigned managed identity; without it, the system-assigned one signs in.",
    ),
    Setting(
        "FUNCTIONS_KEY",
        SettingGroup.COMMANDS,
        "Function key that `seeder serve` requires and that commands with `--url` send; Azure has its own keys.",
        secret=True,
    ),
    Setting(
        "LOG_LEVEL",
        SettingGroup.COMMANDS,
        "Minimum level of log records.",
        default="WARNING",
        default_in_azure="INFO",
        choices=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
    ),
    Setting(
        "IDENTITY_ENDPOINT",
        SettingGroup.AZURE,
        "Identity endpoint of the app, once it has a managed identity; elsewhere the developer's login signs in.",
    ),
    Setting("MSI_ENDPOINT", SettingGroup.AZURE, "Identity endpoint of the app on older platforms."),
    Setting(
        "WEBSITE_INSTANCE_ID", SettingGroup.AZURE, "Instance of the app; its presence means that it runs in Azure."
    ),
    Setting("WEBSITE_SITE_NAME", SettingGroup.AZURE, "Name of the app, which identifies the durable host."),
)
"""All settings, in the order of the reference."""

SETTINGS_BY_NAME = {setting.name: setting for setting in SETTINGS}
