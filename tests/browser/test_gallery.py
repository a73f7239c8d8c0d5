"""The gallery in a browser: it loads nothing, runs nothing but its own script, and can be searched."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from cli.gallery.page import (
    GallerySummary,
    render_card,
    render_end,
    render_section_end,
    render_section_start,
    render_start,
)
from shared.browse.views import DecisionView, SectionView
from tests.gallery.test_page import CLOSING, EVIL, IMAGE, ROW, WHEN
from tests.support.browser_accessibility import find_violations
from tests.support.browser_visitor import TIMEOUT_MS, Theme
from tests.support.sample_images import draw

REPORT = """
window.violations = [];
addEventListener("securitypolicyviolation", event => window.violations.push(event.effectiveDirective));
"""


def write_gallery(folder: Path) -> Path:
    """Write a gallery of four items with hostile texts in two categories."""
    approved = DecisionView(decision="approved", note=CLOSING, reviewer=EVIL, at=WHEN)
    rows = [
        [ROW.model_copy(update={"name": EVIL, "image_prompt": CLOSING}), ROW.model_copy(update={"decision": approved})],
        [
            ROW.model_copy(update={"name": "Straße", "category": EVIL}),
            ROW.model_copy(update={"name": "Cid", "image": None, "category": EVIL}),
        ],
    ]
    sections = [SectionView(key=items[0].category, items=len(items)) for items in rows]
    summary = GallerySummary(EVIL, 4, 1, 0, only_approved=False, sections=sections, created_at=WHEN)
    page = render_start(summary)
    for number, (section, items) in enumerate(zip(sections, rows, strict=True), start=1):
        cards = [render_card(row, draw(kind="WEBP") if row.image is IMAGE else None) for row in items]
        page += render_section_start(section, number) + "".join(cards) + render_section_end()
    file = folder / "gallery.html"
    file.write_text(page + render_end(3), encoding="utf-8", newline="\n")
    return file


async def open_file(
    browser: Browser, file: Path, *, scripts: bool = True, theme: Theme = "light"
) -> tuple[Page, list[str], list[str]]:
    """Open a file in the browser; return the page, its requests, and what its console and dialogs say."""
    context = await browser.new_context(
        java_script_enabled=scripts, color_scheme=theme, viewport={"width": 390, "height": 844}
    )
    context.set_default_timeout(TIMEOUT_MS)
    page = await context.new_page()
    requests: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    await page.add_init_script(REPORT)
    await page.goto(file.as_uri())
    return page, requests, said


async def test_a_gallery_runs_nothing_of_its_catalog_and_loads_nothing(browser: Browser, tmp_path: Path) -> None:
    page, requests, said = await open_file(browser, write_gallery(tmp_path))
    await expect(page.locator("h1")).to_have_text(EVIL)
    await expect(page.locator("article h3").first).to_have_text(EVIL)
    await expect(page.locator("img")).to_have_count(3)
    for image in await page.locator("img").all():
        await expect(image).not_to_have_js_property("naturalWidth", 0)
    assert await page.evaluate("window.violations") == []
    assert [url for url in requests if not url.startswith(("file:", "data:image/webp"))] == []
    assert said == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    await page.context.close()


async def test_a_gallery_can_be_searched_and_filtered(browser: Browser, tmp_path: Path) -> None:
    page, _, said = await open_file(browser, write_gallery(tmp_path))
    count, cards = page.locator("#count"), page.locator("article:visible")
    await expect(count).to_have_text("4 items")
    await page.get_by_role("searchbox").fill("STRASSE")
    await expect(count).to_have_text("No item matches")
    await page.get_by_role("searchbox").fill("straße a figure")
    await expect(count).to_have_text("1 of 4 items")
    await page.get_by_role("searchbox").fill("")
    await page.get_by_label("Decision").select_option("approved")
    await expect(cards).to_have_count(1)
    await page.get_by_label("Decision").select_option("")
    await page.get_by_label("Category").select_option("c2")
    await expect(cards).to_have_count(2)
    await cards.first.locator("summary").click()
    await expect(cards.first.locator("dd").first).to_be_visible()
    assert said == []
    await page.context.close()


async def test_a_gallery_counts_one_item_and_thousands_as_its_heading_does(browser: Browser, tmp_path: Path) -> None:
    for items, text in (1, "1 item"), (1200, "1,200 items"):
        sections = [SectionView(key=ROW.category, items=items)]
        summary = GallerySummary("toys", items, 0, 0, only_approved=False, sections=sections, created_at=WHEN)
        file = tmp_path / f"{items}.html"
        page = render_start(summary) + render_section_start(sections[0], 1) + render_card(ROW, None) * items
        file.write_text(page + render_section_end() + render_end(0), encoding="utf-8", newline="\n")
        opened, _, said = await open_file(browser, file)
        await expect(opened.locator("#count")).to_have_text(text)
        await expect(opened.locator("header")).to_contain_text(text)
        assert said == []
        await opened.context.close()


async def test_a_gallery_shows_everything_without_scripts(browser: Browser, tmp_path: Path) -> None:
    page, _, _ = await open_file(browser, write_gallery(tmp_path), scripts=False)
    await expect(page.locator("article:visible")).to_have_count(4)
    await expect(page.locator("#search")).to_be_hidden()
    await page.context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_a_gallery_has_no_accessibility_problem(browser: Browser, tmp_path: Path, theme: Theme) -> None:
    page, _, _ = await open_file(browser, write_gallery(tmp_path), theme=theme)
    for summary in await page.locator("article summary").all():
        await summary.click()
    assert await find_violations(page) == []
    await page.context.close()
