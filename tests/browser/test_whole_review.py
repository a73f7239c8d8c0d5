"""A whole review, once by mouse and once by keyboard alone: from the list of catalogs to the published catalog."""

import re
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import OpenVisitor
from tests.support.browser_visitor import Visitor
from tests.support.importer import import_catalog
from tests.support.review_catalogs import list_rows, make_catalog, read_verdicts, wait_for_runs
from tests.support.review_page import ReviewPage, tab_to
from tests.support.running_app import RunningApp

pytestmark = pytest.mark.slow

ITEMS = 12
APPROVED, REJECTED, EDITED = slice(0, 7), slice(7, 9), slice(9, 12)
PROMPTS = ("A wooden train", "A tin robot", "A kite </script> with a tail")


def find_regenerate_button(page: Page) -> Locator:
    return page.get_by_role("dialog").get_by_role("button", name=re.compile(r"^Regenerate 3 images for about \$"))


async def check_edited(app: RunningApp, review: ReviewPage, names: list[str]) -> None:
    """Check that three images were replaced by those of the typed prompts, and ask for a decision."""
    await expect(review.page.get_by_role("dialog")).to_have_count(0)
    status = await wait_for_runs(app)
    assert (status["status"], status["imagesMade"]) == ("Completed", len(PROMPTS)), status
    prompts = {row["name"]: row["imagePrompt"].casefold() for row in await list_rows(app)}
    for name, prompt in zip(names[EDITED], PROMPTS, strict=True):
        assert prompt.casefold() in prompts[name]  # the theme's opening and tail frame it
    await review.expect_verdict("undecided", *names[EDITED])


async def check_published(app: RunningApp, names: list[str], approved: set[str]) -> list[dict[str, Any]]:
    """Check that catalog.json holds exactly the approved items, as the importer wants them."""
    verdicts = await read_verdicts(app)
    assert {name for name, verdict in verdicts.items() if verdict == "approved"} == approved
    assert set(names) == set(verdicts)
    products = import_catalog(app.folder / "catalogs" / "toys")
    assert {product["name"] for product in products} == approved
    return products


async def check_costs(app: RunningApp, person: Visitor) -> None:
    """Check that the runs' costs in the page add up to what the simulator billed."""
    page = await person.open("#/runs?catalog=toys")
    rows = page.get_by_role("table").get_by_role("row").filter(has=page.get_by_role("rowheader"))
    await expect(rows).to_have_count(2)
    links = [row.get_by_role("rowheader").get_by_role("link") for row in await rows.all()]
    addresses = [await link.get_attribute("href") for link in links]
    total = 0.0
    for address in addresses:
        assert address is not None
        await person.open(address)
        costs = page.get_by_role("region", name="Cost by model").get_by_role("row").filter(has_text=re.compile("^Run"))
        total += float((await costs.get_by_role("cell").last.inner_text()).removeprefix("$"))
    billed = app.simulator.stats()
    assert billed["billedImageCount"] == ITEMS + len(PROMPTS)
    assert total == pytest.approx(billed["costUsd"], abs=0.0001 * len(addresses))


async def test_a_review_by_mouse(app: RunningApp, person: Visitor) -> None:
    names = await make_catalog(app, ITEMS)
    page = await person.open()
    await page.get_by_role("link", name="toys", exact=True).click()
    review = ReviewPage(page)
    await review.cell(names[0]).click()
    for name in names[APPROVED]:
        await expect(review.actions.get_by_text(name)).to_be_visible()
        await review.actions.get_by_role("button", name="Approve").click()
    await review.cell(names[7]).click()
    await review.cell(names[9]).click(modifiers=["Shift"])
    await review.actions.get_by_role("button", name="Reject 3").click()
    await review.expect_verdict("rejected", *names[7:10])
    await review.actions.get_by_role("button", name="Undo").click()
    await review.expect_verdict("undecided", *names[7:10])
    for name in names[REJECTED]:
        await review.cell(name).click(modifiers=["ControlOrMeta"])
    await review.actions.get_by_role("button", name="Reject 2").click()
    await review.expect_verdict("rejected", *names[REJECTED])

    await review.cell(names[9]).click()
    await review.cell(names[11]).click(modifiers=["Shift"])
    await review.actions.get_by_role("button", name="Edit prompt").click()
    for name, prompt in zip(names[EDITED], PROMPTS, strict=True):
        await page.get_by_role("dialog").get_by_role("textbox", name=name).fill(prompt)
    await find_regenerate_button(page).click()
    await check_edited(app, review, names)

    await review.cell(names[9]).dblclick()
    await expect(page.get_by_role("heading", level=1, name=names[9])).to_be_visible()
    await page.get_by_role("button", name="Compare").click()
    slider = page.get_by_role("slider")
    await slider.fill("25")
    await expect(slider).to_have_attribute("aria-valuetext", re.compile("^25 %"))
    await page.get_by_role("button", name="Approve").click()
    await page.get_by_role("link", name="Items").click()
    await review.expect_verdict("approved", names[9])

    await page.get_by_role("navigation", name="Pages of toys").get_by_role("link", name="Publish").click()
    await page.get_by_role("radio", name="Approved only").check()
    await page.get_by_role("button", name="Publish 8 items").click()
    await expect(page.get_by_text(re.compile("^Published", re.MULTILINE)).first).to_be_visible()
    await check_published(app, names, {*names[APPROVED], names[9]})
    await check_costs(app, person)


async def decide_by_keyboard(review: ReviewPage, names: list[str]) -> None:
    """Approve and reject by keys, beginning in the list of catalogs."""
    link = review.page.get_by_role("link", name="toys", exact=True)
    await expect(link).to_be_visible()
    await tab_to(review.page, link)
    await review.press("Enter")
    await expect(review.cell(names[0])).to_be_visible()
    await tab_to(review.page, review.cell(names[0]))
    await review.press("j", "k", "ArrowRight", "ArrowLeft")
    await expect(review.cell(names[0])).to_be_focused()
    for name in names[APPROVED]:
        await expect(review.cell(name)).to_be_focused()
        await review.press("a")
    await expect(review.cell(names[7])).to_be_focused()
    await review.press("x", "x", "x", "u")
    await expect(review.cell(names[9])).to_be_focused()
    await review.expect_verdict("rejected", *names[REJECTED])
    await review.expect_verdict("undecided", names[9])


async def regenerate_by_keyboard(review: ReviewPage, names: list[str]) -> None:
    """Edit the prompts of three items and regenerate them, beginning at the first of them."""
    await review.press("Shift+ArrowRight", "Shift+ArrowRight")
    await expect(review.selected).to_have_count(3)
    await review.press("e")
    for name, prompt in zip(names[EDITED], PROMPTS, strict=True):
        await tab_to(review.page, review.page.get_by_role("dialog").get_by_role("textbox", name=name))
        await review.press("ControlOrMeta+a")
        await review.page.keyboard.type(prompt)
    await expect(find_regenerate_button(review.page)).to_be_visible()
    await tab_to(review.page, find_regenerate_button(review.page))
    await review.press("Enter")


async def compare_by_keyboard(review: ReviewPage, names: list[str]) -> None:
    """Compare the images of an item, approve the new one, and return to the grid."""
    page = review.page
    await tab_to(page, review.grid.get_by_role("gridcell").and_(page.locator("[tabindex='0']")))
    await review.press("End", "ArrowLeft", "ArrowLeft", "c")
    await expect(page.get_by_role("heading", level=1, name=names[9])).to_be_visible()
    slider = page.get_by_role("slider")
    await expect(slider).to_be_focused()
    await review.press("ArrowLeft", "Home")
    await expect(slider).to_have_attribute("aria-valuetext", re.compile("^0 %"))
    await review.press("Escape", "a")
    await expect(page.get_by_role("heading", level=1, name=names[10])).to_be_visible()
    await review.press("Escape")
    await review.expect_verdict("approved", names[9])
    await review.expect_verdict("undecided", names[10])


async def publish_by_keyboard(page: Page) -> None:
    """Publish the approved items."""
    await tab_to(page, page.get_by_role("navigation", name="Pages of toys").get_by_role("link", name="Publish"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Publish 10 items")).to_be_visible()
    await tab_to(page, page.get_by_role("radio", checked=True))
    await page.keyboard.press("ArrowDown")
    button = page.get_by_role("button", name="Publish 8 items")
    await expect(button).to_be_visible()
    await tab_to(page, button)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text(re.compile("^Published", re.MULTILINE)).first).to_be_visible()


async def test_a_review_by_keyboard_alone(app: RunningApp, open_person: OpenVisitor) -> None:
    names = await make_catalog(app, ITEMS)
    person = await open_person(app, theme="dark")
    review = ReviewPage(await person.open())
    await decide_by_keyboard(review, names)
    await regenerate_by_keyboard(review, names)
    await check_edited(app, review, names)
    await compare_by_keyboard(review, names)
    await publish_by_keyboard(review.page)
    await check_published(app, names, {*names[APPROVED], names[9]})
    await check_costs(app, person)
