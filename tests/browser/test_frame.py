"""The frame around the views: navigation, keys, the dialog of keys."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenVisitor
from tests.support.browser_accessibility import find_violations
from tests.support.browser_visitor import DESKTOP, PHONE, Theme, Visitor
from tests.support.running_app import RunningApp


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_an_unknown_address_says_where_to_go(
    app: RunningApp, open_person: OpenVisitor, theme: Theme, size: tuple[int, int]
) -> None:
    person = await open_person(app, theme=theme, size=size)
    page = await person.open("#/no/such/view")
    await expect(page.get_by_role("heading", name="Not found")).to_be_visible()
    assert await find_violations(page) == []
    await page.get_by_role("button", name="Keys").click()
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    assert await find_violations(page) == []
    await page.keyboard.press("Escape")
    await page.get_by_role("link", name="Show all catalogs").click()
    await expect(page.get_by_role("heading", name="Catalogs")).to_be_focused()


async def test_the_help_opens_by_key_and_shows_it(person: Visitor) -> None:
    page = await person.open("#/no/such/view")
    await expect(page.get_by_role("heading", name="Not found")).to_be_visible()
    await page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(dialog.get_by_role("row", name="? Show the keys")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


async def test_single_keys_can_be_switched_off_and_stay_off(person: Visitor) -> None:
    page = await person.open("#/no/such/view")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    await page.get_by_role("button", name="Keys").click()
    await dialog.get_by_role("checkbox", name="Single-key shortcuts are on").uncheck()
    await dialog.get_by_role("button", name="Close").click()
    for tab in (page, await person.open_tab("#/no/such/view")):
        await expect(tab.get_by_role("heading", name="Not found")).to_be_visible()
        await tab.keyboard.press("?")
        await expect(dialog).to_have_count(0)


async def test_the_skip_link_comes_first_and_leads_to_the_content(person: Visitor) -> None:
    page = await person.open("#/no/such/view")
    await expect(page.get_by_role("heading", name="Not found")).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("main")).to_be_focused()


async def test_a_catalog_without_images_says_so_in_the_middle_of_its_cover(app: RunningApp, person: Visitor) -> None:
    await app.run(targetCount=2, categoryCount=1, dryRun=True)
    page = await person.open()
    note = page.get_by_text("No image yet")
    await expect(note).to_be_visible()
    distances = await note.evaluate(
        """(note) => {
          const text = document.createRange();
          text.selectNodeContents(note);
          const [words, cover] = [text.getBoundingClientRect(), note.parentElement.getBoundingClientRect()];
          return [
            words.x + words.width / 2 - cover.x - cover.width / 2,
            words.y + words.height / 2 - cover.y - cover.height / 2,
          ];
        }"""
    )
    assert [abs(distance) < 2 for distance in distances] == [True, True]
