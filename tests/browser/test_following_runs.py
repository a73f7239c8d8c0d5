"""Runs in the page: followed live, cancelled, repaired, resumed, and listed with their cost."""

import json
import re
from typing import Any

import pytest
from playwright.async_api import Route, expect

from tests.browser.conftest import OpenVisitor
from tests.support.browser_accessibility import find_violations
from tests.support.browser_visitor import DESKTOP, PHONE, Theme, Visitor
from tests.support.image_gate import ImageGate
from tests.support.running_app import RunningApp

FAST = {"latencySeconds": {"text": 0.01, "image": 0.01}}


async def test_a_run_is_followed_live_cancelled_and_repaired(app: RunningApp, person: Visitor) -> None:
    gate = ImageGate(app.simulator, answers=3)
    run_id = await app.start(targetCount=12, parallelImageRequests=2, maxCostUsd=5)
    page = await person.open(f"#/runs/{run_id}")
    await expect(page.get_by_text("of $5.00")).to_be_visible()
    images = page.get_by_role("main").get_by_role("img")
    await expect(images).not_to_have_count(0)
    await expect(images.first).to_have_attribute("src", re.compile("^blob:"))
    await expect(page.get_by_text("Window: up to 2 image calls at the same time")).to_be_visible()

    await page.get_by_role("button", name="Cancel…").click()
    async with page.expect_response(re.compile(f"/api/runs/{run_id}/cancel$")):
        await page.get_by_role("dialog").get_by_role("button", name="Cancel the run").click()
    gate.open()
    await app.wait(run_id)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Cancelled")
    assert len(person.list_requests(f"runs/{run_id}/cancel", "POST")) == 1

    await page.get_by_role("button", name="Repair…").click()
    await page.get_by_role("dialog").get_by_role("button", name="Start the repair").dblclick()
    await expect(page).not_to_have_url(re.compile(run_id))
    await app.wait(page.url.rpartition("/")[2])
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Completed")
    repairs = person.list_requests("catalogs/toys/repair", "POST")
    assert len({request.headers["idempotency-key"] for request in repairs}) == 1
    assert run_id not in page.url
    assert app.simulator.stats()["billedImageCount"] <= 12 + 2  # calls that a cancel finds in flight are billed


async def test_a_paused_run_says_why_and_is_resumed(app: RunningApp, person: Visitor) -> None:
    app.simulator.set_faults(FAST | {"accountBlockAfter": 2})
    run_id = await app.start(targetCount=5, pauseOnBlock=True)
    page = await person.open(f"#/runs/{run_id}")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Paused")
    await expect(page.get_by_text("The run is paused.")).to_be_visible()
    await expect(page.get_by_text("The provider blocked the whole account.").first).to_be_visible()
    assert await find_violations(page) == []
    app.simulator.set_faults(FAST)
    await page.get_by_role("button", name="Resume").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Completed")


async def test_a_long_wait_for_the_provider_is_shown_with_its_reason(app: RunningApp, person: Visitor) -> None:
    app.simulator.set_faults(FAST | {"imageRequestsPerMinute": 0.5})
    run_id = await app.start(targetCount=3)
    page = await person.open(f"#/runs/{run_id}")
    await expect(page.get_by_text("The provider asks the run to wait")).to_be_visible()
    await expect(page.get_by_text("HTTP 429")).to_be_visible()
    assert await find_violations(page) == []
    assert (await app.call("POST", f"/api/runs/{run_id}/cancel")).status == 202
    await expect(page.get_by_text("The run is being cancelled.")).to_be_visible()
    await expect(page.get_by_text("The provider asks the run to wait")).to_have_count(0)
    await expect(page.get_by_role("button", name="Cancel…")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_past_runs_are_listed_with_their_cost(
    app: RunningApp, open_person: OpenVisitor, theme: Theme, size: tuple[int, int]
) -> None:
    toys = await app.run(targetCount=3)
    tools = await app.run(catalog="tools", targetCount=2, dryRun=True)
    person = await open_person(app, theme=theme, size=size)
    page = await person.open("#/runs")
    rows = page.get_by_role("row").filter(has=page.get_by_role("rowheader"))
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("tools")
    await expect(rows.last).to_contain_text("3 of 3")
    assert await find_violations(page) == []
    await page.get_by_label("Status").select_option("Failed")
    await expect(page.get_by_text("No run matches.")).to_be_visible()
    assert "status=Failed" in page.url
    await person.open("#/runs?catalog=toys")
    await expect(rows).to_have_count(1)

    await rows.first.get_by_role("rowheader").get_by_role("link").click()
    table = page.get_by_role("table")
    await expect(table.get_by_role("row", name=re.compile("^Run"))).to_contain_text(f"${toys['cost']['usd']:.4f}")
    calls = app.simulator.stats()["billedImageCount"]
    await expect(table.get_by_role("row", name=re.compile("image"))).to_contain_text(str(calls))
    assert tools["cost"]["imageCalls"] == 0
    assert await find_violations(page) == []


async def test_failures_are_explained_by_their_reason(app: RunningApp, person: Visitor) -> None:
    app.simulator.set_faults(FAST | {"rates": {"content_policy": 1}})
    run = await app.run(targetCount=2)
    page = await person.open(f"#/runs/{run['runId']}")
    failure = page.get_by_role("listitem").filter(has_text=re.compile("^2 . content policy"))
    await expect(failure.get_by_role("link", name="Show the items")).to_have_attribute(
        "href", "#/catalogs/toys/review?reason=content_policy"
    )


async def test_a_repair_is_offered_only_while_the_catalog_misses_images(app: RunningApp, person: Visitor) -> None:
    app.simulator.set_faults(FAST)
    await app.run(targetCount=2)
    chosen = json.loads((app.folder / "catalogs/toys/catalog.json").read_text(encoding="utf-8"))[0]["productId"]
    app.simulator.set_faults(FAST | {"rates": {"content_policy": 1}})
    answer = await app.call("POST", "/api/catalogs/toys/regenerate", {"productIds": [chosen]})
    run = await app.wait(answer.body["runId"])
    assert run["failures"] == {"content_policy": 1}
    page = await person.open(f"#/runs/{run['runId']}")
    async with page.expect_response(re.compile("/api/catalogs/toys$")):
        await page.reload()
    await expect(page.get_by_role("link", name="Start again…")).to_be_visible()
    await expect(page.get_by_role("button", name="Repair…")).to_have_count(0)
    await page.get_by_role("link", name="Show the items").click()
    await expect(page.get_by_role("gridcell", name=re.compile("content_policy"))).to_have_count(1)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_a_run_that_awaits_an_approval_says_so_and_continues(
    app: RunningApp, open_person: OpenVisitor, theme: Theme, size: tuple[int, int]
) -> None:
    app.simulator.set_faults(FAST)
    run_id = await app.start(targetCount=6, styleReference={"firstApproved": 2})
    person = await open_person(app, theme=theme, size=size)
    page = await person.open(f"#/runs/{run_id}")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Paused")
    await expect(page.get_by_text("The run waits for your approval")).to_contain_text("2 images")
    await expect(page.get_by_text("Fix the cause below")).to_have_count(0)
    assert await find_violations(page) == []

    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("alert").filter(has_text="approve at least one of them")).to_be_visible()
    assert await find_violations(page) == []

    await page.get_by_role("link", name="Review the first images").click()
    await expect(page).to_have_url(re.compile(r"#/catalogs/toys/review\?sort=accepted$"))
    rows = (await app.call("GET", "/api/catalogs/toys/items?sort=accepted")).body["items"]
    await expect(page.get_by_text(rows[0]["name"]).first).to_be_attached()
    decision = {"productId": rows[0]["itemId"], "decision": "approved", "sha256": rows[0]["image"]["sha256"]}
    await app.call("PUT", "/api/catalogs/toys/decisions", {"decisions": [decision]})

    assert await find_violations(page) == []
    await page.get_by_role("link", name="continue the run").click()
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Completed")
    await expect(page.get_by_text("approve at least one of them")).to_have_count(0)


@pytest.mark.parametrize(("style", "count"), [({}, 0), ({"styleReference": {"firstApproved": 2}}, 1)])
async def test_a_repair_says_that_it_generates_rejected_first_images_if_there_may_be_some(
    app: RunningApp, person: Visitor, style: dict[str, Any], count: int
) -> None:
    app.simulator.set_faults(FAST | {"rates": {"content_policy": 1}})
    ended = await app.run(targetCount=2, **style)
    page = await person.open(f"#/runs/{ended['runId']}")
    await expect(page.locator(".request-document")).to_be_attached()
    await page.get_by_role("button", name="Repair…").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("only the missing images: 2 images")).to_be_visible()
    await expect(dialog.get_by_text("Rejected first images")).to_have_count(count)


async def test_a_wait_for_batches_is_shown_with_what_is_finished(app: RunningApp, person: Visitor) -> None:
    gate = ImageGate(app.simulator)
    run_id = await app.start(targetCount=12, parallelImageRequests=1)
    page = await person.open()

    async def add_batches(route: Route) -> None:
        response = await route.fetch()
        run = await response.json()
        batches = {"imageBatches": {"batches": 2, "images": 12, "done": 5}, "textBatches": None}
        await route.fulfill(response=response, json={**run, **batches})

    await page.route(f"**/api/runs/{run_id}", add_batches)
    await page.goto(f"{page.url.partition('#')[0]}#/runs/{run_id}")
    await expect(page.get_by_text("5 of 12 images are finished there.")).to_be_visible()
    assert await find_violations(page) == []
    assert (await app.call("POST", f"/api/runs/{run_id}/cancel")).status == 202
    gate.open()
    await expect(page.get_by_text("5 of 12 images")).to_have_count(0)
