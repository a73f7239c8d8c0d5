"""The table of settings is complete: `load_settings` reads what it lists, and nothing else."""

from collections.abc import Iterator, Mapping

import pytest

from shared.config import load_settings
from shared.images.refinement_policy import Refinement
from shared.runs.request import SeedRequest
from shared.settings_table import SETTINGS, Setting


class RecordingEnvironment(Mapping[str, str]):
    """An empty environment that records which variables are read."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def test_every_variable_that_is_read_is_in_the_table() -> None:
    environment = RecordingEnvironment()
    load_settings(environment)
    earlier_names = {setting.earlier_name for setting in SETTINGS if setting.earlier_name}
    assert environment.names == {setting.name for setting in SETTINGS} | earlier_names


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_default_is_a_value_that_is_accepted(setting: Setting) -> None:
    assert setting.description.endswith(".")
    for default in (setting.default, setting.default_in_azure):
        if default is not None:
            load_settings({setting.name: default})


def test_keys_and_connection_strings_are_secret() -> None:
    for setting in SETTINGS:
        if setting.name.endswith(("_KEY", "_CONNECTION_STRING")):
            assert setting.secret, setting.name


@pytest.mark.parametrize("model", [SeedRequest, Refinement])
def test_every_field_of_a_request_is_described_in_one_sentence(model: type[SeedRequest | Refinement]) -> None:
    for name, field in model.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name
