"""Fixtures of the browser tests. They share one event loop, because the browser is started once."""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.support.browser_program import MISSING, find_browser, is_required, run_browser
from tests.support.browser_visitor import TIMEOUT_MS, Visitor, open_visitor
from tests.support.running_app import RunningApp, run_app

HERE = Path(__file__).parent
OpenVisitor = Callable[..., Awaitable[Visitor]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, and run them in one event loop."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if inspect.iscoroutinefunction(getattr(item, "function", None)):
                item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The browser; one for each xdist worker. Without one, tests are skipped, and fail in CI."""
    choice = await find_browser()
    if choice is None:
        (pytest.fail if is_required() else pytest.skip)(MISSING)
    expect.set_options(timeout=TIMEOUT_MS)
    async with run_browser(choice) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def app(browser: Browser, tmp_path: Path) -> AsyncIterator[RunningApp]:
    """The app with an empty folder store and a simulator, in this process."""
    del browser  # only requested to skip the test before the app starts
    async with run_app(tmp_path) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def open_person(browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[OpenVisitor]:
    """A function that opens a visitor of an app: ``await open_person(app, theme="dark")``.

    At the end of the test everything fails that a page may never do (see `tests.support.browser_visitor`).
    """
    del request
    async with AsyncExitStack() as stack:
        visitors: list[Visitor] = []

        async def open_one(app: RunningApp, **options: Any) -> Visitor:
            visitor = await stack.enter_async_context(open_visitor(browser, app.host.url, **options))
            visitors.append(visitor)
            return visitor

        yield open_one
        problems = [problem for visitor in visitors for problem in visitor.problems]
        assert problems == []


@pytest_asyncio.fixture(loop_scope="session")
async def person(app: RunningApp, open_person: OpenVisitor) -> Visitor:
    """One visitor of the app on a desktop, in the light theme."""
    return await open_person(app)
