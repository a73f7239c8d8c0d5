"""The page asks for the function key once, keeps it for the session, and sends it as a header only."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.conftest import OpenVisitor
from tests.support.browser_accessibility import find_violations
from tests.support.running_app import FUNCTIONS_KEY_HEADER, RunningApp, run_app

KEY = "a-key-of-the-tests"


@pytest_asyncio.fixture(loop_scope="session")
async def locked_app(browser: Browser, tmp_path: Path) -> AsyncIterator[RunningApp]:
    """An app that asks for a key, with one catalog."""
    del browser
    async with run_app(tmp_path) as unlocked:
        await unlocked.run(targetCount=4, categoryCount=2)
    async with run_app(tmp_path, functions_key=KEY) as running:
        yield running


def find_dialog(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Function key")


async def enter_key(page: Page, key: str) -> None:
    dialog = find_dialog(page)
    await dialog.get_by_label("Function key").fill(key)
    await dialog.get_by_role("button", name="Continue").click()


async def test_the_key_is_asked_for_once_and_sent_as_a_header(locked_app: RunningApp, open_person: OpenVisitor) -> None:
    person = await open_person(locked_app, key=KEY)
    page = await person.open()
    await expect(find_dialog(page).get_by_label("Function key")).to_be_focused()
    assert await find_violations(page) == []
    await enter_key(page, KEY)
    await expect(page.get_by_role("link", name="toys")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("link", name="toys")).to_be_visible()
    await expect(find_dialog(page)).to_have_count(0)
    calls = [request for request in person.list_requests("/api/") if "/api/review/" not in request.url]
    sent = [await request.header_value(FUNCTIONS_KEY_HEADER) for request in calls]
    assert KEY in sent
    assert set(sent) <= {KEY, None}
    statuses = {
        (await request.header_value(FUNCTIONS_KEY_HEADER), response.status)
        for request in calls
        if (response := await request.response()) is not None
    }
    assert (KEY, 401) not in statuses
    assert not [request.url for request in person.requests if KEY in request.url]


async def test_a_wrong_key_is_asked_for_again_and_the_view_goes_on(
    locked_app: RunningApp, open_person: OpenVisitor
) -> None:
    person = await open_person(locked_app, key=KEY)
    page = await person.open("#/catalogs/toys/review")
    await enter_key(page, "another-key")
    await expect(find_dialog(page).get_by_role("alert")).to_be_visible()
    await enter_key(page, KEY)
    await expect(page.get_by_role("grid").get_by_role("gridcell").first).to_be_visible()
    assert page.url.endswith("#/catalogs/toys/review")


@pytest.mark.parametrize("key", [f"{KEY}\u200b", "\u043a\u043b\u044e\u0447", "schl\u00fcssel"])
async def test_a_key_that_no_header_can_hold_is_asked_for_again(
    locked_app: RunningApp, open_person: OpenVisitor, key: str
) -> None:
    person = await open_person(locked_app, key=KEY)
    page = await person.open()
    await enter_key(page, key)
    await expect(find_dialog(page).get_by_role("alert")).to_be_visible()
    assert await find_violations(page) == []
    await enter_key(page, KEY)
    await expect(page.get_by_role("link", name="toys")).to_be_visible()


async def test_the_key_is_not_stored_beyond_the_session(locked_app: RunningApp, open_person: OpenVisitor) -> None:
    person = await open_person(locked_app, key=KEY)
    page = await person.open()
    await enter_key(page, KEY)
    await expect(page.get_by_role("link", name="toys")).to_be_visible()
    stored = await page.evaluate("[Object.values(localStorage), document.cookie]")
    assert KEY not in str(stored)
    await expect(find_dialog(await person.open_tab())).to_be_visible()


async def test_the_page_itself_holds_no_data(locked_app: RunningApp) -> None:
    async with locked_app.session.get(f"{locked_app.host.url}/api/review/") as answer:
        text = await answer.text()
    assert answer.status == 200
    assert "toys" not in text
    assert (await locked_app.call("GET", "/api/catalogs")).status == 401
