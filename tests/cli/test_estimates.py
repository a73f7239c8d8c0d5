"""``--estimate`` tells what a run would take and makes nothing; a budget that is too small starts nothing."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command_line import JSON_KEYS, SMALL, CommandLine
from tests.cli.deployed_app import DeployedApp, describe_problem

ESTIMATE = {
    "catalog": "lego",
    "items": 210,
    "textCalls": 12,
    "imageCalls": 210,
    "inputTokens": 21000,
    "outputTokens": 394000,
    "costUsd": 11.39,
    "minimumSeconds": 2100.0,
    "windowSeconds": 1050.0,
}


@pytest.mark.parametrize("place", [[], ["--offline"], ["--output-dir", "elsewhere"]])
def test_an_estimate_needs_no_setting_and_leaves_nothing(place: list[str], seeder: CommandLine, tmp_path: Path) -> None:
    ended = seeder("run", "--estimate", "--target-count", "210", *place)
    assert (ended.status, ended.err) == (0, "")
    rows = dict(line.split(maxsplit=1) for line in ended.out.splitlines() if not line.startswith(("minimum", " ")))
    assert rows["items"] == "210 to generate"
    assert rows["calls"] == "12 text, 210 image"
    assert rows["cost"].startswith("$11.")
    assert "minimum time  unknown without --image-requests-per-minute" in ended.out
    assert list(tmp_path.iterdir()) == []


def test_json_is_one_object_with_all_figures(seeder: CommandLine) -> None:
    ended = seeder("run", "--estimate", "--target-count", "210", "--image-requests-per-minute", "6", "--json")
    document = ended.document
    assert (ended.status, ended.err) == (0, "")
    assert list(document) == [*ESTIMATE, "error"]
    assert (document["items"], document["minimumSeconds"], document["error"]) == (210, 2100, None)


def test_the_summary_shows_the_minimum_time_and_whether_the_budget_suffices(seeder: CommandLine) -> None:
    ended = seeder("run", "--estimate", "--image-requests-per-minute", "6", "--max-cost-usd", "3")
    assert "minimum time  33:20 min by --image-requests-per-minute" in ended.out
    assert "budget        $3.0000, below the cost" in ended.out
    assert "budget        $99.0000\n" in seeder("run", "--estimate", "--max-cost-usd", "99").out
    assert "no images" in seeder("run", "--estimate", "--dry-run").out


def test_people_are_reported_what_looking_at_images_costs_at_most_and_typically(seeder: CommandLine) -> None:
    refine = ("--target-count", "50", "--refine-iterations", "3")
    ended = seeder("run", "--estimate", *refine)
    document = seeder("run", "--estimate", *refine, "--json").document
    typical = document["typical"]
    assert (document["imageCalls"], document["textCalls"]) == (150, 4 + 150 + 100)
    rows = {line[:14].strip(): line[14:] for line in ended.out.splitlines() if not line.startswith(" ")}
    assert rows["calls"] == "254 text, 150 image, if every item uses all rounds"
    assert rows["typical"].startswith(
        f"${typical['costUsd']:.4f}, {typical['textCalls']} text, {typical['imageCalls']} image, "
    )
    assert "at 20 s per image and 10 s per evaluation" in ended.out
    assert "typically" not in seeder("run", "--estimate").out


@pytest.mark.processes
def test_a_catalog_that_is_there_costs_only_what_is_missing(
    seeder: CommandLine, write_faults: Callable[..., Path], tmp_path: Path
) -> None:
    made = seeder("run", "--offline", "--faults", write_faults(), "--target-count", "6", "--dry-run", *SMALL)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    document = seeder("run", "--estimate", "--target-count", "7", *SMALL, "--json").document
    assert made.status == 0
    assert (document["items"], document["textCalls"], document["imageCalls"]) == (1, 1, 7)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_prices_of_ones_own_are_counted(seeder: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = seeder("run", "--estimate", "--json").document["costUsd"]
    free = {
        "image": {"gpt-image-2": {"imageOutput": 0, "textInput": 0}},
        "text": {"gpt-6-luna": {"input": 0, "output": 0}},
    }
    monkeypatch.setenv("PRICES", json.dumps(free))
    assert listed > 0
    assert seeder("run", "--estimate", "--json").document["costUsd"] == 0


def test_wrong_usage_is_reported_as_of_a_run(seeder: CommandLine) -> None:
    ended = seeder("run", "--estimate", "--max-cost-usd", "0")
    assert (ended.status, ended.error_lines) == (2, ["error: --max-cost-usd: Input should be greater than 0, got 0.0"])


def test_a_deployed_app_is_asked_in_a_way_that_an_older_one_refuses(
    seeder: CommandLine, deployed_app: DeployedApp
) -> None:
    deployed_app.answer("POST /api/runs", (200, ESTIMATE))
    ended = seeder("run", "--estimate", "--url", deployed_app.url, "--json")
    (asked,) = deployed_app.asked
    assert ended.document == ESTIMATE | {"error": None}
    assert asked.query == {"estimate": "true"}
    assert asked.body == {"catalog": "lego", "acceptEstimate": False}


@pytest.mark.processes
def test_a_budget_that_is_too_small_is_one_line_that_reports_how_to_continue(
    seeder: CommandLine, write_faults: Callable[..., Path], tmp_path: Path
) -> None:
    flags = ("--offline", "--faults", write_faults(), "--target-count", "3", "--max-cost-usd", "0.000001", *SMALL)
    refused = seeder("run", *flags, "--json")
    assert refused.status == 1
    assert list(refused.document) == JSON_KEYS
    assert refused.document["error"]["reason"] == "estimate_above_budget"
    assert "--accept-estimate" in refused.document["error"]["message"]
    assert len(refused.error_lines) == 1
    assert not (tmp_path / "data_seed/catalogs").exists()

    accepted = seeder("run", *flags, "--accept-estimate", "--json")
    assert (accepted.status, accepted.document["error"]["reason"]) == (1, "budget")
    assert accepted.document["costUsd"] == 0


def test_a_deployed_app_that_refuses_a_budget_is_reported_the_same_way(
    seeder: CommandLine, deployed_app: DeployedApp
) -> None:
    problem = describe_problem(409, "estimate-above-budget", "over budget", maxCostUsd=5.0, **ESTIMATE)
    deployed_app.answer("POST /api/runs", problem)
    ended = seeder("run", "--url", deployed_app.url, "--max-cost-usd", "5")
    assert ended.status == 1
    assert ended.error_lines[-1] == (
        "error: the run is estimated at $11.3900, above --max-cost-usd 5; nothing was started. "
        "Raise --max-cost-usd, or add --accept-estimate to stop at the budget"
    )


@pytest.mark.processes
def test_a_refused_refining_run_reports_the_typical_cost(
    seeder: CommandLine, write_faults: Callable[..., Path]
) -> None:
    flags = ("--offline", "--faults", write_faults(), "--target-count", "3", "--refine-iterations", "3", *SMALL)
    refused = seeder("run", *flags, "--max-cost-usd", "0.0001", "--json")
    typical = seeder("run", "--estimate", *flags, "--json").document["typical"]
    assert f"(typically ${typical['costUsd']:.4f})" in refused.document["error"]["message"]


def test_what_a_repair_is_reported_is_sent(seeder: CommandLine, deployed_app: DeployedApp) -> None:
    flags = ["--image-requests-per-minute", "6", "--max-cost-usd", "2", "--accept-estimate", "--pause-on-block"]
    assert seeder("repair", "--url", deployed_app.url, *flags, "--pause-limit-minutes", "5").status == 0
    assert deployed_app.started_body() == {
        "imageRequestsPerMinute": 6,
        "maxCostUsd": 2,
        "acceptEstimate": True,
        "pauseOnBlock": True,
        "pauseLimitMinutes": 5,
    }
