"""Catalogs for tests of the review page: made by runs of the app, read and changed over HTTP."""

from collections.abc import Iterable
from typing import Any

from tests.support.running_app import RunningApp

CATALOG = "toys"


async def make_catalog(app: RunningApp, items: int = 12, *, catalog: str = CATALOG, **request: object) -> list[str]:
    """Generate a catalog and return the names of its items, in the order of the grid."""
    status = await app.run(**{"catalog": catalog, "targetCount": items, "categoryCount": 3, "publish": False} | request)
    assert status["status"] in {"Completed", "CompletedWithFailures"}, status
    return [str(row["name"]) for row in await list_rows(app, catalog)]


async def list_rows(app: RunningApp, catalog: str = CATALOG, **query: object) -> list[dict[str, Any]]:
    """Return the rows of a catalog's items, in the order of the grid."""
    options = {"sort": "category", "limit": 500} | query
    address = "&".join(f"{name}={value}" for name, value in options.items())
    answer = await app.call("GET", f"/api/catalogs/{catalog}/items?{address}")
    assert answer.status == 200, answer
    rows: list[dict[str, Any]] = answer.body["items"]
    return rows


async def find_row(app: RunningApp, name: str, catalog: str = CATALOG) -> dict[str, Any]:
    """Return the row of an item."""
    (row,) = [row for row in await list_rows(app, catalog) if row["name"] == name]
    return row


async def read_verdicts(app: RunningApp, catalog: str = CATALOG) -> dict[str, str]:
    """Return the decision about each item's image by the item's name."""
    rows = await list_rows(app, catalog)
    return {row["name"]: row["decision"]["decision"] if row["decision"] else "undecided" for row in rows}


async def decide(app: RunningApp, rows: Iterable[dict[str, Any]], verdict: str, catalog: str = CATALOG) -> None:
    """Record a decision about each row's image, as another person would."""
    body = {
        "decisions": [
            {"productId": row["itemId"], "decision": verdict, "sha256": row["image"]["sha256"]} for row in rows
        ],
        "reviewer": "Somebody else",
    }
    answer = await app.call("PUT", f"/api/catalogs/{catalog}/decisions", body)
    assert (answer.status, answer.body["refused"]) == (200, []), answer


async def regenerate(app: RunningApp, rows: Iterable[dict[str, Any]], catalog: str = CATALOG) -> None:
    """Generate images of rows from other prompts, because the simulator repeats itself, and wait for the run's end."""
    listed = list(rows)
    prompts = {row["itemId"]: f"{row['imagePrompt']}, seen from the left" for row in listed}
    body = {"productIds": list(prompts), "imagePrompts": prompts}
    answer = await app.call("POST", f"/api/catalogs/{catalog}/regenerate", body)
    assert answer.status == 202, answer
    status = await app.wait(answer.body["runId"])
    assert status["status"] == "Completed", status


async def wait_for_runs(app: RunningApp, catalog: str = CATALOG) -> dict[str, Any]:
    """Wait until the latest run of a catalog has ended, and return its status."""
    answer = await app.call("GET", f"/api/catalogs/{catalog}")
    assert answer.status == 200, answer
    return await app.wait(answer.body["lastRun"]["runId"])
