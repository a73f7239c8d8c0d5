"""Every setting: its default, its range, and the message about an invalid value."""

import dataclasses
import re
from typing import Any

import pytest

from shared.config import SettingError, Settings, load_settings
from shared.runs.request import SeedRequest

URL = "https://contoso.openai.azure.com"

# name in the environment, value, where it arrives, what is there then
GOOD = [
    ("AZURE_OPENAI_ENDPOINT", URL, "model.endpoint", URL),
    ("AZURE_OPENAI_ENDPOINT", f"{URL}/", "model.endpoint", URL),
    ("AZURE_OPENAI_ENDPOINT", f"{URL}/openai/v1/?x=1", "model.endpoint", URL),
    ("AZURE_OPENAI_ENDPOINT", f"{URL}/a/gateway/openai/", "model.endpoint", f"{URL}/a/gateway"),
    ("AZURE_OPENAI_ENDPOINT", "https://openai", "model.endpoint", "https://openai"),
    ("AZURE_OPENAI_ENDPOINT", "HTTP://LocalHost:8080/", "model.endpoint", "http://LocalHost:8080"),
    ("AZURE_OPENAI_ENDPOINT", "http://127.0.0.1:1", "model.endpoint", "http://127.0.0.1:1"),
    ("AZURE_OPENAI_ENDPOINT", "http://[::1]:65535", "model.endpoint", "http://[::1]:65535"),
    ("AZURE_OPENAI_API_KEY", "secret", "model.api_key", "secret"),
    ("AZURE_OPENAI_API_VERSION", "2025-04-01-preview", "model.api_version", "2025-04-01-preview"),
    ("AZURE_OPENAI_TEXT_DEPLOYMENT", "text", "model.text_deployment", "text"),
    ("REASONING_EFFORT", "High", "model.reasoning_effort", "high"),
    ("AZURE_OPENAI_VISION_DEPLOYMENT", "vision", "model.vision_deployment", "vision"),
    ("VISION_MODEL", "vision", "model.vision_deployment", "vision"),
    ("AZURE_OPENAI_IMAGE_DEPLOYMENT", "image", "model.image_deployment", "image"),
    ("IMAGE_TIMEOUT_SECONDS", "1", "model.image_timeout_seconds", 1),
    ("IMAGE_TIMEOUT_SECONDS", "3600", "model.image_timeout_seconds", 3600),
    ("STORE", "BLOB", "store.kind", "blob"),
    ("STORE", "folder", "store.kind", "folder"),
    ("OUTPUT_DIR", "/data/x", "store.folder", "/data/x"),
    ("CATALOG_STORAGE_URL", "https://a.blob.core.windows.net", "store.account_url", "https://a.blob.core.windows.net"),
    ("CATALOG_STORAGE_CONNECTION_STRING", "AccountKey=k", "store.connection_string", "AccountKey=k"),
    ("AzureWebJobsStorage", "AccountKey=j", "store.connection_string", "AccountKey=j"),
    ("TARGET_COUNT", "50000", "defaults.target_count", 50_000),
    ("BATCH_SIZE", " 50 ", "defaults.batch_size", 50),
    ("IMAGE_SIZE", "1024", "defaults.image_size", "1024x1024"),
    ("IMAGE_SIZE", "1024x1536", "defaults.image_size", "1024x1536"),
    ("PARALLEL_IMAGE_REQUESTS", "64", "defaults.parallel_image_requests", 64),
    ("MAX_RETRIES", "0", "defaults.max_retries", 0),
    ("DRY_RUN", "True", "defaults.dry_run", True),
    ("DRY_RUN", "1", "defaults.dry_run", True),
    ("DRY_RUN", "yes", "defaults.dry_run", True),
    ("DRY_RUN", "no", "defaults.dry_run", False),
    ("DRY_RUN", "FALSE", "defaults.dry_run", False),
    ("DRY_RUN", "0", "defaults.dry_run", False),
    ("WEBSITE_SITE_NAME", "seeder", "host_id", "azure:seeder"),
    ("LOG_LEVEL", "debug", "log_level", "DEBUG"),
    ("FUNCTIONS_KEY", "k", "functions_key", "k"),
]

BAD = [
    ("AZURE_OPENAI_ENDPOINT", "http://contoso.openai.azure.com", "http://contoso.openai.azure.com"),
    ("AZURE_OPENAI_ENDPOINT", "http://localhost.evil.example", "http://localhost.evil.example"),
    ("AZURE_OPENAI_ENDPOINT", "contoso.openai.azure.com", "not a usable URL"),
    ("AZURE_OPENAI_ENDPOINT", "ftp://127.0.0.1", "not a usable URL"),
    ("AZURE_OPENAI_ENDPOINT", "https://", "not a usable URL"),
    ("AZURE_OPENAI_ENDPOINT", "http://[::1", "not a usable URL"),
    ("AZURE_OPENAI_ENDPOINT", "https://host:99999", "not a usable URL"),
    ("AZURE_OPENAI_ENDPOINT", "https://user:secret@host", "not a usable URL"),
    ("IMAGE_TIMEOUT_SECONDS", "0", "from 1 to 3600"),
    ("IMAGE_TIMEOUT_SECONDS", "3601", "from 1 to 3600"),
    ("IMAGE_TIMEOUT_SECONDS", "600.5", "from 1 to 3600"),
    ("TARGET_COUNT", "0", "from 1 to 50000"),
    ("TARGET_COUNT", "50001", "from 1 to 50000"),
    ("TARGET_COUNT", "-1", "from 1 to 50000"),
    ("TARGET_COUNT", "1e3", "from 1 to 50000"),
    ("TARGET_COUNT", "\u0665", "from 1 to 50000"),
    ("TARGET_COUNT", "9" * 5000, "from 1 to 50000"),
    ("BATCH_SIZE", "51", "from 1 to 50"),
    ("PARALLEL_IMAGE_REQUESTS", "65", "from 1 to 64"),
    ("MAX_RETRIES", "11", "from 0 to 10"),
    ("DRY_RUN", "maybe", "true or false"),
    ("IMAGE_SIZE", "10", "each 64 to 4096"),
    ("IMAGE_SIZE", "1024x", "WIDTHxHEIGHT"),
    ("IMAGE_SIZE", "\u0661\u0660\u0662\u0664", "WIDTHxHEIGHT"),
    ("STORE", "s3", "one of folder, blob"),
    ("LOG_LEVEL", "LOUD", "one of DEBUG, INFO, WARNING, ERROR, CRITICAL"),
]


def find(settings: Settings, place: str) -> Any:
    value: Any = settings
    for name in place.split("."):
        value = getattr(value, name)
    return value


@pytest.mark.parametrize(("name", "value", "place", "expected"), GOOD)
def test_a_setting_arrives_where_it_is_used(name: str, value: str, place: str, expected: object) -> None:
    found = find(load_settings({name: value}), place)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("name", sorted({name for name, *_ in GOOD}))
@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
def test_a_blank_setting_is_an_absent_one(name: str, blank: str) -> None:
    assert load_settings({name: blank}) == Settings()


@pytest.mark.parametrize(("name", "value", "expected"), BAD)
def test_a_value_that_cannot_be_used_is_reported_with_the_settings_name(name: str, value: str, expected: str) -> None:
    with pytest.raises(SettingError) as caught:
        load_settings({name: value})
    assert caught.value.setting == name
    assert str(caught.value).startswith(f"{name} is ")
    assert expected in str(caught.value)
    assert "expected" in str(caught.value)


@pytest.mark.parametrize(
    "value", ["7Xq-a-key-in-the-wrong-variable", "https://me:7Xq-a-key@contoso", "ftp://7Xq-a-key"]
)
def test_what_may_be_a_key_in_the_wrong_variable_is_not_repeated(value: str) -> None:
    with pytest.raises(SettingError) as caught:
        load_settings({"AZURE_OPENAI_ENDPOINT": value})
    assert "7Xq" not in str(caught.value)


def test_nothing_needs_to_be_set() -> None:
    settings = load_settings({})
    assert settings == Settings()
    assert (settings.store.kind, settings.store.folder, settings.host_id) == ("folder", "./data_seed", "local")
    assert (settings.model.endpoint, settings.model.image_timeout_seconds) == (None, 600)


def test_in_azure_the_store_is_blob_unless_it_is_said_otherwise() -> None:
    assert load_settings({"WEBSITE_INSTANCE_ID": "a1"}).store.kind == "blob"
    assert load_settings({"WEBSITE_INSTANCE_ID": "a1", "STORE": "folder"}).store.kind == "folder"


def test_the_hosts_own_storage_is_used_only_where_the_catalogs_have_none() -> None:
    host = {"AzureWebJobsStorage": "AccountKey=host"}
    assert load_settings(host | {"CATALOG_STORAGE_URL": "https://a.example"}).store.connection_string is None
    own = load_settings(host | {"CATALOG_STORAGE_CONNECTION_STRING": "AccountKey=own"})
    assert own.store.connection_string == "AccountKey=own"


def test_containers_can_have_other_names() -> None:
    containers = load_settings({"CATALOGS_CONTAINER": "shop", "BACKUPS_CONTAINER": " "}).store.containers
    assert containers == {"catalogs": "shop", "runs": "runs", "inputs": "inputs", "backups": "backups"}


def test_keys_do_not_show() -> None:
    settings = load_settings(
        {
            "AZURE_OPENAI_API_KEY": "secret-1",
            "CATALOG_STORAGE_CONNECTION_STRING": "AccountKey=secret-2",
            "FUNCTIONS_KEY": "secret-3",
        },
    )
    shown = f"{settings!r} {settings} {settings.model!r} {settings.store!r}"
    assert "secret" not in shown


def test_without_an_argument_the_environment_of_the_process_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TARGET_COUNT", "7")
    assert load_settings().defaults.target_count == 7


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("TARGET_COUNT", "target_count"),
        ("BATCH_SIZE", "batch_size"),
        ("PARALLEL_IMAGE_REQUESTS", "parallel_image_requests"),
        ("MAX_RETRIES", "max_retries"),
    ],
)
def test_a_default_has_the_range_of_the_request_field_that_it_stands_for(name: str, field: str) -> None:
    limits = {type(limit).__name__: limit for limit in SeedRequest.model_fields[field].metadata}
    for value, works in [
        (limits["Ge"].ge, True),
        (limits["Le"].le, True),
        (limits["Ge"].ge - 1, False),
        (limits["Le"].le + 1, False),
    ]:
        try:
            load_settings({name: str(value)})
        except SettingError:
            assert not works
        else:
            assert works


def test_every_default_is_a_field_of_the_request() -> None:
    names = {field.name for field in dataclasses.fields(Settings().defaults)}
    assert names <= set(SeedRequest.model_fields)


@pytest.mark.parametrize("name", sorted({name for name, *_ in BAD}))
@pytest.mark.parametrize("text", ["\x00", "\u2028x", "\ud800", "\U0001f680", "x\r\n1", "[", "1\n2"])
def test_odd_texts_are_reported_in_one_line(name: str, text: str) -> None:
    with pytest.raises(SettingError) as caught:
        load_settings({name: text})
    assert len(str(caught.value).splitlines()) == 1


def test_a_setting_by_its_old_name_is_read_and_reported() -> None:
    old = load_settings({"AZURE_OPENAI_GPT5_DEPLOYMENT": "writer"})
    assert old.model.text_deployment == "writer"
    [warning] = old.warnings
    assert {"AZURE_OPENAI_GPT5_DEPLOYMENT", "AZURE_OPENAI_TEXT_DEPLOYMENT"} <= set(
        re.findall(r"[A-Z0-9_]{8,}", warning)
    )
    both = load_settings({"AZURE_OPENAI_GPT5_DEPLOYMENT": "writer", "AZURE_OPENAI_TEXT_DEPLOYMENT": "author"})
    assert (both.model.text_deployment, len(both.warnings)) == ("author", 1)
    assert load_settings({"AZURE_OPENAI_TEXT_DEPLOYMENT": "author"}).warnings == ()
