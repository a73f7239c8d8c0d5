from pathlib import Path

import pytest

from cli.command_settings import load_command_settings, merge_settings, read_dotenv, use_simulator
from cli.command_target import CommandTarget
from cli.errors import CliError
from shared.config import SettingError
from shared.models.provider_names import Provider


def test_the_first_layer_that_has_a_value_wins() -> None:
    flags = {"A": "flag"}
    environment = {"A": "environment", "B": "environment", "C": " "}
    dotenv = {"A": "dotenv", "B": "dotenv", "C": "dotenv", "D": "dotenv", "E": None}
    assert merge_settings(flags, environment, dotenv) == {
        "A": "flag",
        "B": "environment",
        "C": "dotenv",
        "D": "dotenv",
    }


def test_flag_environment_and_dotenv_come_in_that_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("OUTPUT_DIR=from-dotenv\nTARGET_COUNT=11\nBATCH_SIZE=12\n")
    monkeypatch.setenv("OUTPUT_DIR", "from-environment")
    monkeypatch.setenv("TARGET_COUNT", "21")
    settings = load_command_settings(CommandTarget(output_dir=Path("from-flag")))
    assert settings.store.folder == "from-flag"
    assert (settings.defaults.target_count, settings.defaults.batch_size) == (21, 12)


def test_a_dotenv_file_is_read_and_never_put_into_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("AZURE_OPENAI_API_KEY=from-dotenv\n", encoding="utf-8-sig")
    assert load_command_settings(CommandTarget()).model.api_key == "from-dotenv"
    monkeypatch.chdir(tmp_path.parent)
    assert load_command_settings(CommandTarget()).model.api_key is None


def test_a_missing_dotenv_file_sets_nothing(tmp_path: Path) -> None:
    assert read_dotenv(tmp_path / ".env") == {}


def test_a_dotenv_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00A")
    with pytest.raises(CliError, match=r"\.env cannot be read"):
        read_dotenv(tmp_path / ".env")


def test_offline_takes_the_place_of_endpoint_key_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "no URL at all")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "a-real-key")
    monkeypatch.setenv("IMAGE_PROVIDER", "no provider at all")
    monkeypatch.setenv("TEXT_PROVIDER", "gemini")
    monkeypatch.setenv("VISION_PROVIDER", "no provider either")
    monkeypatch.setenv("AZURE_OPENAI_API_VERSION", "2026-01-01")
    monkeypatch.setenv("AZURE_OPENAI_IMAGE_DEPLOYMENT", "pictures")
    settings = use_simulator(load_command_settings(CommandTarget(offline=True)), "http://127.0.0.1:9")
    assert (settings.model.endpoint, settings.model.api_version) == ("http://127.0.0.1:9", None)
    assert settings.model.api_key != "a-real-key"
    assert settings.model.image_deployment == "pictures"
    assert settings.model.text_provider is settings.model.image_provider is Provider.AZURE
    assert settings.model.vision_provider is Provider.AZURE


def test_offline_stands_for_openai_if_a_provider_setting_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGE_PROVIDER", "openai")
    monkeypatch.setenv("TEXT_PROVIDER", "OpenAI")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://api.example.com/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "a-real-key")
    monkeypatch.setenv("IMAGE_BATCH_CHECK_SECONDS", "2")
    model = use_simulator(load_command_settings(CommandTarget(offline=True)), "http://127.0.0.1:9").model
    assert model.text_provider is model.image_provider is Provider.OPENAI
    assert (model.openai.base_url, model.image_batch_check_seconds) == ("http://127.0.0.1:9/v1", 2)
    assert model.openai.api_key != "a-real-key"


def test_a_wrong_endpoint_matters_only_where_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "no URL at all")
    load_command_settings(CommandTarget(url="https://app.example"))
    with pytest.raises(SettingError, match="AZURE_OPENAI_ENDPOINT is "):
        load_command_settings(CommandTarget())


def test_the_default_log_level_is_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_command_settings(CommandTarget()).log_level == "WARNING"
    monkeypatch.setenv("LOG_LEVEL", "debug")
    assert load_command_settings(CommandTarget()).log_level == "DEBUG"


def test_a_local_host_id_contains_the_process_id() -> None:
    assert load_command_settings(CommandTarget()).host_id.startswith("local:")
