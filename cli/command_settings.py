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
from shared.runs.run_claim import make_local_host_id

MODEL_SETTINGS = frozenset(
    {
        "AZURE_OPENAI_ENDPOINT",
        "AZURE_OPENAI_API_KEY",
        "AZURE_OPENAI_API_VERSION",
        "TEXT_PROVIDER",
        "TEXT_MODEL",
        "VISION_PROVIDER",
        "VISION_MODEL",
        "IMAGE_PROVIDER",
        "IMAGE_MODEL",
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "OPENAI_COMPATIBLE_BASE_URL",
        "OPENAI_COMPATIBLE_API_KEY",
        "GEMINI_API_KEY",
        "FAL_AI_API_KEY",
        "FAL_KEY",
        "REASONING_EFFORT",
    }
)
"""What ``--offline`` takes the simulator's place of: not even read, so that a wrong one does not matter."""

REMOTE_SETTINGS = frozenset({"FUNCTIONS_KEY", "LOG_LEVEL"})
"""All that a command for a deployed app needs; the rest is the app's own business."""

OFFLINE_API_KEY = "offline"
DEFAULT_LOG_LEVEL = "WARNING"


def begin_command(context: CommandContext, target: CommandTarget) -> Settings:
    """Return the settings of a command, its log set up by them.

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
        layers = {name: value for name, value in layers.items() if name not in MODEL_SETTINGS}
    settings = load_settings({"LOG_LEVEL": DEFAULT_LOG_LEVEL} | layers)
    return replace(settings, host_id=make_local_host_id())


def merge_settings(*layers: Mapping[str, str | None]) -> dict[str, str]:
    """Return one mapping out of several, the first one that has a value wins; blank values count as absent."""
    merged: dict[str, str] = {}
    for layer in reversed(layers):
        merged |= {name: value for name, value in layer.items() if value is not None and value.strip()}
    return merged


def read_dotenv(path: Path) -> dict[str, str | None]:
    """Return what a ``.env`` file sets; nothing if there is none.

    Raises:
        CliError: it cannot be read.
    """
    if not path.is_file():
        return {}
    try:
        return dotenv_values(path, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CliError(f"{path} cannot be read: {error}; expected UTF-8 text", reason="not_configured") from error


def use_simulator(settings: Settings, url: str) -> Settings:
    """Return the settings with a simulator in the model's place; deployments keep their names."""
    model: ModelSettings = replace(settings.model, endpoint=url, api_key=OFFLINE_API_KEY, api_version=None)
    return replace(settings, model=model)
