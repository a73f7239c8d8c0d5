"""The app in a process of its own, as ``seeder serve --offline`` starts it, and a browser to visit it."""

import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60
POLL_SECONDS = 0.1
PAGE_SECONDS = 60
PAGE_POLL_MILLISECONDS = 10


@contextmanager
def serve_app(folder: Path, *options: str) -> Iterator[str]:
    """Serve a data folder on a free port until the block ends; the value is the base URL.

    Args:
        folder: the data folder.
        options: further options of ``seeder serve``.

    Raises:
        RuntimeError: the app did not start.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = ["serve", "--offline", "--port", str(port), "--output-dir", str(folder), *options]
    command = [sys.executable, "-m", "cli.main", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - our own program
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url, process)
        yield url
    finally:
        process.terminate()
        process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/api/health"):  # noqa: S310 - loopback
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(POLL_SECONDS)
    raise RuntimeError(f"`seeder serve` does not answer at {url}; its status is {process.poll()}")


def find_program() -> str | None:
    """Return the path of an installed Chromium or Chrome, or None."""
    return next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)


@contextmanager
def open_browser(*arguments: str) -> Iterator[Browser]:
    """Start an installed Chromium or Chrome without a window, or else the one of Playwright's installer."""
    program = find_program()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(arguments))
        try:
            yield browser
        finally:
            browser.close()


def wait_until(page: Page, expression: str) -> None:
    """Wait until a JavaScript expression is true. Playwright's own function needs ``eval`` in the page.

    Raises:
        TimeoutError: it did not become true.
    """
    deadline = time.monotonic() + PAGE_SECONDS
    while not page.evaluate(expression):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{expression} is not true after {PAGE_SECONDS} s")
        page.wait_for_timeout(PAGE_POLL_MILLISECONDS)
