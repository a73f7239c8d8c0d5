"""The figures of the Azure guide follow from the price list, and the verification page says what was not run."""

import re
from decimal import ROUND_HALF_UP, Decimal

import pytest

from shared.models.price_files import load_prices
from shared.models.usage import Usage
from tests.support.infra_checks import REPOSITORY

DOCS = (REPOSITORY / "docs" / "guides" / "operate-in-azure.md").read_text()
VERIFICATION = (REPOSITORY / "docs" / "verification.md").read_text()
PRICES = load_prices()
BATCH = Usage(input_tokens=1_500, output_tokens=6_000)
"""The assumption that the docs name: one text call for 20 items."""

GB_SECOND = Decimal("0.000026")


def show(amount: Decimal) -> str:
    return f"${amount.quantize(Decimal('0.01'), ROUND_HALF_UP)}"


@pytest.mark.parametrize(("quality", "reported"), [("low", "0.0062"), ("medium", "0.0530"), ("high", "0.2110")])
def test_the_price_of_an_image_is_the_price_list_s(quality: str, reported: str) -> None:
    usage = PRICES.estimate_image_usage("gpt-image-2", "1024x1024", quality)
    assert f"{PRICES.calculate_image_cost('gpt-image-2', usage):.4f}" == reported
    assert f"${reported}" in DOCS


@pytest.mark.parametrize(("items", "calls", "reported"), [(200, 11, "$10.74"), (5_000, 251, "$268.42")])
def test_the_cost_of_a_month_is_the_sum_that_the_docs_show(items: int, calls: int, reported: str) -> None:
    a_image = PRICES.estimate_image_usage("gpt-image-2", "1024x1024", "medium")
    images = items * PRICES.calculate_image_cost("gpt-image-2", a_image)
    text = calls * PRICES.calculate_text_cost("gpt-6-luna", BATCH)
    app = items / Decimal(6) * 60 * 2 * GB_SECOND
    row = next(line for line in DOCS.splitlines() if line.startswith(f"| one catalog of {items:,}"))
    for amount in (images, text, app):
        assert show(amount) in row
    assert row.endswith(f"| **{reported}** |")
    assert show(images + text + app) == reported


def test_it_says_what_was_checked_and_that_nothing_was_deployed() -> None:
    sets = list((REPOSITORY / "infra" / "tests").glob("*.bicepparam"))
    assert (len(sets), "ten sets of parameters" in " ".join(VERIFICATION.split())) == (10, True)
    assert "were **not** deployed" in VERIFICATION


def test_files_that_it_names_are_there() -> None:
    names = re.findall(r"`((?:infra|shared|tests|\.github|host)[\w./-]*)`", DOCS)
    assert names
    assert [name for name in names if not (REPOSITORY / name).exists()] == []
