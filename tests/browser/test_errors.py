"""Errors are shown as what to do, and nothing that was typed or decided is lost."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.conftest import OpenVisitor
from tests.support.browser_accessibility import find_violations
from tests.support.browser_visitor import Visitor
from tests.support.held_port import hold_port
from tests.support.review_catalogs import make_catalog, read_verdicts
from tests.support.review_page import ReviewPage
from tests.support.running_app import RunningApp, run_app


@dataclass
class StoppableApp:
    """An app that a test stops and starts again at the same address."""

    folder: Path
    port: int
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self) -> RunningApp:
        """Start the app."""
        return await self._stack.enter_async_context(run_app(self.folder, port=self.port))

    async def stop(self) -> None:
        """Stop the app."""
        await self._stack.aclose()


@pytest_asyncio.fixture(loop_scope="session")
async def stoppable(browser: Browser, tmp_path: Path) -> AsyncIterator[StoppableApp]:
    del browser
    with hold_port() as port:
        stoppable = StoppableApp(tmp_path, port)
        try:
            yield stoppable
        finally:
            await stoppable.stop()


async def test_decisions_made_while_the_app_is_away_are_kept_and_saved_later(
    stoppable: StoppableApp, open_person: OpenVisitor
) -> None:
    app = await stoppable.start()
    names = await make_catalog(app, 6)
    person = await open_person(app)
    review = await ReviewPage.open(person, "toys")
    await expect(review.cell(names[-1])).to_be_visible()
    await stoppable.stop()
    await review.cell(names[0]).click()
    await review.press("a", "x")
    alert = person.page.get_by_role("alert").filter(has_text="2 decisions not saved yet")
    await expect(alert).to_be_visible()
    assert await find_violations(person.page) == []
    app = await stoppable.start()
    await review.expect_verdict("approved", names[0])
    await review.expect_verdict("rejected", names[1])
    await expect(alert).to_have_count(0)
    verdicts = await read_verdicts(app)
    assert (verdicts[names[0]], verdicts[names[1]]) == ("approved", "rejected")


async def test_a_prompt_that_was_typed_survives_a_refusal_and_a_closed_dialog(app: RunningApp, person: Visitor) -> None:
    names = await make_catalog(app, 4)
    review = await ReviewPage.open(person, "toys")
    await review.decide(names[0], "e")
    dialog = person.page.get_by_role("dialog")
    prompt = dialog.get_by_role("textbox", name=names[0])
    typed = "A toy with an official Disney logo"
    await prompt.fill(typed)
    await dialog.get_by_role("button", name="Regenerate 1 image").click()
    await expect(dialog.get_by_role("alert").first).to_be_visible()
    await expect(prompt).to_have_value(typed)
    await person.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await review.decide(names[0], "e")
    await expect(prompt).to_have_value(typed)
    await prompt.fill("A wooden toy train on a shelf, soft light")
    await dialog.get_by_role("button", name="Regenerate 1 image").click()
    await expect(dialog).to_have_count(0)
