"""HTML and scripts in names, descriptions, prompts, findings and file names stay text."""

from dataclasses import replace

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from model_simulator.drawing import render_image
from shared.catalog.catalog_files import Batch, create_batch, write_categories
from shared.catalog.items import Category, Item
from shared.images.image_metadata import ImageMetadata
from shared.images.round_files import EvaluationRecord, RoundFiles, RoundRecord
from shared.images.thumbnail import store_thumbnail
from shared.messages.base import Cost
from shared.rendering.convert_image import convert_image, make_thumbnail
from shared.services.container import get_services
from shared.storage import paths
from tests.support.browser_visitor import Visitor
from tests.support.review_page import ReviewPage
from tests.support.running_app import RunningApp

CATALOG = "toys"
RUN_ID = "8203975931671-850699dd"
NAME = "<img src=x onerror=alert(1)>"
PROMPT = 'A toy</script><script>alert(2)</script> on "a table" & <b>bold</b>'
DESCRIPTION = "<svg onload=alert(3)><a href=javascript:alert(4)>click</a>"
CATEGORY = "<iframe srcdoc=x>"
FILENAME = "a' onerror=alert(5) &lt;b&gt;.png"
FINDINGS = ("<script>alert(6)</script>", "<img src=y onerror=alert(7)>", "</p><h1>unwanted")
TEXTS = (NAME, PROMPT, DESCRIPTION, CATEGORY, FILENAME, *FINDINGS)


@pytest_asyncio.fixture(loop_scope="session")
async def item(app: RunningApp) -> Item:
    """An item whose texts are markup, with an image and its evaluation."""
    del app
    store = get_services().store
    stored = Item(
        product_id="00000000-0000-4000-8000-000000000001",
        name=NAME,
        description=DESCRIPTION,
        category=CATEGORY,
        filename=FILENAME,
        image_prompt=PROMPT,
    )
    await write_categories(store, CATALOG, [Category(CATEGORY, "iframe")])
    assert await create_batch(store, CATALOG, Batch(1, RUN_ID, (stored,)))
    size = (64, 64)
    image = convert_image(render_image(NAME, width=size[0], height=size[1], image_format="png"), "png", size)
    metadata = replace(
        ImageMetadata.from_properties(image.properties), run_id=RUN_ID, product_id=stored.product_id, round=1
    )
    rounds = RoundFiles(store, RUN_ID, stored.product_id)
    for path in (rounds.round_image_file(1, FILENAME), paths.image_file(CATALOG, FILENAME)):
        await store.write(path, image.data, content_type="image/png", metadata=metadata.to_json())
    await store_thumbnail(store, CATALOG, FILENAME, make_thumbnail(image.image), metadata)
    missing, wrong, unwanted = ((finding,) for finding in FINDINGS)
    await rounds.record_round(
        RoundRecord(1, PROMPT, 0, "iteration_1.png", "image/png", 1, *size, metadata.sha256, "m", None, Cost())
    )
    await rounds.record_evaluation(EvaluationRecord(1, PROMPT, 70, missing, wrong, unwanted, "m", None, Cost()))
    return stored


async def expect_no_markup(page: Page, *texts: str) -> None:
    """Check that texts are shown as they are, and that none of them became an element."""
    for text in texts:
        await expect(page.get_by_text(text, exact=False).first).to_be_visible()
    strange = page.locator("main").locator(
        "iframe, svg[onload], script, [onerror], [onload], [srcdoc], a[href^=javascript]"
    )
    await expect(strange).to_have_count(0)


async def test_the_grid_shows_markup_as_text(item: Item, person: Visitor) -> None:
    review = await ReviewPage.open(person, CATALOG)
    await review.expect_verdict("undecided", item.name)
    await expect(review.grid.get_by_role("gridcell", name=f"{CATEGORY} 1 item")).to_be_visible()
    await expect_no_markup(person.page, NAME)
    await expect(review.cell(item.name).locator("img")).to_have_js_property("complete", value=True)


async def test_the_item_shows_markup_as_text(item: Item, person: Visitor) -> None:
    page = await person.open(f"#/catalogs/{CATALOG}/items/{item.product_id}")
    await expect(page.get_by_role("heading", level=1, name=NAME)).to_be_visible()
    await expect_no_markup(page, *TEXTS)


@pytest.mark.parametrize("key", ["r", "e", "c"])
async def test_the_dialogs_of_an_item_show_markup_as_text(item: Item, person: Visitor, key: str) -> None:
    review = await ReviewPage.open(person, CATALOG)
    await review.decide(item.name, key)
    if key != "c":
        dialog = person.page.get_by_role("dialog")
        await expect(dialog.get_by_role("textbox", name=NAME)).to_have_value(PROMPT)
    await expect_no_markup(person.page, NAME)


async def test_a_search_for_markup_in_the_address_is_text(item: Item, person: Visitor) -> None:
    review = await ReviewPage.open(person, CATALOG, q=NAME)
    await expect(person.page.get_by_role("searchbox")).to_have_value(NAME)
    await review.expect_verdict("undecided", item.name)


async def test_an_address_of_markup_is_text(item: Item, person: Visitor) -> None:
    page = await person.open("#/catalogs/%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E/review")
    await expect(page.get_by_role("heading", level=1, name=NAME)).to_be_visible()
    await expect_no_markup(page)
    del item
