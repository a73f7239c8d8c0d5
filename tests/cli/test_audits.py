"""``seeder audit`` answers the usual questions, at a glance and as JSON, of a run here or in a deployed app."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.audit_queries import MAX_ROWS
from shared.audit.call_records import CallRecord, CallRecordWriter
from shared.audit.write_audit import write_audit
from shared.catalog.items import Item
from shared.images.refinement_policy import RefinementEnd
from shared.messages.base import Cost
from shared.reasons import Reason
from shared.runs.request import SeedRequest
from shared.runs.status import CostView, RunError, RunStatus, Status
from tests.cli.command_line import SMALL, CommandLine
from tests.cli.deployed_app import RUN_ID, DeployedApp, describe_problem
from tests.support.audit_queries import fetch
from tests.support.catalogs import CATALOG, make_item, write_batches
from tests.support.memory_store import MemoryStore
from tests.support.refined_items import write_refined

AUDIT = f"GET /api/runs/{RUN_ID}/audit"
STARTED = datetime(2026, 12, 1, 10, 0, 30, tzinfo=UTC)
ANN, BOB = make_item("Ann"), make_item("Bob")
KEYS = [
    "runId",
    "catalog",
    "status",
    "createdAt",
    "completedAt",
    "errorReason",
    "errorMessage",
    "items",
    "imagesMade",
    "imagesKept",
    "imagesFailed",
    "totals",
    "costByModel",
    "callsByStatus",
    "failuresByReason",
    "slowestCalls",
    "rateLimitedByMinute",
    "mostCalls",
    "keptImages",
    "refinementEnds",
    "threeRounds",
    "audit",
    "error",
]


def make_call(number: int, subject: str, reason: Reason | None = None, *, minute: int = 0, **cost: int) -> CallRecord:
    kind: Any = "text" if subject == "categories" else "image"
    return CallRecord(
        call_id=f"call-{number:03d}",
        kind=kind,
        subject=subject,
        resume_count=0,
        attempt=number,
        model="gpt-5" if kind == "text" else "gpt-image-2",
        reason=reason,
        message=f"{kind} call to deployment 'any': HTTP 429" if reason is Reason.RATE_LIMITED else "",
        cost=Cost(**cost),
        started_at=STARTED + timedelta(minutes=minute),
        duration_ms=1000 * number,
        request_id=f"request-{number}",
        iteration=None if kind == "text" else 1,
    )


Refined = tuple[Item, Sequence[int | None], RefinementEnd, str | None]
"""An item, the scores of its images, why there is no further one, and the reason if a call failed."""


def make_audit(
    folder: Path,
    *calls: CallRecord,
    refined: Iterable[Refined] = (),
    likenesses: Sequence[int] = (),
    **changes: Any,
) -> bytes:
    """Return the bytes of an audit of these calls, and of these evaluated items; their rounds have these likenesses."""
    status = RunStatus(
        run_id=RUN_ID,
        catalog=CATALOG,
        status=Status.COMPLETED,
        created_at=STARTED,
        updated_at=STARTED,
        cost=CostView(),
    ).model_copy(update=changes)

    async def make() -> bytes:
        store = MemoryStore()
        await write_batches(store, ["Ann", "Bob"])
        for item, scores, halt, reason in refined:
            held = likenesses[: len(scores)]
            await write_refined(store, RUN_ID, item.product_id, scores, halt=halt, reason=reason, likenesses=held)
        for call in calls:
            await CallRecordWriter().write(store, RUN_ID, call)
        await write_audit(store, status, SeedRequest(catalog=CATALOG))
        return (await fetch(store, RUN_ID, folder)).read_bytes()

    return asyncio.run(make())


CALLS = [
    make_call(1, "categories", text_calls=1, input_tokens=10, output_tokens=20, nano_usd=250_000_000),
    make_call(2, ANN.product_id, Reason.RATE_LIMITED),
    make_call(3, ANN.product_id, Reason.BAD_IMAGE, minute=1, image_calls=1, input_tokens=5, nano_usd=100_000_000),
    make_call(4, ANN.product_id, minute=1, image_calls=1, input_tokens=5, nano_usd=100_000_000),
    make_call(5, BOB.product_id, minute=1, image_calls=1, input_tokens=5, nano_usd=100_000_000),
]


def test_json_answers_every_question(seeder: CommandLine, deployed_app: DeployedApp, tmp_path: Path) -> None:
    deployed_app.answer(AUDIT, (200, make_audit(tmp_path, *CALLS)))
    ended = seeder("audit", RUN_ID, "--url", deployed_app.url, "--json")
    reported = ended.document
    assert (ended.status, ended.err) == (0, "")
    assert list(reported) == KEYS
    assert (reported["runId"], reported["catalog"], reported["status"], reported["error"]) == (
        RUN_ID,
        CATALOG,
        "Completed",
        None,
    )
    assert reported["totals"] == {"calls": 5, "billed": 4, "inputTokens": 25, "outputTokens": 20, "costUsd": 0.55}
    assert [(row["model"], row["calls"], row["billed"], row["costUsd"]) for row in reported["costByModel"]] == [
        ("gpt-image-2", 4, 3, 0.3),
        ("gpt-5", 1, 1, 0.25),
    ]
    assert [(row["kind"], row["status"], row["calls"]) for row in reported["callsByStatus"]] == [
        ("image", "ok", 2),
        ("image", "refused", 1),
        ("image", "unusable", 1),
        ("text", "ok", 1),
    ]
    assert [(row["reason"], row["calls"], row["imagesGivenUp"]) for row in reported["failuresByReason"]] == [
        ("bad_image", 1, 0),
        ("rate_limited", 1, 0),
    ]
    assert [(row["seconds"], row["requestId"]) for row in reported["slowestCalls"]][:2] == [
        (5.0, "request-5"),
        (4.0, "request-4"),
    ]
    assert reported["rateLimitedByMinute"] == [{"minute": "2026-12-01T10:00Z", "rateLimited": 1, "calls": 2}]
    (most,) = reported["mostCalls"]
    assert (most["name"], most["calls"], most["made"], most["costUsd"]) == ("Ann", 3, 1, 0.2)
    assert most["prompt"] == ANN.image_prompt


def test_the_summary_has_one_table_per_question(seeder: CommandLine, deployed_app: DeployedApp, tmp_path: Path) -> None:
    error = RunError(reason="budget", message="over budget")
    deployed_app.answer(AUDIT, (200, make_audit(tmp_path, *CALLS, error=error)))
    out = seeder("audit", RUN_ID, "--url", deployed_app.url).out
    paragraphs = [paragraph.splitlines() for paragraph in out.split("\n\n")]
    assert [paragraph[0].strip() for paragraph in paragraphs[1:]] == [
        "cost by model",
        "calls by status",
        "failures by reason",
        "slowest calls",
        "429s a minute",
        "images with the most calls",
    ]
    head = [line.split(maxsplit=1) for line in paragraphs[0]]
    assert head[3:6] == [
        ["error", "budget: over budget"],
        ["calls", "5 made, 4 billed or possibly billed"],
        ["cost", "$0.5500 by list prices"],
    ]
    tables = [[line.split() for line in paragraph[1:]] for paragraph in paragraphs[1:]]
    assert tables[0][1] == ["image", "gpt-image-2", "4", "3", "15", "0", "0.3000"]
    assert tables[2][2] == ["rate_limited", "1", "0", "HTTP", "429"]
    assert tables[4] == [["minute", "429s", "calls"], ["2026-12-01T10:00Z", "1", "2"]]
    assert tables[5][1] == ["3", "yes", "0.2000", "Ann", "Photo", "of", "Ann"]


REFINED: list[Refined] = [
    (ANN, [50, 80, 65], RefinementEnd.NO_IMPROVEMENT, None),
    (BOB, [90], RefinementEnd.ACCEPTED, None),
    (make_item("Cid"), [], RefinementEnd.FAILED, "content_policy"),
]


def test_the_likeness_to_references_is_printed_beside_the_score(
    seeder: CommandLine, deployed_app: DeployedApp, tmp_path: Path
) -> None:
    deployed_app.answer(AUDIT, (200, make_audit(tmp_path, *CALLS, refined=REFINED, likenesses=[40, 70, 90])))
    lines = seeder("audit", RUN_ID, "--url", deployed_app.url).out.splitlines()
    table = lines[lines.index(next(line for line in lines if line.startswith("rounds that were kept"))) + 1 :][:4]
    assert [line.split()[-2:] for line in table[1:]] == [["40", "40"], ["40", "70"], ["40", "55"]]
    assert table[0].split()[-4:] == ["first", "likeness", "likeness", "kept"]


def test_an_audit_of_an_earlier_version_has_no_likeness(
    seeder: CommandLine, deployed_app: DeployedApp, tmp_path: Path
) -> None:
    earlier = tmp_path / "earlier.sqlite"
    earlier.write_bytes(make_audit(tmp_path, *CALLS, refined=REFINED))
    with closing(sqlite3.connect(earlier)) as database:
        for column in ("first_likeness", "best_likeness"):
            database.execute(f"ALTER TABLE refinements DROP COLUMN {column}")
        database.commit()
    deployed_app.answer(AUDIT, (200, earlier.read_bytes()))
    reported = seeder("audit", RUN_ID, "--url", deployed_app.url, "--json").document
    assert [row["meanLikeness"] for row in reported["keptImages"]] == [None, None]


def test_json_reports_the_results_of_refinement(seeder: CommandLine, deployed_app: DeployedApp, tmp_path: Path) -> None:
    deployed_app.answer(AUDIT, (200, make_audit(tmp_path, *CALLS, refined=REFINED)))
    reported = seeder("audit", RUN_ID, "--url", deployed_app.url, "--json").document
    unknown = {"meanFirstLikeness": None, "meanLikeness": None}
    assert reported["keptImages"] == [
        {"iteration": 1, "items": 1, "meanFirstScore": 90, "meanScore": 90} | unknown,
        {"iteration": 2, "items": 1, "meanFirstScore": 50, "meanScore": 80} | unknown,
    ]
    ends = [(row["stoppedBecause"], row["reason"], row["items"], row["images"]) for row in reported["refinementEnds"]]
    assert ends == [("accepted", None, 1, 1), ("failed", "content_policy", 1, 0), ("no_improvement", None, 1, 3)]
    (row,) = reported["threeRounds"]
    assert (row["name"], row["scores"], row["shippedIteration"], row["bestScore"]) == ("Ann", "50 80 65", 2, 80)
    assert (row["prompt"], row["costUsd"], row["items"]) == ("prompt 1", 0.125, 1)


def test_the_summary_shows_the_results_of_refinement(
    seeder: CommandLine, deployed_app: DeployedApp, tmp_path: Path
) -> None:
    deployed_app.answer(AUDIT, (200, make_audit(tmp_path, *CALLS, refined=REFINED)))
    out = seeder("audit", RUN_ID, "--url", deployed_app.url).out
    kept, ends, rounds = [paragraph.splitlines() for paragraph in out.strip().split("\n\n")[-3:]]
    assert [line.split() for line in kept[2:]] == [
        ["round", "1", "1", "50%", "90", "90"],
        ["round", "2", "1", "50%", "50", "80"],
        ["all", "2", "100%", "70", "85"],
    ]
    assert [line.split()[:4] for line in ends[2:]] == [
        ["accepted", "1", "1", "90"],
        ["failed:", "content_policy", "1", "0"],
        ["no_improvement", "1", "3", "80"],
    ]
    assert (rounds[0].strip(), rounds[2].split()) == (
        "prompts of three rounds",
        ["50", "80", "65", "2", "Ann", "prompt", "1"],
    )


def test_of_many_prompts_of_three_rounds_the_worst_are_shown(
    seeder: CommandLine, deployed_app: DeployedApp, tmp_path: Path
) -> None:
    many: list[Refined] = [
        (make_item(f"Item {number}"), [10, 20, 30 + number], RefinementEnd.ITERATIONS_USED, None)
        for number in range(MAX_ROWS + 1)
    ]
    deployed_app.answer(AUDIT, (200, make_audit(tmp_path, *CALLS, refined=many)))
    out = seeder("audit", RUN_ID, "--url", deployed_app.url).out
    title = f"prompts of three rounds (the {MAX_ROWS} lowest scores of {MAX_ROWS + 1})"
    rows = [line.split()[:4] for line in out.partition(title)[2].strip().splitlines()[1:]]
    assert rows == [["10", "20", str(30 + number), "3"] for number in range(MAX_ROWS)]


def test_of_many_minutes_the_worst_are_shown_in_order(
    seeder: CommandLine, deployed_app: DeployedApp, tmp_path: Path
) -> None:
    limited = [make_call(minute, ANN.product_id, Reason.RATE_LIMITED, minute=minute) for minute in range(MAX_ROWS + 1)]
    again = make_call(99, ANN.product_id, Reason.RATE_LIMITED, minute=MAX_ROWS)
    deployed_app.answer(AUDIT, (200, make_audit(tmp_path, *limited, again)))
    out = seeder("audit", RUN_ID, "--url", deployed_app.url).out
    table = out.partition(f"429s a minute (the worst {MAX_ROWS} of {MAX_ROWS + 1})")[2].partition("\n\n")[0]
    rows = [line.split() for line in table.strip().splitlines()][1:]
    assert len(rows) == MAX_ROWS
    assert rows == sorted(rows)
    assert rows[-1] == ["2026-12-01T10:10Z", "2", "2"]


@pytest.mark.slow
def test_an_audit_of_a_run_without_calls_reports_zero(
    seeder: CommandLine, deployed_app: DeployedApp, tmp_path: Path
) -> None:
    deployed_app.answer(AUDIT, (200, make_audit(tmp_path)))
    out = seeder("audit", RUN_ID, "--url", deployed_app.url).out
    assert "calls         0 made, 0 billed or possibly billed" in out
    assert "cost by model: none" in out
    assert "images with the most calls: none" in out


@pytest.mark.processes
def test_a_run_in_a_folder_is_audited_from_its_file(
    seeder: CommandLine, write_faults: Callable[..., Path], tmp_path: Path
) -> None:
    faults = write_faults(rates={"content_policy": 1})
    run = seeder("run", "--offline", "--faults", faults, "--target-count", "2", *SMALL, "--json").document
    reported = seeder("audit", run["runId"], "--json").document
    assert reported["audit"] == run["outputs"]["audit"] == str(tmp_path / f"data_seed/runs/{run['runId']}/audit.sqlite")
    assert reported["totals"]["billed"] == run["billedCalls"]["text"] + run["billedCalls"]["image"]
    assert round(reported["totals"]["costUsd"], 4) == run["costUsd"]
    assert [(row["reason"], row["imagesGivenUp"]) for row in reported["failuresByReason"]] == [("content_policy", 2)]


@pytest.mark.processes
def test_a_run_without_an_audit_reports_why(seeder: CommandLine, write_faults: Callable[..., Path]) -> None:
    run = seeder("run", "--offline", "--faults", write_faults(), "--target-count", "2", *SMALL, "--json").document
    audit = Path(run["outputs"]["audit"])
    audit.unlink()
    for record in (audit.parent / "calls").iterdir():
        record.unlink()
    ended = seeder("audit", run["runId"], "--json")
    assert (ended.status, ended.document["error"]["reason"]) == (1, "no_audit")
    assert "versions up to 0.2.0 did not record calls" in ended.document["error"]["message"]
    assert seeder("audit", RUN_ID, "--json").document["error"]["reason"] == "unknown_run"


@pytest.mark.parametrize("content", [b"no database", b""])
def test_a_file_that_is_no_audit_is_reported(seeder: CommandLine, deployed_app: DeployedApp, content: bytes) -> None:
    deployed_app.answer(AUDIT, (200, content))
    ended = seeder("audit", RUN_ID, "--url", deployed_app.url, "--json")
    assert (ended.status, ended.document["error"]["reason"]) == (1, "damaged_file")
    assert ended.document["error"]["message"].startswith("audit.sqlite is damaged: expected the tables of an audit")


def test_what_a_deployed_app_says_instead_is_reported(seeder: CommandLine, deployed_app: DeployedApp) -> None:
    deployed_app.answer(AUDIT, describe_problem(404, "no-audit", f"run {RUN_ID} has no audit yet"))
    ended = seeder("audit", RUN_ID, "--url", deployed_app.url, "--json")
    assert (ended.status, ended.document["error"]["reason"]) == (1, "no_audit")
    assert seeder("audit", RUN_ID, "--url", deployed_app.url).error_lines == [f"error: run {RUN_ID} has no audit yet"]
