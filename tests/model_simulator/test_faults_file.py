import json
from pathlib import Path
from typing import Any

import pytest

from model_simulator.command_line import EXIT_USAGE, main
from model_simulator.faults import Faults, FaultsError, load_faults, parse_faults


def test_an_empty_document_is_a_fast_service_without_faults_or_quota() -> None:
    faults = parse_faults("{}")
    assert faults == Faults()
    assert (faults.latency_seconds.text, faults.latency_seconds.image) == (0.2, 0.5)
    assert faults.image_requests_per_minute is None
    assert set(faults.rates.model_dump().values()) == {0}


def test_every_key_of_the_documented_example_is_read() -> None:
    example = {
        "latencySeconds": {"text": 0.1, "image": 0.3},
        "latencySigma": 0.4,
        "imageRequestsPerMinute": 600,
        "retryAfterSeconds": 2,
        "rates": dict.fromkeys(Faults().rates.model_dump(), 0.25),
        "timeoutSeconds": 5,
        "blockedPrompts": ["substring"],
        "accountBlockAfter": 50,
        "apiKey": "secret",
        "imageBytes": 1_500_000,
        "secondRoundBest": 0.3,
        "referencesIgnored": 0.2,
        "rateHeaders": False,
        "batches": {
            "seconds": 3.5,
            "visibleAfterSeconds": 1.0,
            "expiresAfterSeconds": 9.0,
            "maxEnqueuedImages": 5,
            "lineErrorRate": 0.1,
        },
    }
    read = parse_faults(json.dumps(example)).model_dump(by_alias=True)
    assert read == example


def test_a_missing_key_of_a_section_keeps_its_default() -> None:
    assert parse_faults('{"latencySeconds": {"image": 0}}').latency_seconds.text == 0.2


@pytest.mark.parametrize(
    ("document", "named", "got", "expected"),
    [
        ({"latency": 1}, "latency", "got 1", "latencySeconds"),
        ({"image_bytes": 1}, "image_bytes", "got 1", "imageBytes"),
        ({"rates": {"ratelimited": 0.5}}, "rates.ratelimited", "got 0.5", "rate_limited"),
        ({"latencySeconds": {"video": 9}}, "latencySeconds.video", "got 9", "text, image"),
        ({"rates": {"refusal": 1.5}}, "rates.refusal", "1.5", "less than or equal to 1"),
        ({"rates": {"refusal": -0.1}}, "rates.refusal", "-0.1", "greater than or equal to 0"),
        ({"rates": {"refusal": "0.5"}}, "rates.refusal", "'0.5'", "a valid number"),
        ({"rates": {"refusal": True}}, "rates.refusal", "True", "a valid number"),
        ({"rates": []}, "rates", "[]", "an object"),
        ({"imageRequestsPerMinute": 0}, "imageRequestsPerMinute", "0", "greater than 0"),
        ({"secondRoundBest": 2}, "secondRoundBest", "2", "less than or equal to 1"),
        ({"imageBytes": 1.5}, "imageBytes", "1.5", "a valid integer"),
        ({"blockedPrompts": "logo"}, "blockedPrompts", "'logo'", "a valid array"),
        ({"blockedPrompts": [""]}, "blockedPrompts.0", "''", "at least 1 character"),
        ({"latencySeconds": {"text": float("nan")}}, "latencySeconds.text", "nan", "a finite number"),
        ([], "the document", "[]", "an object"),
    ],
)
def test_an_invalid_document_is_refused_with_key_value_and_expectation(
    document: Any, named: str, got: str, expected: str
) -> None:
    with pytest.raises(FaultsError) as caught:
        parse_faults(json.dumps(document))
    message = str(caught.value)
    assert message.startswith(f"{named} is ")
    assert got in message
    assert f"expected {expected}" in message or expected in message.partition("expected")[2]
    assert "\n" not in message


def test_a_document_that_is_not_json_is_refused_in_one_line() -> None:
    with pytest.raises(
        FaultsError, match=r"^the document is not valid JSON; expected a JSON object: [^\n]*line 1[^\n]*$"
    ):
        parse_faults("{")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FaultsError, match=r"none\.json cannot be read: No such file"):
        load_faults(tmp_path / "none.json")


def test_the_command_refuses_an_invalid_file_with_one_line_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "faults.json"
    file.write_text('{"rates": {"droped": 0.1}}')
    assert main(["--faults", str(file)]) == EXIT_USAGE
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith(f"{file}: rates.droped is an unknown key (got 0.1); expected one of rate_limited, ")


def test_the_key_is_not_shown_when_faults_are_printed() -> None:
    assert "open sesame" not in repr(parse_faults('{"apiKey": "open sesame"}'))
