"""HTML and scripts in names, descriptions, prompts, findings and file names stay text."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.support.browser_visitor import Visitor
from tests.support.input_rows import dump_rows
from tests.support.review_catalogs import list_rows
from tests.support.review_page import ReviewPage
from tests.support.running_app import RunningApp

NAME = "<img src=x onerror=alert(1)>"
PROMPT = 'A toy</script><script>alert(2)</script> on "a table" & <b>bold</b>'
DESCRIPTION = "<svg onload=alert(3)><a href=javascript:alert(4)>click</a>"
CATEGORY = "<iframe srcdoc=x>"


@pytest.fixture
async def row(app: RunningApp) -> dict[str, object]:
    """The row of an item whose texts are markup."""
    rows = [{"id": "a<b>", "name": NAME, "category": CATEGORY, "description": DESCRIPTION, "imagePrompt": PROMPT}]
    assert (await app.call("PUT", "/api/inputs/rows.json", dump_rows(rows))).status == 201
    status = await app.run(source="products", input="inputs/rows.json", publish=False)
    assert status["status"] == "Completed", status
    (listed,) = await list_rows(app)
    return listed
