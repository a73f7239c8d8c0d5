"""The table of settings has the defaults of the configuration; the reference and the examples follow the table."""

import io
import json
import re
from collections.abc import Mapping
from dataclasses import replace

from dotenv import dotenv_values

from cli.command_settings import DEFAULT_LOG_LEVEL
from docs.tools.reference_tables import LOCAL_SETTINGS
from shared.config import RequestDefaults, Settings, load_settings
from shared.runs.request import SeedRequest
from shared.settings_table import SETTINGS, SettingGroup
from tests.support.markdown_documents import find_codes, read


def take_effect(environment: Mapping[str, str]) -> tuple[Settings, SeedRequest]:
    """Return the settings of a command, and a request that omits every field."""
    settings = load_settings({"LOG_LEVEL": DEFAULT_LOG_LEVEL} | dict(environment))
    request = SeedRequest.model_validate(settings.defaults.apply_to({"catalog": "lego"}))
    return replace(settings, defaults=RequestDefaults()), request


def read_example() -> dict[str, str]:
    """Return what ``.env.example`` sets when its commented lines are active."""
    text = re.sub(r"^# (?=\w+=)", "", read(".env.example"), flags=re.MULTILINE)
    return {name: value or "" for name, value in dotenv_values(stream=io.StringIO(text)).items()}


def read_local_settings() -> dict[str, str]:
    document = json.loads(read("local.settings.example.json"))
    assert document["IsEncrypted"] is False
    values: dict[str, str] = document["Values"]
    return values


def test_the_reference_describes_every_setting() -> None:
    described = set(find_codes(read("docs/reference/settings.md")))
    assert {setting.name for setting in SETTINGS} <= described


def test_a_default_in_the_table_has_the_effect_of_an_absent_setting() -> None:
    nothing_set = take_effect({})
    for setting in SETTINGS:
        assert take_effect({setting.name: setting.default or ""}) == nothing_set, setting.name


def test_the_example_of_env_has_every_setting_of_a_command_with_its_default() -> None:
    expected = {setting.name: setting.default or "" for setting in SETTINGS if setting.group is not SettingGroup.AZURE}
    assert read_example() == expected


def test_the_example_of_env_does_nothing_until_it_is_filled_in() -> None:
    assert not any(dotenv_values(stream=io.StringIO(read(".env.example"))).values())


def test_the_local_settings_differ_from_the_defaults_only_for_the_storage_emulator() -> None:
    defaults = {setting.name: setting.default or "" for setting in SETTINGS}
    values = read_local_settings()
    assert values.pop("FUNCTIONS_WORKER_RUNTIME") == "python"
    assert {name: value for name, value in values.items() if value != defaults[name]} == LOCAL_SETTINGS


def test_no_example_holds_a_secret() -> None:
    secrets = {setting.name for setting in SETTINGS if setting.secret} - set(LOCAL_SETTINGS)
    for values in (read_example(), read_local_settings()):
        assert {value for name, value in values.items() if name in secrets} == {""}
