"""Price overrides: what they change, what they keep, and how mistakes in them are reported."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared.config import SettingError, load_settings
from shared.models import prices
from shared.models.price_files import load_prices
from shared.models.prices import PriceList
from shared.models.usage import Usage

MILLION = Usage(1_000_000, 1_000_000)


def override(**changes: Any) -> PriceList:
    return load_settings({"PRICES": json.dumps(changes)}).prices


def test_without_the_setting_the_published_prices_hold() -> None:
    assert load_settings({}).prices == load_settings({"PRICES": " "}).prices == load_prices()


def test_the_published_file_over_itself_changes_nothing() -> None:
    published = Path(prices.__file__).with_name("prices.json")
    assert load_settings({"PRICES": str(published)}).prices == load_prices()


def test_a_field_that_is_left_out_stays_as_it_was() -> None:
    changed = override(text={"gpt-5": {"output": 8}}, image={"gpt-image-2": {"imageOutput": 20.5}})
    assert changed.calculate_text_cost("gpt-5", MILLION) == Decimal("9.25")
    assert changed.calculate_image_cost("gpt-image-2", MILLION) == Decimal("25.5")
    assert changed.calculate_text_cost("gpt-5-mini", MILLION) == load_prices().calculate_text_cost(
        "gpt-5-mini", MILLION
    )


def test_a_price_is_exact() -> None:
    assert override(text={"gpt-5": {"input": 0.1}}).calculate_text_cost("gpt-5", Usage(1, 0)) == Decimal("1E-7")


def test_a_deployment_of_any_name_starts_from_the_default_model() -> None:
    changed = override(image={"My-Pictures": {"imageOutput": 1}})
    assert changed.is_priced("my-pictures")
    assert changed.calculate_image_cost("my-pictures", MILLION) == Decimal(6)
    assert changed.estimate_image_usage("my-pictures", "1024x1024", "low").output_tokens == 196


def test_a_name_that_begins_like_a_listed_one_starts_from_that() -> None:
    changed = override(text={"gpt-5-mini-eu": {"output": 3}})
    assert changed.calculate_text_cost("gpt-5-mini-eu", MILLION) == Decimal("3.25")


def test_tokens_of_a_size_can_be_set() -> None:
    row = {"low": 1, "medium": 2, "high": 3}
    changed = override(image={"gpt-image-2": {"outputTokens": {"512x512": row}}})
    assert changed.estimate_image_usage("gpt-image-2", "512x512", "high").output_tokens == 3
    assert changed.estimate_image_usage("gpt-image-2", "1024x1024", "high").output_tokens == 7024


def test_unknown_models_can_be_charged_as_another_one() -> None:
    changed = override(defaults={"text": "gpt-5-nano"})
    assert changed.calculate_text_cost("whatever", MILLION) == load_prices().calculate_text_cost("gpt-5-nano", MILLION)


def test_a_file_is_as_good_as_an_object(tmp_path: Path) -> None:
    path = tmp_path / "prices.json"
    path.write_text('{"text": {"gpt-5": {"input": 0}}}', encoding="utf-8-sig")
    assert load_settings({"PRICES": str(path)}).prices == override(text={"gpt-5": {"input": 0}})


@pytest.mark.parametrize(
    ("value", "reported"),
    [
        ({"text": {"gpt-5": {"input": -1}}}, "text.gpt-5.input: Input should be greater than or equal to 0"),
        ({"text": {"gpt-5": {"input": "dear"}}}, "text.gpt-5.input: Input should be a valid decimal, got 'dear'"),
        ({"text": {"gpt-5": {"imageOutput": 1}}}, "text.gpt-5.imageOutput: is not a field"),
        ({"image": {"pics": {"outputTokens": {"big": {}}}}}, "image.pics.outputTokens.big"),
        ({"image": {"pics": {"outputTokens": {"64x64": {"low": 1, "medium": 2}}}}}, "64x64.high: is required"),
        ({"models": {}}, "models: is not a field"),
        ({"currency": "EUR"}, "currency: Input should be 'USD', got 'EUR'"),
        (
            {"defaults": {"image": "pics"}},
            "defaults.image: 'pics' has no price; expected one of fal-ai/bytedance/seedream",
        ),
    ],
)
def test_a_mistake_is_reported_with_its_model_and_field(value: dict[str, Any], reported: str) -> None:
    with pytest.raises(SettingError) as raised:
        override(**value)
    assert str(raised.value).startswith("PRICES cannot be used: the JSON object: ")
    assert reported in str(raised.value)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(SettingError, match=r"PRICES is 'no/such.json', which cannot be read .* expected a JSON object"):
        load_settings({"PRICES": "no/such.json"})


@pytest.mark.parametrize("content", ["{", "[]", '"x"', "\ud800".encode("utf-8", "surrogatepass")])
def test_a_file_that_holds_no_object_is_named(content: str | bytes, tmp_path: Path) -> None:
    path = tmp_path / "prices.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SettingError, match=f"PRICES cannot be used: {path}: "):
        load_settings({"PRICES": str(path)})


def test_a_price_by_image_takes_the_place_of_tokens_unless_they_are_reported_beside_it() -> None:
    changed = override(
        image={
            "fal-ai/flux/dev": {"perImage": 0.025},
            "fal-ai/fast-lightning-sdxl": {"perImage": 0.001},
            "both": {"perImage": 0.5, "imageOutput": 1},
        }
    )
    assert changed.calculate_image_cost("fal-ai/flux/dev", MILLION) == Decimal("0.025")
    assert changed.calculate_image_cost("fal-ai/fast-lightning-sdxl", Usage()) == Decimal("0.001")
    assert changed.calculate_image_cost("both", MILLION) == Decimal("1.5")
