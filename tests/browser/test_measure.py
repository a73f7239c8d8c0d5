"""The measurement of the page measures: on a small catalog, every figure is there."""

import asyncio
import re
import sys
from subprocess import PIPE

import pytest
from playwright.async_api import Browser

from tests.support.seeder_process import ROOT

ITEMS = 60
TIMEOUT_SECONDS = 900
LINUX_ONLY = "memory of the browser"


@pytest.mark.processes
async def test_every_figure_of_the_page_is_measured(browser: Browser) -> None:
    del browser  # only requested to skip the test without one
    command = (sys.executable, "-m", "bench.review_page", "--items", str(ITEMS), "--starts", "1")
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE, stderr=PIPE)
    out, err = await asyncio.wait_for(process.communicate(), TIMEOUT_SECONDS)
    assert process.returncode == 0, err.decode()
    figures = {name.strip(): value for name, value in (line.split("  ", 1) for line in out.decode().splitlines())}
    assert figures["items"].strip() == str(ITEMS)
    assert figures["images seen while scrolling through all"].strip() == str(ITEMS)
    missing = [name for name, value in figures.items() if not re.search("[1-9]", value)]
    assert [name for name in missing if not name.startswith(LINUX_ONLY)] == []
