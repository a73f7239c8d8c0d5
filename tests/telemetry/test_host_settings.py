"""host.json: each value is justified, the deadlines are in order, and the documents agree."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.config import load_settings
from shared.identity.token_source import SignInLimits
from shared.models.providers.sdk_client import CONNECT_TIMEOUT_SECONDS
from shared.models.providers.sdk_model import TEXT_TIMEOUT_SECONDS
from shared.runs.purge import MAX_PURGE_SECONDS
from shared.telemetry.names import Attribute, Metric
from tests.support.bicep import read_bicep
from tests.support.markdown_documents import find_codes, find_table, read

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_STORE_A_IMAGE = 120


def read_host() -> Any:
    return json.loads((ROOT / "host.json").read_text(encoding="utf-8"))


def list_values(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the dotted path of each value, and the value as text."""
    if not isinstance(node, dict):
        yield path, str(node).lower() if isinstance(node, bool) else str(node)
        return
    for name, value in node.items():
        yield from list_values(value, f"{path}.{name}" if path else name)


def read_function_timeout() -> int:
    hours, minutes, seconds = (int(part) for part in read_host()["functionTimeout"].split(":"))
    return 3600 * hours + 60 * minutes + seconds


def add_up_paid_call(image_timeout_seconds: float) -> float:
    """Return after how many seconds a paid call is given up, from the model adapter's own limits."""
    return SignInLimits().max_seconds + CONNECT_TIMEOUT_SECONDS + image_timeout_seconds


def test_each_value_has_its_reason_in_the_docs() -> None:
    rows = find_table(read("docs/reference/host-settings.md"), "value")
    documented = {find_codes(name)[0]: find_codes(value)[0] for name, value, _why in rows}
    assert documented == dict(list_values(read_host()))
    assert all(len(why) > 20 for _name, _value, why in rows)


def test_a_billed_call_times_out_long_before_its_function() -> None:
    paid_call = add_up_paid_call(load_settings({}).model.image_timeout_seconds)
    assert load_settings({}).model.image_timeout_seconds < paid_call < read_function_timeout()
    assert add_up_paid_call(TEXT_TIMEOUT_SECONDS) < read_function_timeout()


def test_also_the_longest_timeout_of_a_deployment_leaves_time_to_store_the_image() -> None:
    most = read_bicep(ROOT / "infra" / "main.bicep").parameters["imageTimeoutSeconds"].decorators["maxValue"]
    assert isinstance(most, int)
    assert add_up_paid_call(most) + SECONDS_TO_STORE_A_IMAGE < read_function_timeout()


def test_the_documented_deadlines_are_the_real_ones() -> None:
    rows = find_table(read("docs/reference/host-settings.md"), "deadline")
    reported = [int(seconds.replace(",", "")) for _what, seconds, *_rest in rows]
    default = load_settings({}).model.image_timeout_seconds
    assert reported == [default, add_up_paid_call(default), read_function_timeout()]


def test_purging_ends_long_before_the_function_does() -> None:
    assert read_function_timeout() > 2 * MAX_PURGE_SECONDS


def test_traces_reach_activities_and_carry_no_payloads() -> None:
    host = read_host()
    assert host["telemetryMode"] == "OpenTelemetry"
    assert host["extensions"]["durableTask"]["tracing"] == {
        "distributedTracingEnabled": False,  # the host's OpenTelemetry has the same spans
        "version": "V2",
        "traceInputsAndOutputs": False,
        "traceReplayEvents": False,
    }


def test_every_metric_is_in_the_docs() -> None:
    rows = find_table(read("docs/reference/telemetry.md"), "metric")
    assert [find_codes(name)[0] for name, *_rest in rows] == list(Metric)


def test_every_attribute_of_ours_is_in_the_docs() -> None:
    rows = find_table(read("docs/reference/telemetry.md"), "attribute of a span")
    reported = {code for name, _holds in rows for code in find_codes(name)}
    assert reported == {attribute for attribute in Attribute if attribute.startswith("catalog_seeder.")}
