"""Finds the browser of the browser tests: an installed one, or the one that Playwright's installer brought."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, async_playwright

PROGRAMS = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser")
"""Names on PATH, in this order."""

MISSING = (
    "browser tests left out: no chromium or google-chrome on PATH, and Playwright has installed none "
    "(.venv/bin/python -m playwright install chromium)"
)


@dataclass(frozen=True, slots=True)
class BrowserChoice:
    """How to start the browser.

    Attributes:
        program: path of an installed browser; None = the one of Playwright's installer.
    """

    program: str | None


def is_required(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether a missing browser fails the tests: in CI, where everything is installed on purpose."""
    return environment.get("CI", "").lower() not in {"", "0", "false"}


async def find_browser(search_path: str | None = None) -> BrowserChoice | None:
    """Return the browser to use, or None.

    Args:
        search_path: folders to search; None = PATH.
    """
    for name in PROGRAMS:
        program = shutil.which(name, path=search_path)
        if program is not None:
            return BrowserChoice(program)
    async with async_playwright() as playwright:
        program = playwright.chromium.executable_path
    return BrowserChoice(None) if await asyncio.to_thread(Path(program).is_file) else None


@asynccontextmanager
async def run_browser(choice: BrowserChoice, *arguments: str) -> AsyncIterator[Browser]:
    """Start a browser without a window; stop it at the end of the block.

    Args:
        choice: the browser.
        arguments: further command line flags.
    """
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=choice.program, args=list(arguments))
        try:
            yield browser
        finally:
            await browser.close()
