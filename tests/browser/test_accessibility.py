"""Axe finds no violation on any view, in both themes, on a desktop and on a phone; nothing is wider than a phone."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import OpenVisitor
from tests.support.browser_accessibility import find_violations
from tests.support.browser_visitor import DESKTOP, PHONE, THEMES, Theme, Visitor
from tests.support.review_catalogs import decide, list_rows, make_catalog, regenerate
from tests.support.review_page import ReviewPage, review_address
from tests.support.running_app import RunningApp, run_app


@dataclass(frozen=True, slots=True)
class Place:
    """A catalog with every kind of item, and where to find things in it.

    Attributes:
        app: the app.
        run_id: a run that failed in part.
        item_id: an item with an earlier image.
    """

    app: RunningApp
    run_id: str
    item_id: str


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def place(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    """A catalog with scores, failures, decisions, an earlier image and a published state."""
    del browser
    async with run_app(tmp_path_factory.mktemp("accessibility"), faults={"blockedPrompts": ["Hospital"]}) as app:
        await make_catalog(app, 12, refine={"iterations": 2})
        shown = [row for row in await list_rows(app) if row["image"] is not None]
        await decide(app, shown[:3], "approved")
        await decide(app, shown[3:5], "rejected")
        await regenerate(app, shown[:1])
        runs = (await app.call("GET", "/api/runs")).body["runs"]
        assert (await app.call("POST", "/api/catalogs/toys/publish", {})).status == 200
        yield Place(app, runs[-1]["runId"], shown[0]["itemId"])


View = Callable[[Visitor, Place], Awaitable[Page]]


async def open_heading(person: Visitor, address: str) -> Page:
    page = await person.open(address)
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await page.wait_for_load_state("networkidle")
    return page


async def open_catalogs(person: Visitor, place: Place) -> Page:
    del place
    page = await open_heading(person, "#/")
    await expect(page.get_by_role("link", name="toys", exact=True)).to_be_visible()
    return page


async def open_runs(person: Visitor, place: Place) -> Page:
    del place
    page = await open_heading(person, "#/runs")
    await expect(page.get_by_role("row")).to_have_count(3)
    return page


async def open_run(person: Visitor, place: Place) -> Page:
    page = await open_heading(person, f"#/runs/{place.run_id}")
    await expect(page.get_by_role("heading", name="Cost by model")).to_be_visible()
    for summary in await page.locator("main summary").all():
        if await summary.evaluate("summary => !summary.parentElement.open"):
            await summary.click()
    return page


async def open_new_run(person: Visitor, place: Place) -> Page:
    del place
    page = await open_heading(person, "#/new")
    await expect(page.get_by_role("button", name="Start")).to_be_visible()
    for summary in await page.locator("main summary").all():
        if await summary.evaluate("summary => !summary.parentElement.open"):
            await summary.click()
    return page


async def open_publish(person: Visitor, place: Place) -> Page:
    del place
    page = await open_heading(person, "#/catalogs/toys/publish")
    await expect(page.get_by_role("button", name="Publish")).to_be_visible()
    return page


async def open_grid(person: Visitor, place: Place) -> Page:
    del place
    review = await ReviewPage.open(person, "toys")
    await review.page.wait_for_load_state("networkidle")
    return review.page


async def open_selection(person: Visitor, place: Place) -> Page:
    page = await open_grid(person, place)
    await page.get_by_role("button", name="Select all").click()
    await expect(page.get_by_text("12 items selected").first).to_be_visible()
    return page


async def open_failures(person: Visitor, place: Place) -> Page:
    del place
    return (await ReviewPage.open(person, "toys", state="failed")).page


async def open_nothing(person: Visitor, place: Place) -> Page:
    del place
    page = await person.open(review_address("toys", q="no such item"))
    await expect(page.get_by_text("No item matches these filters.")).to_be_visible()
    return page


async def open_prompts(person: Visitor, place: Place) -> Page:
    page = await open_grid(person, place)
    await page.keyboard.press("Shift+ArrowRight")
    await page.keyboard.press("e")
    await expect(page.get_by_role("dialog").get_by_role("status").filter(has_text="About")).to_be_visible()
    return page


async def open_comparison(person: Visitor, place: Place) -> Page:
    page = await open_grid(person, place)
    await page.keyboard.press("Shift+ArrowRight")
    await page.keyboard.press("c")
    await expect(page.get_by_role("dialog").get_by_role("slider")).to_be_visible()
    return page


async def open_keys(person: Visitor, place: Place) -> Page:
    page = await open_grid(person, place)
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    return page


async def open_item(person: Visitor, place: Place) -> Page:
    page = await open_heading(person, f"#/catalogs/toys/items/{place.item_id}")
    await expect(page.get_by_role("button", name="Compare")).to_be_visible()
    return page


async def open_rounds(person: Visitor, place: Place) -> Page:
    page = await open_item(person, place)
    await page.get_by_role("button", name="Compare").click()
    await expect(page.get_by_role("slider")).to_be_visible()
    return page


async def open_unknown_catalog(person: Visitor, place: Place) -> Page:
    del place
    page = await person.open(review_address("no-such-catalog"))
    await expect(page.get_by_role("alert").filter(has_text="no-such-catalog").first).to_be_visible()
    return page


VIEWS: dict[str, View] = {
    name.removeprefix("open_"): view
    for name, view in list(globals().items())
    if name.startswith("open_") and name not in {"open_heading", "open_visitor"}
}


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
async def test_axe_finds_no_violation_in_either_theme(
    place: Place, open_person: OpenVisitor, view: View, size: tuple[int, int]
) -> None:
    person = await open_person(place.app, size=size)
    page = await view(person, place)
    violations: dict[Theme, list[str]] = {}
    for theme in THEMES:
        await page.emulate_media(color_scheme=theme)
        violations[theme] = await find_violations(page)
    assert violations == {theme: [] for theme in THEMES}
    if size == PHONE:
        overflow = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
        assert await page.evaluate(overflow) == 0, "the page scrolls sideways"
