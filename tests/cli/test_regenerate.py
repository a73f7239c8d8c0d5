"""``seeder regenerate`` sends named items and edited prompts, and reports what a run over them did."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command_line import SMALL, CommandLine
from tests.cli.deployed_app import DeployedApp, describe_problem, describe_run

WriteFaults = Callable[..., Path]


def test_a_deployed_app_gets_the_items_the_prompts_and_what_a_run_may_change(
    seeder: CommandLine, deployed_app: DeployedApp
) -> None:
    items = ("--product-id", "a=b", "--product-id", "a", "--product-id", "c")
    prompts = ("--prompt", "a=b=c", "--prompt", "c=a hat, size=L")
    flags = ("--max-cost-usd", "2", "--accept-estimate", "--parallel-image-requests", "2")
    assert seeder("regenerate", "--url", deployed_app.url, *items, *prompts, *flags).status == 0
    assert deployed_app.started_body() == {
        "productIds": ["a=b", "a", "c"],
        "imagePrompts": {"a=b": "c", "c": "a hat, size=L"},
        "maxCostUsd": 2,
        "acceptEstimate": True,
        "parallelImageRequests": 2,
    }


def test_an_estimate_of_a_deployed_app_starts_nothing(seeder: CommandLine, deployed_app: DeployedApp) -> None:
    estimate = {
        "catalog": "lego",
        "items": 0,
        "textCalls": 0,
        "imageCalls": 1,
        "inputTokens": 60,
        "outputTokens": 1056,
        "costUsd": 0.03,
        "minimumSeconds": None,
        "windowSeconds": 5.0,
    }
    deployed_app.answer("POST /api/catalogs/lego/regenerate", (200, estimate))
    ended = seeder("regenerate", "--url", deployed_app.url, "--product-id", "a", "--estimate", "--json")
    assert (ended.status, ended.document) == (0, estimate | {"error": None})
    (asked,) = (asked for asked in deployed_app.asked if asked.method == "POST")
    assert (asked.query, asked.body) == ({"estimate": "true"}, {"productIds": ["a"]})
    assert "items" not in seeder("regenerate", "--url", deployed_app.url, "--product-id", "a", "--estimate").out


@pytest.mark.parametrize(
    "flags",
    [
        [],
        ["--product-id", ""],
        ["--product-id", "a", "--prompt", "b=text"],
        ["--product-id", "a", "--prompt", "text"],
        ["--product-id", "a", "--target-count", "3"],
        ["--product-id", "a", "--max-cost-usd", "-1"],
    ],
)
def test_flags_that_cannot_be_used_start_nothing(
    seeder: CommandLine, deployed_app: DeployedApp, flags: list[str]
) -> None:
    ended = seeder("regenerate", "--url", deployed_app.url, *flags)
    assert (ended.status, len(ended.error_lines)) == (2, 1)
    assert deployed_app.asked == []


def test_a_problem_of_the_app_is_reported_with_its_flag(seeder: CommandLine, deployed_app: DeployedApp) -> None:
    errors = [{"field": "productIds", "message": "no"}, {"field": "imagePrompts.a", "message": "blank"}]
    problem = describe_problem(422, "invalid-request", "no", errors=errors)
    deployed_app.answer("POST /api/catalogs/lego/regenerate", problem)
    ended = seeder("regenerate", "--url", deployed_app.url, "--product-id", "a")
    assert ended.error_lines[-2:] == ["error: --product-id: no", "error: --prompt: a: blank"]
    assert ended.status == 2


def test_after_a_run_over_named_items_no_repair_is_suggested(seeder: CommandLine, deployed_app: DeployedApp) -> None:
    progress = {
        "categories": 2,
        "items": {"accepted": 6, "target": 6, "rejected": 0},
        "images": {"done": 1, "failed": 1, "total": 2},
    }
    deployed_app.answer(
        "GET /api/runs/8204735747064-ab9481ff", (200, describe_run("CompletedWithFailures", progress=progress))
    )
    ended = seeder("regenerate", "--url", deployed_app.url, "--product-id", "a")
    assert ended.status == 3
    assert "seeder regenerate --catalog lego" in ended.out
    assert "repair" not in ended.out


@pytest.mark.processes
def test_an_offline_run_replaces_one_image_and_a_wrong_id_none(
    seeder: CommandLine, write_faults: WriteFaults, tmp_path: Path
) -> None:
    offline = ("--offline", "--faults", write_faults())
    assert seeder("run", *offline, "--target-count", "4", *SMALL).status == 0
    catalog = tmp_path / "data_seed/catalogs/lego"
    item = json.loads((catalog / "catalog.json").read_text())[0]
    before = (catalog / "images" / item["filename"]).read_bytes()
    edit = ("--product-id", item["productId"], "--prompt", f"{item['productId']}=a cook with a ladle")
    estimate = seeder("regenerate", *offline, *edit, "--estimate", "--json")
    unknown = seeder("regenerate", *offline, "--product-id", "nobody", "--estimate", "--json")
    ended = seeder("regenerate", *offline, *edit, "--json")
    assert (estimate.status, estimate.document["imageCalls"]) == (0, 1)
    assert (unknown.status, unknown.document["error"]["reason"]) == (2, "bad_request")
    assert (ended.status, ended.document["images"]) == (0, {"made": 1, "kept": 0, "failed": 0})
    assert ended.document["billedCalls"] == {"text": 0, "image": 1}
    assert (catalog / "images" / item["filename"]).read_bytes() != before
    kept = list((catalog / "state/rounds" / item["productId"]).glob("*.png"))
    assert [file.read_bytes() for file in kept] == [before]
