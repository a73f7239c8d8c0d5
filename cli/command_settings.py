"""Settings of a command: flag, environment, ``.env`` in the working directory, default, in that order."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from dotenv import dotenv_values

from cli.command_context import CommandContext
from cli.command_target import CommandTarget
from cli.errors import CliError
from cli.log_output import set_up_logging
from shared.config import ModelSettings, Settings, load_settings
from shared.models.provider_names import Provider, ProviderAccess
from shared.runs.run_claim import make_local_host_id
from shared.settings_table import SETTINGS, SETTINGS_BY_NAME, SettingGroup

MODEL_SETTINGS = frozenset(
    setting.name
    for setting in SETTINGS
    if setting.group is SettingGroup.PROVIDERS
    and not setting.name.endswith("_DEPLOYMENT")
    and setting.name not in {"IMAGE_TIMEOUT_SECONDS", "IMAGE_BATCH_CHECK_SECONDS"}
)
"""Settings that ``--offline`` ignores, even if they are invalid, except those of `_is_simulated`."""

PROVIDER_SETTINGS = frozenset({"TEXT_PROVIDER", "VISION_PROVIDER", "IMAGE_PROVIDER"})

REMOTE_SETTINGS = frozenset({"FUNCTIONS_KEY", "LOG_LEVEL"})
"""Settings of a command with ``--url``; all others are those of the deployed app."""

OFFLINE_API_KEY = "offline"
DEFAULT_LOG_LEVEL = SETTINGS_BY_NAME["LOG_LEVEL"].default or ""


def begin_command(context: CommandContext, target: CommandTarget) -> Settings:
    """Return the settings of a command, and set up its log.

    Raises:
        SettingError: a value cannot be used.
        CliError: ``.env`` cannot be read.
    """
    settings = load_command_settings(target)
    set_up_logging(context.err, settings.log_level)
    for warning in settings.warnings:
        context.warn(warning)
    return settings


def load_command_settings(target: CommandTarget) -> Settings:
    """Return the settings of a command.

    Raises:
        SettingError: a value cannot be used.
        CliError: ``.env`` cannot be read.
    """
    layers = merge_settings(target.list_settings(), os.environ, read_dotenv(Path(".env")))
    if target.url is not None:
        layers = {name: value for name, value in layers.items() if name in REMOTE_SETTINGS}
    elif target.offline:
        layers = {name: value for name, value in layers.items() if _is_simulated(name, value)}
    settings = load_settings({"LOG_LEVEL": DEFAULT_LOG_LEVEL} | layers)
    return replace(settings, host_id=make_local_host_id())


def _is_simulated(name: str, value: str) -> bool:
    """Return whether ``--offline`` keeps a setting. The simulator stands for Azure OpenAI, or for OpenAI if asked."""
    if name in PROVIDER_SETTINGS:
        return value.strip().casefold() == Provider.OPENAI
    return name not in MODEL_SETTINGS


def merge_settings(*layers: Mapping[str, str | None]) -> dict[str, str]:
    """Merge mappings; the first one with a value counts, and blank values count as absent."""
    merged: dict[str, str] = {}
    for layer in reversed(layers):
        merged |= {name: value for name, value in layer.items() if value is not None and value.strip()}
    return merged


def read_dotenv(path: Path) -> dict[str, str | None]:
    """Return the variables of a ``.env`` file; empty if it does not exist.

    Raises:
        CliError: the file cannot be read.
    """
    if not path.is_file():
        return {}
    try:
        return dotenv_values(path, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CliError(f"{path} cannot be read: {error}; expected UTF-8 text", reason="not_configured") from error


def use_simulator(settings: Settings, url: str) -> Settings:
    """Return the settings with the simulator as provider; names of deployments stay."""
    openai = ProviderAccess(f"{url}/v1", OFFLINE_API_KEY)
    model: ModelSettings = replace(
        settings.model, endpoint=url, api_key=OFFLINE_API_KEY, api_version=None, openai=openai
    )
    return replace(settings, model=model)
