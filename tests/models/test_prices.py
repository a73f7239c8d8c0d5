"""What calls cost."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from shared.models import prices
from shared.models.price_files import load_prices
from shared.models.prices import count_grid_tokens
from shared.models.usage import Usage

PRICES = load_prices()
MILLION = Usage(input_tokens=1_000_000, output_tokens=1_000_000)


@pytest.mark.parametrize(
    ("model", "dollars"),
    [
        ("gpt-5", "11.25"),
        ("gpt-5-2025-08-07", "11.25"),
        ("GPT-5", "11.25"),
        ("gpt-5-mini", "2.25"),
        ("gpt-5-mini-2025-08-07", "2.25"),
        ("gpt-5.4", "17.50"),
        ("gpt-5.4-2026-03-05", "17.50"),
        ("gpt-5.4-nano", "1.45"),
        ("gpt-6-luna", "0.60"),
        ("gpt-6-luna-2026-09-22", "0.60"),
        ("gpt-6.1-terra", "6"),
        ("some-deployment", "11.25"),
        ("gpt-5.9", "11.25"),
        ("", "11.25"),
    ],
)
def test_a_text_call_costs_what_its_tokens_cost(model: str, dollars: str) -> None:
    assert PRICES.calculate_text_cost(model, MILLION) == Decimal(dollars)


@pytest.mark.parametrize(
    ("model", "dollars"),
    [
        ("gpt-image-2", "35"),
        ("gpt-image-2-2026-04-21", "35"),
        ("gpt-image-1-mini", "10"),
        ("gpt-image-1.5", "37"),
        ("pictures", "35"),
    ],
)
def test_an_image_call_costs_what_its_tokens_cost(model: str, dollars: str) -> None:
    assert PRICES.calculate_image_cost(model, MILLION) == Decimal(dollars)


@pytest.mark.parametrize(
    ("model", "priced"),
    [
        ("gpt-5", True),
        ("gpt-5-2025-08-07", True),
        ("gpt-image-2-2026-04-21", True),
        ("gpt-image-2.5-flare", True),
        ("gpt-5.9", False),
        ("gpt-50", False),
        ("gpt", False),
        ("house-model", False),
        ("", False),
    ],
)
def test_a_model_without_a_price_is_reported_apart(model: str, priced: bool) -> None:
    assert PRICES.is_priced(model) is priced


def test_costs_are_exact_to_the_last_token() -> None:
    assert PRICES.calculate_text_cost("gpt-5", Usage(1, 1)) == Decimal("0.00001125")
    ten_thousand = sum((PRICES.calculate_image_cost("gpt-image-2", Usage(50, 1756)) for _ in range(10_000)), Decimal(0))
    assert ten_thousand == Decimal("529.3")


@pytest.mark.parametrize(
    ("model", "size", "quality", "dollars"),
    [
        ("gpt-image-2", "1024x1024", "low", "0.006"),
        ("gpt-image-2", "1024x1024", "medium", "0.053"),
        ("gpt-image-2", "1024x1024", "high", "0.211"),
        ("gpt-image-2", "1536x1024", "medium", "0.041"),
        ("gpt-image-2", "1024x1536", "high", "0.165"),
        ("gpt-image-1-mini", "1024x1024", "low", "0.005"),
        ("gpt-image-1-mini", "1024x1024", "medium", "0.011"),
        ("gpt-image-1-mini", "1024x1024", "high", "0.036"),
        ("gpt-image-1.5", "1024x1024", "high", "0.133"),
        ("gpt-image-2", "1536x1024", "low", "0.005"),
        ("gpt-image-2.5-flare", "1024x1024", "medium", "0.013"),
        ("gpt-image-2.5-sunburst", "1024x1024", "xhigh", "0.094"),
        ("gpt-image-2.5", "1024x1024", "max", "0.211"),
    ],
)
def test_an_estimated_image_costs_the_published_price_of_an_image(
    model: str, size: str, quality: str, dollars: str
) -> None:
    usage = Usage(output_tokens=PRICES.estimate_image_usage(model, size, quality).output_tokens)
    assert round(PRICES.calculate_image_cost(model, usage), 3) == Decimal(dollars)


def test_a_size_without_a_price_is_scaled_by_area() -> None:
    square = PRICES.estimate_image_usage("gpt-image-1-mini", "1024x1024", "medium").output_tokens
    assert PRICES.estimate_image_usage("gpt-image-1-mini", "2048x2048", "medium").output_tokens == 4 * square
    assert PRICES.estimate_image_usage("gpt-image-1-mini", "512x512", "medium").output_tokens == square // 4 + 1


@pytest.mark.parametrize("model", [name for name, price in PRICES.image.items() if price.grid_sides])
def test_the_rule_for_any_size_gives_the_published_counts(model: str) -> None:
    price = PRICES.image[model]
    for size, row in price.output_tokens.items():
        width, height = map(int, size.split("x"))
        assert {name: count_grid_tokens(side, width, height) for name, side in price.grid_sides.items()} == row
    assert PRICES.estimate_image_usage(model, "2048x1152", "medium").output_tokens > 0


def test_an_unknown_quality_is_counted_as_the_most_expensive() -> None:
    assert PRICES.estimate_image_usage("gpt-image-2", "1024x1024", "auto") == PRICES.estimate_image_usage(
        "gpt-image-2", "1024x1024", "high"
    )
    for size in ("1024x1024", "2048x1152"):
        assert PRICES.estimate_image_usage("gpt-image-2.5", size, "auto") == PRICES.estimate_image_usage(
            "gpt-image-2.5", size, "max"
        )


@pytest.mark.parametrize("size", ["auto", "1024", "1024x", "x1024", "1024x1024x3", ""])
def test_a_size_that_is_none_is_refused(size: str) -> None:
    with pytest.raises(ValueError, match="expected WIDTHxHEIGHT"):
        PRICES.estimate_image_usage("gpt-image-2", size, "low")


def test_the_file_says_when_and_where_its_prices_were_read() -> None:
    data = json.loads(Path(prices.__file__).with_name("prices.json").read_text(encoding="utf-8"))
    assert data["asOf"] >= "2026-11-21"
    assert data["currency"] == "USD"
    assert all(source["date"] and source["where"] for source in data["sources"])


def test_every_image_model_has_tokens_for_the_size_that_others_are_scaled_from() -> None:
    for price in PRICES.image.values():
        for row in price.output_tokens.values():
            has_qualities = row["low"] < row["medium"] < row["high"]
            costs_the_same = row["low"] == row["medium"] == row["high"] and (price.per_image or row["high"])
            assert has_qualities or costs_the_same
        assert "1024x1024" in price.output_tokens


def test_a_model_that_charges_by_image_costs_that_for_each_of_them_and_for_any_size() -> None:
    model = "fal-ai/fast-lightning-sdxl"
    assert PRICES.calculate_image_cost(model, Usage()) == Decimal("0.0025")
    assert PRICES.calculate_image_cost(model, PRICES.estimate_image_usage(model, "512x768", "high")) == Decimal(
        "0.0025"
    )
    assert PRICES.calculate_image_cost(model, Usage(), count=1000) == Decimal("2.5")
