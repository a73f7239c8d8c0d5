"""Every setting is documented where people look for it, with the default that it has."""

import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from dotenv import dotenv_values

from cli.command_settings import DEFAULT_LOG_LEVEL
from shared.config import RequestDefaults, Settings, load_settings
from shared.runs.request import SeedRequest
from shared.settings_table import SETTINGS
from tests.support.markdown_documents import find_codes, find_table, read

SET_BY_AZURE = {"IDENTITY_ENDPOINT", "MSI_ENDPOINT", "WEBSITE_INSTANCE_ID", "WEBSITE_SITE_NAME"}
OF_THE_COMMAND_LINE = {"FUNCTIONS_KEY", "LOG_LEVEL"}
OF_THE_FUNCTIONS_HOST = {"FUNCTIONS_WORKER_RUNTIME"}
DIFFERENT_IN_LOCAL_SETTINGS = {"AzureWebJobsStorage": "UseDevelopmentStorage=true", "STORE": "blob"}


class RecordingEnvironment(Mapping[str, str]):
    """An empty environment that remembers what was asked for."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def find_read_settings() -> set[str]:
    """Return the variables that the configuration reads, by watching it."""
    environment = RecordingEnvironment()
    load_settings(environment)
    return environment.names - {setting.earlier_name for setting in SETTINGS}


def read_readme_defaults() -> dict[str, str | None]:
    """Return the default that the README's table gives for each setting; None for ``none``."""
    defaults: dict[str, str | None] = {}
    for name, default, _meaning in find_table(read("README.md"), "setting"):
        (setting,) = find_codes(name)
        assert setting not in defaults, f"{setting} is there twice"
        assert default == "none" or default.startswith("`"), (setting, default)
        defaults[setting] = find_codes(default)[0] if default != "none" else None
    return defaults


def take_effect(environment: Mapping[str, str]) -> tuple[Settings, SeedRequest]:
    """Return what settings come to on the command line: they, and a request that leaves everything out."""
    settings = load_settings({"LOG_LEVEL": DEFAULT_LOG_LEVEL} | dict(environment))
    request = SeedRequest.model_validate(settings.defaults.apply_to({"catalog": "lego"}))
    return replace(settings, defaults=RequestDefaults()), request


def read_example() -> dict[str, str]:
    """Return what ``.env.example`` sets once everything in it that is commented out is not."""
    text = re.sub(r"^# (?=\w+=)", "", read(".env.example"), flags=re.MULTILINE)
    return {name: value or "" for name, value in dotenv_values(stream=io.StringIO(text)).items()}


def read_local_settings() -> dict[str, str]:
    document = json.loads(read("local.settings.example.json"))
    assert document["IsEncrypted"] is False
    values: dict[str, str] = document["Values"]
    return values


def test_the_readme_has_a_row_for_every_setting_and_no_other() -> None:
    assert set(read_readme_defaults()) == find_read_settings()


def test_a_default_in_the_readme_is_what_an_absent_setting_comes_to() -> None:
    nothing_set = take_effect({})
    for name, default in read_readme_defaults().items():
        assert take_effect({name: default or ""}) == nothing_set, name


def test_the_example_of_env_has_every_setting_with_its_default() -> None:
    documented = {name: default or "" for name, default in read_readme_defaults().items() if name not in SET_BY_AZURE}
    assert read_example() == documented


def test_the_example_of_env_does_nothing_until_it_is_filled_in() -> None:
    assert not any(dotenv_values(stream=io.StringIO(read(".env.example"))).values())


def test_the_local_settings_have_every_setting_that_the_functions_host_can_use() -> None:
    documented = {name: default or "" for name, default in read_readme_defaults().items() if name not in SET_BY_AZURE}
    values = read_local_settings()
    assert set(values) == set(documented) - OF_THE_COMMAND_LINE | OF_THE_FUNCTIONS_HOST
    differing = {name: values[name] for name, default in documented.items() if values.get(name, default) != default}
    assert differing == DIFFERENT_IN_LOCAL_SETTINGS


def test_no_example_holds_a_secret() -> None:
    for values in (read_example(), read_local_settings()):
        assert {value for name, value in values.items() if name.endswith("_KEY")} == {""}
