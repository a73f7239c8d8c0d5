"""``seeder review`` serves the page in a process of its own, and prints the address that a browser opens."""

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.support.browser_visitor import open_visitor
from tests.support.review_catalogs import make_catalog
from tests.support.review_page import ReviewPage
from tests.support.running_app import run_app
from tests.support.seeder_process import SeederProcess, start_seeder

ADDRESS = re.compile(r"(http://[\w.]+:\d+)/api/review/(#/catalogs/toys/review)")
START_SECONDS = 300


async def read_address(seeder: SeederProcess) -> tuple[str, str]:
    """Return the base URL and the fragment of the address that the command prints."""
    assert seeder.process.stdout is not None
    assert seeder.process.stderr is not None
    text = ""
    async with asyncio.timeout(START_SECONDS):
        while (found := ADDRESS.search(text)) is None:
            line = await seeder.process.stdout.readline()
            assert line, (await seeder.process.stderr.read()).decode()
            text += line.decode()
    return found[1], found[2]


@pytest.mark.processes
async def test_the_printed_address_shows_the_catalog_and_keeps_decisions(browser: Browser, tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        names = await make_catalog(app, 4)
    arguments = ("review", "toys", "--offline", "--no-browser", "--port", "0", "--output-dir", str(tmp_path))
    for expected in ("undecided", "approved"):
        async with start_seeder(*arguments, cwd=tmp_path) as seeder:
            url, fragment = await read_address(seeder)
            async with open_visitor(browser, url) as person:
                review = ReviewPage(await person.open(fragment))
                await review.expect_verdict(expected, names[0])
                await review.decide(names[0], "a")
                await review.expect_verdict("approved", names[0])
            assert person.problems == []
