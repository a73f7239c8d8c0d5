"""Which services answer: chosen apart for writing, seeing and drawing, and what each one needs before it is called."""

import pytest

from shared.config import SettingError, load_settings
from shared.errors import ModelError
from shared.models.prompts.evaluation_requests import build_evaluation_request
from shared.models.provider_names import DEFAULT_IMAGE_MODELS, DEFAULT_TEXT_MODELS, Provider
from shared.reasons import Reason
from shared.services import model_factory
from shared.services.model_factory import build_model, check_model_settings, check_vision_settings
from tests.support.input_images import JPEG
from tests.support.memory_request_log import MemoryRequestLog
from tests.support.model_requests import FIGURE_REQUEST

AZURE = {"AZURE_OPENAI_ENDPOINT": "https://contoso.openai.azure.com", "AZURE_OPENAI_API_KEY": "azure-key"}
NOT_AZURE = {"TEXT_PROVIDER": "openai", "IMAGE_PROVIDER": "openai", "OPENAI_API_KEY": "openai-key"}
SERVER = "https://models.example.com/v1"


def test_azure_openai_answers_everything_unless_it_is_said_otherwise() -> None:
    model = load_settings(AZURE).model
    assert (model.text_provider, model.image_provider) == (Provider.AZURE, Provider.AZURE)
    assert model.address == AZURE["AZURE_OPENAI_ENDPOINT"]


def test_text_and_images_are_chosen_apart() -> None:
    model = load_settings(
        {"TEXT_PROVIDER": "Gemini", "GEMINI_API_KEY": "g", "IMAGE_PROVIDER": "fal", "FAL_KEY": "f"}
    ).model
    check_model_settings(model)
    assert (model.text_provider, model.image_provider) == (Provider.GEMINI, Provider.FAL)
    assert model.text_deployment == DEFAULT_TEXT_MODELS[Provider.GEMINI]
    assert model.image_deployment == DEFAULT_IMAGE_MODELS[Provider.FAL] == "fal-ai/fast-lightning-sdxl"
    assert model.address == "https://generativelanguage.googleapis.com/v1beta/openai, https://queue.fal.run"


def test_the_name_of_a_deployment_is_azures_and_the_name_of_a_model_anybodys() -> None:
    deployments = {"AZURE_OPENAI_TEXT_DEPLOYMENT": "writer", "AZURE_OPENAI_IMAGE_DEPLOYMENT": "painter"}
    azure = load_settings(deployments).model
    assert (azure.text_deployment, azure.image_deployment) == ("writer", "painter")
    openai = load_settings(NOT_AZURE | deployments).model
    assert (openai.text_deployment, openai.image_deployment) == ("gpt-6-luna", "gpt-image-2")
    reported = load_settings(NOT_AZURE | deployments | {"TEXT_MODEL": "gpt-5.4", "IMAGE_MODEL": "gpt-image-1.5"}).model
    assert (reported.text_deployment, reported.image_deployment) == ("gpt-5.4", "gpt-image-1.5")


def test_of_fals_two_names_for_its_key_ours_wins() -> None:
    assert load_settings({"FAL_KEY": "theirs"}).model.fal_key == "theirs"
    assert load_settings({"FAL_KEY": "theirs", "FAL_AI_API_KEY": "ours"}).model.fal_key == "ours"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, (Provider.AZURE, "gpt-6-luna")),
        ({"AZURE_OPENAI_TEXT_DEPLOYMENT": "writer"}, (Provider.AZURE, "writer")),
        (
            {"AZURE_OPENAI_TEXT_DEPLOYMENT": "writer", "AZURE_OPENAI_VISION_DEPLOYMENT": "seer"},
            (Provider.AZURE, "seer"),
        ),
        ({"TEXT_MODEL": "writer"}, (Provider.AZURE, "writer")),
        ({"AZURE_OPENAI_VISION_DEPLOYMENT": "seer", "VISION_MODEL": "reported"}, (Provider.AZURE, "reported")),
        ({"TEXT_PROVIDER": "openai", "TEXT_MODEL": "gpt-5.4"}, (Provider.OPENAI, "gpt-5.4")),
        ({"TEXT_PROVIDER": "openai", "AZURE_OPENAI_VISION_DEPLOYMENT": "seer"}, (Provider.OPENAI, "gpt-6-luna")),
        ({"VISION_PROVIDER": "Gemini", "TEXT_MODEL": "writer"}, (Provider.GEMINI, "gemini-3.5-flash")),
        ({"VISION_PROVIDER": "gemini", "VISION_MODEL": "seer"}, (Provider.GEMINI, "seer")),
        (
            {"TEXT_PROVIDER": "gemini", "VISION_PROVIDER": "azure", "AZURE_OPENAI_TEXT_DEPLOYMENT": "writer"},
            (Provider.AZURE, "writer"),
        ),
        ({"VISION_PROVIDER": "compatible", "TEXT_MODEL": "writer"}, (Provider.COMPATIBLE, "")),
    ],
)
def test_who_writes_sees_too_unless_it_is_said_otherwise(
    environment: dict[str, str], expected: tuple[Provider, str]
) -> None:
    model = load_settings(environment).model
    assert (model.vision_provider, model.vision_deployment) == expected


@pytest.mark.parametrize(
    ("environment", "missing"),
    [
        ({"VISION_PROVIDER": "openai"}, "OPENAI_API_KEY"),
        ({"VISION_PROVIDER": "gemini"}, "GEMINI_API_KEY"),
        ({"VISION_PROVIDER": "compatible", "VISION_MODEL": "seer"}, "OPENAI_COMPATIBLE_BASE_URL"),
        ({"VISION_PROVIDER": "compatible", "OPENAI_COMPATIBLE_BASE_URL": SERVER}, "VISION_MODEL"),
    ],
)
async def test_what_a_vision_service_lacks_is_reported_to_who_asks_it_and_to_no_one_else(
    environment: dict[str, str], missing: str
) -> None:
    settings = load_settings(AZURE | environment)
    check_model_settings(settings.model)
    with pytest.raises(SettingError) as raised:
        check_vision_settings(settings.model)
    assert raised.value.setting == missing
    assert "expected" in str(raised.value)
    model = build_model(settings, MemoryRequestLog())
    with pytest.raises(ModelError, match=missing) as asked:
        await model.answer(build_evaluation_request("a boat", JPEG, iteration=1).limit_answer(4_000))
    assert asked.value.reason is Reason.NOT_CONFIGURED
    await model.close()


@pytest.mark.parametrize("environment", [AZURE, NOT_AZURE, AZURE | NOT_AZURE | {"VISION_PROVIDER": "azure"}])
def test_a_vision_service_that_is_configured_passes(environment: dict[str, str]) -> None:
    check_vision_settings(load_settings(environment).model)


@pytest.mark.parametrize("setting", ["TEXT_PROVIDER", "VISION_PROVIDER", "IMAGE_PROVIDER"])
def test_an_unknown_provider_is_reported_with_those_that_there_are(setting: str) -> None:
    with pytest.raises(SettingError, match=rf"{setting} is 'acme'; expected one of azure, openai"):
        load_settings({setting: "acme"})


@pytest.mark.parametrize(
    ("setting", "provider"), [("TEXT_PROVIDER", "fal"), ("VISION_PROVIDER", "fal"), ("IMAGE_PROVIDER", "gemini")]
)
def test_a_provider_is_refused_for_what_it_does_not_do(setting: str, provider: str) -> None:
    with pytest.raises(SettingError, match=f"{setting} is '{provider}'; expected one of"):
        load_settings({setting: provider})


@pytest.mark.parametrize(
    ("environment", "missing", "because"),
    [
        ({}, "AZURE_OPENAI_ENDPOINT", "https://NAME.openai.azure.com"),
        (AZURE | {"TEXT_PROVIDER": "openai"}, "OPENAI_API_KEY", "TEXT_PROVIDER is 'openai'"),
        (AZURE | {"TEXT_PROVIDER": "gemini"}, "GEMINI_API_KEY", "TEXT_PROVIDER is 'gemini'"),
        (AZURE | {"IMAGE_PROVIDER": "fal"}, "FAL_AI_API_KEY", "IMAGE_PROVIDER is 'fal'"),
        (AZURE | {"IMAGE_PROVIDER": "compatible"}, "OPENAI_COMPATIBLE_BASE_URL", "IMAGE_PROVIDER is 'compatible'"),
        (NOT_AZURE | {"IMAGE_PROVIDER": "azure"}, "AZURE_OPENAI_ENDPOINT", "https://"),
        (AZURE | {"TEXT_PROVIDER": "compatible", "OPENAI_COMPATIBLE_BASE_URL": SERVER}, "TEXT_MODEL", "'compatible'"),
        (AZURE | {"IMAGE_PROVIDER": "compatible", "OPENAI_COMPATIBLE_BASE_URL": SERVER}, "IMAGE_MODEL", "'compatible'"),
    ],
)
def test_what_a_provider_needs_and_has_not_is_named(environment: dict[str, str], missing: str, because: str) -> None:
    with pytest.raises(SettingError) as raised:
        check_model_settings(load_settings(environment).model)
    assert raised.value.setting == missing
    assert because in str(raised.value)
    assert "expected" in str(raised.value)


async def test_a_text_service_that_is_missing_matters_only_to_who_asks_it() -> None:
    model = build_model(load_settings(AZURE | {"TEXT_PROVIDER": "gemini"}), MemoryRequestLog())
    with pytest.raises(ModelError, match="GEMINI_API_KEY is missing") as asked:
        await model.answer(FIGURE_REQUEST)
    assert asked.value.reason is Reason.NOT_CONFIGURED
    await model.close()


def test_an_image_service_that_is_missing_is_no_model() -> None:
    with pytest.raises(SettingError, match="FAL_AI_API_KEY is missing"):
        build_model(load_settings(AZURE | {"IMAGE_PROVIDER": "fal"}), MemoryRequestLog())


def test_a_provider_without_its_extra_is_reported_before_anything_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_factory, "find_spec", lambda _name: None)
    with pytest.raises(SettingError, match="IMAGE_PROVIDER is 'fal', and fal-client is not installed") as raised:
        build_model(load_settings(AZURE | {"IMAGE_PROVIDER": "fal", "FAL_KEY": "f"}), MemoryRequestLog())
    assert "expected the extra 'fal'" in str(raised.value)


@pytest.mark.parametrize("provider", ["azure", "openai", "compatible"])
async def test_one_service_that_does_everything_is_one_model(provider: str) -> None:
    environment = AZURE | NOT_AZURE | {"TEXT_PROVIDER": provider, "IMAGE_PROVIDER": provider}
    environment |= {"OPENAI_COMPATIBLE_BASE_URL": SERVER, "TEXT_MODEL": "writer", "IMAGE_MODEL": "painter"}
    model = build_model(load_settings(environment), MemoryRequestLog())
    assert type(vars(model)["_model"]).__name__ in {"ResponsesModel", "ChatModel"}
    await model.close()


def test_the_address_of_a_compatible_server_is_kept_as_it_is() -> None:
    access = load_settings({"OPENAI_COMPATIBLE_BASE_URL": "http://localhost:11434/v1/"}).model.compatible
    assert access.base_url == "http://localhost:11434/v1"


@pytest.mark.parametrize("value", ["models.example.com", "http://models.example.com/v1"])
def test_an_address_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(SettingError, match=r"OPENAI_COMPATIBLE_BASE_URL is .*expected"):
        load_settings({"OPENAI_COMPATIBLE_BASE_URL": value})


def test_keys_of_all_services_do_not_show() -> None:
    names = ("OPENAI_API_KEY", "GEMINI_API_KEY", "OPENAI_COMPATIBLE_API_KEY", "FAL_AI_API_KEY", "FAL_KEY")
    assert "secret" not in repr(load_settings(dict.fromkeys(names, "secret")))


@pytest.mark.parametrize(
    ("environment", "known"),
    [
        (AZURE, "gpt-image-2"),
        (AZURE | {"AZURE_OPENAI_ENDPOINT": "http://127.0.0.1:9"}, None),
        (NOT_AZURE, "gpt-image-2"),
        ({"IMAGE_PROVIDER": "fal"}, "fal-ai/fast-lightning-sdxl"),
        ({"IMAGE_PROVIDER": "compatible", "OPENAI_COMPATIBLE_BASE_URL": SERVER, "IMAGE_MODEL": "gpt-image-2"}, None),
        ({}, "gpt-image-2"),
    ],
)
def test_a_model_name_selects_the_provider_except_for_compatible_servers(
    environment: dict[str, str], known: str | None
) -> None:
    assert load_settings(environment).model.known_image_model == known
