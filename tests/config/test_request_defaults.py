"""What a request gets for the fields that it leaves out."""

from typing import Any

import pytest
from pydantic import ValidationError

from shared.config import RequestDefaults, load_settings
from shared.runs.request import SeedRequest

ENVIRONMENT = {
    "TARGET_COUNT": "7",
    "BATCH_SIZE": "6",
    "IMAGE_SIZE": "512",
    "PARALLEL_IMAGE_REQUESTS": "5",
    "MAX_RETRIES": "0",
    "DRY_RUN": "true",
}
DEFAULTS = load_settings(ENVIRONMENT).defaults


def ask(body: dict[str, Any], defaults: RequestDefaults = DEFAULTS) -> SeedRequest:
    return SeedRequest.from_json(defaults.apply_to({"catalog": "lego"} | body))


def test_absent_fields_take_the_settings_defaults() -> None:
    request = ask({})
    assert (request.target_count, request.batch_size, request.image_size) == (7, 6, "512x512")
    assert (request.parallel_image_requests, request.max_retries, request.dry_run) == (5, 0, True)


def test_without_settings_they_take_the_schemas() -> None:
    assert ask({}, RequestDefaults()) == SeedRequest(catalog="lego")


def test_a_field_that_is_there_wins_also_with_a_value_that_counts_as_false() -> None:
    request = ask({"dryRun": False, "targetCount": 9, "maxRetries": 3})
    assert (request.dry_run, request.target_count, request.max_retries) == (False, 9, 3)


def test_null_is_a_value_and_a_wrong_one() -> None:
    with pytest.raises(ValidationError, match="targetCount"):
        ask({"targetCount": None})


def test_the_body_is_left_as_it_is() -> None:
    body: dict[str, Any] = {"catalog": "lego"}
    DEFAULTS.apply_to(body)
    assert body == {"catalog": "lego"}
