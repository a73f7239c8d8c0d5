"""A run that waits for approved images, and the commands that approve and reject them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command_line import SMALL, CommandLine
from tests.cli.deployed_app import RUN_ID, DeployedApp, describe_problem, describe_run

WriteFaults = Callable[..., Path]

DIGEST = "ab" * 32
DECISIONS = "/api/catalogs/lego/decisions"


def describe_item(number: int, *, has_image: bool = True) -> dict[str, object]:
    """Return an item as the app answers it."""
    image = {
        "sha256": DIGEST,
        "bytes": 1,
        "width": 1,
        "height": 1,
        "hasThumbnail": False,
        "isPlaceholder": False,
        "score": None,
        "runId": RUN_ID,
        "round": 1,
        "costUsd": 0.01,
    }
    return {
        "productId": f"p{number}",
        "itemId": f"i{number}",
        "name": f"Figure {number}",
        "category": "Figures",
        "description": "",
        "imagePrompt": "",
        "filename": f"i{number}.png",
        "state": "complete" if has_image else "missing",
        "image": image if has_image else None,
        "failure": None,
        "duplicateGroup": None,
        "decision": None,
    }


def answer_decision(number: int, decision: str) -> tuple[int, dict[str, object]]:
    recorded = {
        "productId": f"p{number}",
        "itemId": f"i{number}",
        "decision": decision,
        "sha256": DIGEST,
        "note": None,
        "at": "2026-11-30T12:00:00Z",
    }
    return 200, {"recorded": 1, "decisions": [recorded], "refused": []}


@pytest.mark.processes
def test_a_run_waits_and_two_commands_let_it_continue(seeder: CommandLine, write_faults: WriteFaults) -> None:
    faults = write_faults()
    command = ("run", "--offline", "--faults", faults, "--target-count", "6", *SMALL)
    waiting = seeder(*command, "--style-reference", "first-approved:3")
    assert waiting.status == 1
    rows = [line.split(maxsplit=1) for line in waiting.out.splitlines()]
    run_id = next(row[1] for row in rows if row[0] == "run")
    assert [row[1].partition("  (")[0] for row in rows if row[0] == "next"] == [
        "seeder approve lego --first 3",
        f"seeder resume {run_id} --offline --faults {faults}",
    ]
    assert seeder("status", "lego").out.count("seeder approve lego --first 3") == 1

    other = seeder(*command, "--image-quality", "low")
    assert (other.status, f"warning: run {run_id} " in other.err) == (1, True)
    assert f"{run_id}" in other.out
    assert "warning: " not in seeder(*command, "--style-reference", "first-approved:3").err

    early = seeder("resume", "lego", "--offline", "--faults", faults, "--json")
    assert (early.status, early.document["error"]["reason"]) == (1, "no_approved_image")

    rejected = seeder("reject", "lego", "--first", "1", "--note", "too dark", "--json").document
    assert (rejected["recorded"], rejected["decisions"][0]["note"]) == (1, "too dark")
    first_id = rejected["decisions"][0]["productId"]
    mixed = seeder("approve", "lego", first_id, "nonsense", "--json")
    assert (mixed.status, mixed.document["recorded"]) == (3, 1)
    assert mixed.document["refused"] == [{"productId": "nonsense", "reason": "unknown_item"}]
    none = seeder("approve", "lego", "nonsense")
    assert none.status == 1
    assert "nonsense" in none.out

    ended = seeder("resume", "lego", "--offline", "--faults", faults, "--json")
    assert (ended.status, ended.document["status"], ended.document["images"]["made"]) == (0, "Completed", 6)
    again = seeder(*command, "--style-reference", "first-approved:3", "--json")
    assert (again.status, again.document["billedCalls"]) == (0, {"text": 0, "image": 0})


@pytest.mark.processes
def test_an_estimate_counts_references_for_all_but_the_first_images(seeder: CommandLine) -> None:
    command = ("run", "--estimate", "--offline", "--target-count", "12", "--json")
    without = seeder(*command).document
    estimated = seeder(*command, "--style-reference", "first-approved:2").document
    assert (estimated["imageCalls"], estimated["textCalls"]) == (12, without["textCalls"] + 1)
    assert estimated["costUsd"] == pytest.approx(without["costUsd"] + 10 * 2 * 1024 * 8 / 1e6, abs=5e-3)


@pytest.mark.parametrize(
    ("given", "count"), [("first-approved", 4), ("first-approved:1", 1), ("first-approved:20", 20)]
)
def test_the_number_of_first_images_is_part_of_the_flag(
    given: str, count: int, seeder: CommandLine, deployed_app: DeployedApp
) -> None:
    assert seeder("run", "--url", deployed_app.url, "--style-reference", given).status == 0
    assert deployed_app.started_body()["styleReference"] == {"firstApproved": count}


@pytest.mark.parametrize(
    "flags",
    [
        ("first-approved:0",),
        ("first-approved:21",),
        ("first-approved:",),
        ("first-approved:x",),
        ("first-approved", "inputs/a.png"),
        ("inputs/a.png", "first-approved:2"),
    ],
)
def test_other_values_are_wrong_usage(flags: tuple[str, ...], seeder: CommandLine, deployed_app: DeployedApp) -> None:
    options = [part for flag in flags for part in ("--style-reference", flag)]
    ended = seeder("run", "--url", deployed_app.url, *options)
    assert ended.status == 2
    assert deployed_app.asked == []


def test_a_run_there_that_waits_names_the_commands_with_its_address(
    seeder: CommandLine, deployed_app: DeployedApp
) -> None:
    error = {"reason": "awaiting_approval", "message": "the first 4 images wait"}
    paused = describe_run("Paused", stage="paused", error=error, pausedUntil="2026-12-01T12:00:00Z", awaitedImages=4)
    deployed_app.answer(f"GET /api/runs/{RUN_ID}", (200, paused))
    ended = seeder("run", "--url", deployed_app.url, "--style-reference", "first-approved")
    assert ended.status == 1
    assert f"seeder approve lego --first 4 --url {deployed_app.url}" in ended.out
    assert f"seeder resume {RUN_ID} --url {deployed_app.url}" in ended.out


@pytest.mark.parametrize(("command", "decision"), [("approve", "approved"), ("reject", "rejected")])
def test_decisions_are_about_the_images_that_the_app_has(
    command: str, decision: str, seeder: CommandLine, deployed_app: DeployedApp
) -> None:
    deployed_app.answer("GET /api/catalogs/lego/items/p1", (200, describe_item(1)))
    deployed_app.answer("GET /api/catalogs/lego/items/p2", (200, describe_item(2, has_image=False)))
    deployed_app.answer("GET /api/catalogs/lego/items/p3", describe_problem(404, "unknown-item", "no such item"))
    deployed_app.answer(f"PUT {DECISIONS}", answer_decision(1, decision))
    ended = seeder(command, "lego", "p1", "p2", "p3", "--note", "as agreed", "--url", deployed_app.url, "--json")
    assert ended.status == 3
    assert ended.document["refused"] == [
        {"productId": "p2", "reason": "no_image"},
        {"productId": "p3", "reason": "unknown_item"},
    ]
    (sent,) = [asked.body for asked in deployed_app.asked if asked.method == "PUT"]
    entry = {"productId": "i1", "decision": decision, "sha256": DIGEST, "note": "as agreed"}
    assert sent == {"decisions": [entry]}


def test_an_image_that_was_replaced_in_between_is_refused(seeder: CommandLine, deployed_app: DeployedApp) -> None:
    page = {
        "items": [describe_item(1)],
        "total": 1,
        "offset": 0,
        "version": "v",
        "continuation": None,
        "sections": None,
    }
    refused = {"productId": "i1", "reason": "image_changed", "sha256": "cd" * 32}
    deployed_app.answer("GET /api/catalogs/lego/items", (200, page))
    deployed_app.answer(f"PUT {DECISIONS}", (200, {"recorded": 0, "decisions": [], "refused": [refused]}))
    ended = seeder("approve", "lego", "--first", "1", "--url", deployed_app.url, "--json")
    assert (ended.status, ended.document["refused"]) == (1, [{"productId": "i1", "reason": "image_changed"}])
    assert deployed_app.asked[0].query == {"sort": "accepted", "limit": "1"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("lego",),
        ("lego", "p1", "--first", "2"),
        ("lego", "--first", "0"),
        ("lego", "--first", "1", "--note", "x" * 501),
    ],
)
def test_ids_or_a_number_and_a_short_note_are_expected(
    arguments: tuple[str, ...], seeder: CommandLine, deployed_app: DeployedApp
) -> None:
    assert seeder("approve", *arguments, "--url", deployed_app.url).status == 2
    assert deployed_app.asked == []


def test_a_catalog_that_does_not_exist_is_named_with_its_folder(seeder: CommandLine) -> None:
    ended = seeder("approve", "nothing", "p1", "--output-dir", "elsewhere", "--offline", "--json")
    assert (ended.status, ended.document["error"]["reason"]) == (1, "unknown_catalog")
    assert "folder elsewhere" in ended.document["error"]["message"]
    assert seeder("reject", "No Catalog", "p1").status == 2
