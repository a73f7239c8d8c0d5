"""Publishing in the page: what will be in catalog.json and what not and why, then the button."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenVisitor
from tests.support.browser_accessibility import find_violations
from tests.support.browser_visitor import DESKTOP, PHONE, Theme, Visitor
from tests.support.running_app import RunningApp

ENDLESS = {"latencySeconds": {"text": 0.01, "image": 600.0}}


async def decide(app: RunningApp, *verdicts: str) -> list[str]:
    """Record one verdict for each of the first items; return the public ids of all items."""
    rows = (await app.call("GET", "/api/catalogs/toys/items")).body["items"]
    decisions = [
        {"productId": row["productId"], "decision": verdict, "sha256": row["image"]["sha256"]}
        for row, verdict in zip(rows, verdicts, strict=False)
    ]
    answer = await app.call("PUT", "/api/catalogs/toys/decisions", {"decisions": decisions})
    assert answer.body["recorded"] == len(verdicts), answer
    return [row["productId"] for row in rows]


def read_published(app: RunningApp) -> list[str]:
    return [row["productId"] for row in app.read("catalogs/toys/catalog.json")]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_approved_items_are_published_and_others_are_left_out_with_the_reason(
    app: RunningApp, open_person: OpenVisitor, theme: Theme, size: tuple[int, int]
) -> None:
    await app.run(targetCount=5, publish=False)
    ids = await decide(app, "approved", "approved", "rejected")
    person = await open_person(app, theme=theme, size=size)
    page = await person.open("#/catalogs/toys/publish")
    await expect(page.get_by_role("radio", name="All that are not rejected")).to_be_checked()
    await expect(page.get_by_role("button", name="Publish 4 items")).to_be_enabled()
    await expect(page.get_by_text("1 item rejected")).to_be_visible()
    assert await find_violations(page) == []

    await page.get_by_role("radio", name="Approved only").check()
    await expect(page.get_by_text("2 items undecided")).to_be_visible()
    await page.get_by_text("Examples").first.click()
    await expect(page.get_by_role("list").get_by_role("list").get_by_role("link")).not_to_have_count(0)
    await page.get_by_role("button", name="Publish 2 items").click()
    await expect(page.get_by_role("heading", name="Published")).to_be_focused()
    await expect(page.get_by_text("catalogs/toys/catalog.json")).to_be_visible()
    await expect(page.get_by_text("Last published")).to_be_visible()
    assert sorted(read_published(app)) == sorted(ids[:2])
    assert await find_violations(page) == []


async def test_a_catalog_whose_review_is_required_offers_approved_items_only(app: RunningApp, person: Visitor) -> None:
    await app.run(targetCount=3, review="required")
    page = await person.open("#/catalogs/toys/publish")
    await expect(page.get_by_role("radio", name="Approved only")).to_be_checked()
    await expect(page.get_by_role("radio", name="All that are not rejected")).to_be_disabled()
    await expect(page.get_by_role("button", name="Publish 0 items")).to_be_disabled()
    await expect(page.get_by_role("link", name="Approve some images first.")).to_be_visible()


async def test_a_catalog_that_a_run_holds_is_not_published_and_the_run_is_linked(
    app: RunningApp, person: Visitor
) -> None:
    await app.run(targetCount=2)
    app.simulator.set_faults(ENDLESS)
    run_id = await app.start(targetCount=4)
    page = await person.open("#/catalogs/toys/publish")
    await page.get_by_role("button", name="Publish 2 items").click()
    await page.get_by_role("link", name="Show the run that holds the catalog").click()
    await expect(page.get_by_role("heading", name="Run of toys")).to_be_visible()
    assert page.url.endswith(f"#/runs/{run_id}")


async def test_what_others_decide_meanwhile_changes_what_will_be_published(app: RunningApp, person: Visitor) -> None:
    await app.run(targetCount=3, publish=False)
    page = await person.open("#/catalogs/toys/publish")
    await expect(page.get_by_role("button", name="Publish 3 items")).to_be_visible()
    await decide(app, "rejected")
    await expect(page.get_by_role("button", name="Publish 2 items")).to_be_visible()
    await expect(page.get_by_text("1 item rejected")).to_be_visible()
