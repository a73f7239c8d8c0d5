"""The grid: keys, filters in the address, and the way to an item and back."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenVisitor
from tests.support.browser_visitor import PHONE, Visitor
from tests.support.input_rows import dump_rows
from tests.support.review_catalogs import decide, find_row, list_rows, make_catalog, read_verdicts
from tests.support.review_page import ReviewPage, tab_to
from tests.support.running_app import FAST, RunningApp

LATE_EFFECTS = """
const wait = setTimeout;
requestAnimationFrame = run => wait(() => run(performance.now()), 2000);
setTimeout = (run, delay = 0, ...values) => wait(run, Math.max(delay, 2000), ...values);
"""
"""A slow browser: what a view does after it is painted comes two seconds later."""


async def test_keys_are_dead_while_somebody_types(app: RunningApp, person: Visitor) -> None:
    names = await make_catalog(app, 4)
    review = await ReviewPage.open(person, "toys")
    search = person.page.get_by_role("searchbox", name="Search")
    await search.click()
    await person.page.keyboard.type("axuzer?c")
    await expect(search).to_have_value("axuzer?c")
    await expect(person.page.get_by_role("dialog")).to_have_count(0)
    await search.fill("")
    await review.expect_verdict("undecided", *names)
    assert set((await read_verdicts(app)).values()) == {"undecided"}


async def test_single_keys_that_are_switched_off_decide_nothing_but_arrows_move(
    app: RunningApp, person: Visitor
) -> None:
    names = await make_catalog(app, 4)
    review = await ReviewPage.open(person, "toys")
    await review.press("?")
    dialog = person.page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(dialog.get_by_role("row", name=re.compile("^a Approve"))).to_be_visible()
    await dialog.get_by_role("checkbox", name="Single-key shortcuts are on").uncheck()
    await review.press("Escape")
    await review.cell(names[0]).click()
    await review.press("a", "x", "ArrowRight")
    await expect(review.cell(names[1])).to_be_focused()
    await review.expect_verdict("undecided", *names)
    await review.actions.get_by_role("button", name="Approve").click()
    await review.expect_verdict("approved", names[1])


async def test_filters_are_in_the_address_and_survive_a_reload(app: RunningApp, person: Visitor) -> None:
    names = await make_catalog(app, 9)
    rows = await list_rows(app)
    await decide(app, rows[:4], "rejected")
    review = await ReviewPage.open(person, "toys")
    page = person.page
    await page.get_by_role("combobox", name="Decision").select_option("rejected")
    await expect(page).to_have_url(re.compile(r"[?&]decision=rejected"))
    category = rows[0]["category"]
    await page.get_by_role("combobox", name="Category").select_option(category)
    expected = [row["name"] for row in rows[:4] if row["category"] == category]
    others = [name for name in names if name not in expected]
    for _ in range(2):
        await review.expect_verdict("rejected", *expected)
        for name in others:
            await expect(review.cell(name)).to_have_count(0)
        await page.reload()
    await page.go_back()
    await review.expect_verdict("rejected", *names[:4])


async def test_categories_that_are_numbers_come_after_the_choice_of_all(app: RunningApp, person: Visitor) -> None:
    categories = ["Boots", "7", "2024"]
    rows = [{"id": f"P{number}", "name": name, "category": name} for number, name in enumerate(categories)]
    await app.call("PUT", "/api/inputs/rows.json", dump_rows(rows))
    await make_catalog(app, 3, source="products", input="inputs/rows.json")
    await ReviewPage.open(person, "toys")
    options = person.page.get_by_role("combobox", name="Category").locator("option")
    await expect(options).to_have_text(["All", *categories])


async def test_a_search_finds_names_and_is_in_the_address(app: RunningApp, person: Visitor) -> None:
    names = await make_catalog(app, 6)
    review = await ReviewPage.open(person, "toys")
    await person.page.get_by_role("searchbox", name="Search").fill(names[2].upper())
    await expect(review.cell(names[2])).to_be_visible()
    await expect(review.cell(names[0])).to_have_count(0)
    await expect(person.page).to_have_url(re.compile(r"[?&]q="))
    await person.page.get_by_role("button", name="Clear filters").click()
    await review.expect_verdict("undecided", *names)


async def test_failed_items_show_their_reason_and_can_be_listed_by_it(app: RunningApp, person: Visitor) -> None:
    app.simulator.set_faults({"latencySeconds": FAST, "blockedPrompts": ["a"], "rates": {}})
    names = await make_catalog(app, 3)
    review = await ReviewPage.open(person, "toys", state="failed")
    await expect(review.cell(names[0])).to_have_accessible_name(re.compile("refused|policy"))
    await person.page.get_by_role("combobox", name="Reason").select_option("content_policy")
    await expect(person.page).to_have_url(re.compile("reason=content_policy"))
    await expect(review.cell(names[0])).to_be_visible()


async def test_enter_opens_an_item_and_escape_returns_to_it(app: RunningApp, person: Visitor) -> None:
    names = await make_catalog(app, 6)
    review = await ReviewPage.open(person, "toys")
    await tab_to(person.page, review.cell(names[0]))
    await review.press("ArrowRight", "Enter")
    await expect(person.page.get_by_role("heading", level=1, name=names[1])).to_be_visible()
    await review.press("j")
    await expect(person.page.get_by_role("heading", level=1, name=names[2])).to_be_visible()
    await review.press("Escape")
    await expect(review.cell(names[2])).to_be_focused()


async def test_keys_work_as_soon_as_their_view_is_there(app: RunningApp, person: Visitor) -> None:
    names = await make_catalog(app, 4)
    await person.context.add_init_script(LATE_EFFECTS)
    review = await ReviewPage.open(person, "toys")
    await expect(review.cell(names[3])).to_be_visible()
    await review.press("ArrowRight", "Enter")
    await expect(person.page.get_by_role("heading", level=1, name=names[1])).to_be_visible()
    await review.press("j")
    await expect(person.page.get_by_role("heading", level=1, name=names[2])).to_be_visible()


async def test_a_decision_goes_to_the_next_undecided_item(app: RunningApp, person: Visitor) -> None:
    names = await make_catalog(app, 5)
    await decide(app, [await find_row(app, names[1]), await find_row(app, names[2])], "approved")
    review = await ReviewPage.open(person, "toys")
    await review.expect_verdict("approved", *names[1:3])
    await review.decide(names[0], "x")
    await expect(review.cell(names[3])).to_be_focused()


async def test_a_phone_decides_by_touch(app: RunningApp, open_person: OpenVisitor) -> None:
    names = await make_catalog(app, 4)
    person = await open_person(app, size=PHONE, theme="dark")
    review = await ReviewPage.open(person, "toys")
    await review.cell(names[0]).tap()
    await review.actions.get_by_role("button", name="Approve").tap()
    await review.expect_verdict("approved", names[0])
    await person.page.get_by_role("button", name="Select", exact=True).tap()
    await review.cell(names[1]).tap()
    await review.cell(names[2]).tap()
    await review.actions.get_by_role("button", name="Reject 2").tap()
    await review.expect_verdict("rejected", *names[1:3])


@pytest.mark.parametrize("size", [(1280, 800), (2560, 1440), PHONE])
async def test_the_grid_has_few_elements_however_far_one_scrolls(
    app: RunningApp, open_person: OpenVisitor, size: tuple[int, int]
) -> None:
    names = await make_catalog(app, 240, dryRun=True)
    person = await open_person(app, size=size)
    review = await ReviewPage.open(person, "toys")
    for key in ("End", "PageUp", "Home", "PageDown"):
        await tab_to(person.page, review.grid.get_by_role("gridcell").and_(person.page.locator("[tabindex='0']")))
        await review.press(key)
        await expect(review.grid.get_by_role("gridcell").and_(person.page.locator(":focus"))).to_be_visible()
        assert await review.grid.locator("*").count() <= 300
    assert len(names) == 240
