"""The review page as its users know it: by roles and accessible names, so that its markup can change."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

from playwright.async_api import Locator, Page, expect

from tests.support.browser_visitor import Visitor

Verdict = Literal["approved", "rejected", "undecided"]

UNSAVED = re.compile("not saved yet")
MAX_TABS = 80
"""Presses of Tab until a control must have the focus."""


def review_address(catalog: str, **filters: object) -> str:
    """Return the address of a catalog's grid."""
    return f"#/catalogs/{catalog}/review{'?' + urlencode(filters) if filters else ''}"


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """The grid of a catalog in one tab.

    Attributes:
        page: the tab.
    """

    page: Page

    @classmethod
    async def open(cls, visitor: Visitor, catalog: str, *, page: Page | None = None, **filters: object) -> "ReviewPage":
        """Open the grid of a catalog and wait until its items are there."""
        review = cls(await visitor.open(review_address(catalog, **filters), page))
        await review.wait()
        return review

    @property
    def grid(self) -> Locator:
        """The grid of items."""
        return self.page.get_by_role("grid")

    @property
    def actions(self) -> Locator:
        """The toolbar with what can be done."""
        return self.page.get_by_role("toolbar", name="Actions")

    @property
    def selected(self) -> Locator:
        """The selected cells."""
        return self.grid.get_by_role("gridcell", selected=True)

    async def wait(self) -> None:
        """Wait until items are listed."""
        await expect(self.grid).to_have_attribute("aria-busy", "false")

    def cell(self, name: str) -> Locator:
        """Return the cell of an item."""
        return self.grid.get_by_role("gridcell", name=re.compile(rf"^{re.escape(name)}(,|$)"))

    async def expect_verdict(self, verdict: Verdict, *names: str) -> None:
        """Wait until items have a decision that the app has stored."""
        for name in names:
            await expect(self.cell(name)).to_have_accessible_name(
                re.compile(rf"^{re.escape(name)}, {verdict}(, score \d+)?$")
            )

    async def decide(self, name: str, key: str) -> None:
        """Click an item and press a key."""
        await self.cell(name).click()
        await self.page.keyboard.press(key)

    async def wait_until_saved(self) -> None:
        """Wait until the app has every decision."""
        await expect(self.grid.get_by_role("gridcell", name=UNSAVED)).to_have_count(0)

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            await self.page.keyboard.press(key)


async def tab_to(page: Page, target: Locator) -> None:
    """Wait until an element is there, and press Tab until it has the focus."""
    await expect(target.first).to_be_visible()
    for _ in range(MAX_TABS):
        if await target.first.evaluate("element => element === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"{target} does not get the focus by {MAX_TABS} presses of Tab")


def list_names(items: Iterable[dict[str, Any]]) -> list[str]:
    """Return the names of rows of the API."""
    return [str(item["name"]) for item in items]
