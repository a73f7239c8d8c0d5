"""New runs in the page: the form of the schema, the estimate, the upload, and the catalogs that come of it."""

from base64 import b64encode
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Locator, Page, expect

from tests.browser.conftest import OpenVisitor
from tests.support.browser_accessibility import find_violations
from tests.support.browser_visitor import DESKTOP, PHONE, Theme, Visitor
from tests.support.running_app import RunningApp, run_app
from tests.support.sample_images import draw

SHOP = "Kennung;Wert;Farbe\nP1;Enamel mug;blue\nP2;Oak tray;brown\n;Bowl;red\n"
LOOK: FilePayload = {"name": "our look.png", "mimeType": "image/png", "buffer": draw((200, 40, 40))}
SAME_NAME: FilePayload = {"name": "our look.png", "mimeType": "image/png", "buffer": draw((40, 40, 200))}
DAMAGED: FilePayload = {"name": "damaged.png", "mimeType": "image/png", "buffer": b"no image"}
NOTES: FilePayload = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no image"}

STORED = "Remove inputs/"
"""The button of an image that the app has."""

DROP = """(zone, [name, text]) => {
  const files = new DataTransfer();
  const bytes = Uint8Array.from(atob(text), character => character.charCodeAt(0));
  files.items.add(new File([bytes], name, {type: "image/png"}));
  zone.dispatchEvent(new DragEvent("drop", {dataTransfer: files, bubbles: true, cancelable: true}));
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_a_newcomer_starts_a_run_and_finds_its_catalog(
    app: RunningApp, open_person: OpenVisitor, theme: Theme, size: tuple[int, int]
) -> None:
    person = await open_person(app, theme=theme, size=size)
    page = await person.open("#/")
    await expect(page.get_by_role("heading", name="There is no catalog yet")).to_be_visible()
    assert await find_violations(page) == []
    await page.get_by_role("link", name="Start the first run").click()
    await page.get_by_label("Catalog name").fill("toys")
    await page.get_by_label("Items in the catalog").fill("4")
    await page.get_by_text("Images", exact=True).click()
    await page.get_by_label("Image size").fill("64x64")
    body = {"catalog": "toys", "targetCount": 4, "imageSize": "64x64"}
    estimate = (await app.call("POST", "/api/runs?estimate=true", body)).body
    start = page.get_by_role("button", name=f"Start the run, about ${estimate['costUsd']:.4f}")
    await expect(start).to_be_visible()
    figures = page.get_by_role("region", name="Estimate")
    await expect(figures).to_contain_text(f"Image calls{estimate['imageCalls']}")
    assert await find_violations(page) == []

    await start.dblclick()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Completed")
    started = [request for request in person.list_requests("/api/runs", "POST") if "estimate" not in request.url]
    assert [request.post_data_json for request in started] == [body]
    assert len((await app.call("GET", "/api/runs")).body["runs"]) == 1

    await page.get_by_role("navigation", name="Main").get_by_role("link", name="Catalogs").click()
    card = page.get_by_role("listitem").filter(has_text="toys")
    await expect(card).to_contain_text("4 items")
    await expect(card).to_contain_text("Published")
    assert await find_violations(page) == []


async def test_what_is_wrong_is_shown_at_its_field_and_nothing_is_lost(app: RunningApp, person: Visitor) -> None:
    page = await person.open("#/new")
    await page.get_by_label("Catalog name").fill("No name")
    await page.get_by_label("Items in the catalog").fill("50001")
    await page.get_by_label("How image prompts begin").fill("x" * 110)
    await page.get_by_role("button", name="Start the run").click()
    summary = page.get_by_role("alert").filter(has_text="Correct these fields first")
    await expect(summary).to_be_focused()
    await expect(page.get_by_label("Catalog name")).to_have_attribute("aria-invalid", "true")
    assert await find_violations(page) == []
    assert person.list_requests("/api/runs", "POST") == []
    await summary.get_by_role("button", name="Items in the catalog").click()
    await page.keyboard.press("Control+A")
    await page.keyboard.type("3")
    await page.get_by_label("Catalog name").fill("toys")
    await page.get_by_label("How image prompts end").fill("y" * 110)  # too long together, which only the app checks
    await page.get_by_role("button", name="Start the run").click()
    await expect(page.get_by_text("characters together").first).to_be_visible()
    await page.reload()
    await expect(page.get_by_label("Items in the catalog")).to_have_value("3")
    await expect(page.get_by_label("How image prompts end")).to_have_value("y" * 110)
    assert (await app.call("GET", "/api/runs")).body["runs"] == []


async def test_a_question_for_the_key_keeps_what_was_typed(open_person: OpenVisitor, tmp_path: Path) -> None:
    async with run_app(tmp_path, functions_key="secret") as app:
        person = await open_person(app, key="secret")
        page = await person.open("#/new")
        await page.get_by_label("Catalog name").fill("toys")
        dialog = page.get_by_role("dialog", name="Function key")
        await dialog.get_by_role("textbox").fill("secret")
        await dialog.get_by_role("button", name="Continue").click()
        await expect(page.get_by_role("button", name="Start the run, about")).to_be_visible()
        await expect(page.get_by_label("Catalog name")).to_have_value("toys")


async def test_a_run_above_its_budget_starts_only_when_that_is_accepted(app: RunningApp, person: Visitor) -> None:
    page = await person.open("#/new")
    await page.get_by_label("Catalog name").fill("toys")
    await page.get_by_label("Items in the catalog").fill("20")
    await page.get_by_label("Budget in US dollars").fill("0.2")
    accept = page.get_by_label("Start anyway, and stop at the budget")
    await expect(accept).to_be_visible()
    await page.get_by_role("button", name="Start the run").click()
    await expect(page.get_by_text("The run is not started")).to_be_visible()
    assert (await app.call("GET", "/api/runs")).body["runs"] == []
    await accept.check()
    await page.get_by_role("button", name="Start the run").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Completed with failures")
    await expect(page.get_by_text("of $0.2000")).to_be_visible()
    run = (await app.call("GET", "/api/runs")).body["runs"][0]
    assert run["cost"]["usd"] <= 0.2


async def test_a_file_is_uploaded_mapped_and_becomes_a_catalog(app: RunningApp, person: Visitor) -> None:
    page = await person.open("#/new")
    await page.get_by_label("Catalog name").fill("shop")
    await page.get_by_role("radio", name="Products from a file").check()
    file: FilePayload = {"name": "my shop.csv", "mimeType": "text/csv", "buffer": SHOP.encode()}
    await page.get_by_label("File of products").set_input_files(file)
    await expect(page.get_by_text("The rows cannot be read yet.")).to_be_visible()
    assert await find_violations(page) == []
    await page.get_by_label("Column of id").select_option("Kennung")
    await page.get_by_label("Column of name").select_option("Wert")
    report = page.get_by_role("region", name="How the file is read")
    await expect(report).to_contain_text("2 rows to generate an image for")
    await expect(report).to_contain_text("1 row cannot be used")
    await expect(report.get_by_role("listitem").filter(has_text="Enamel mug")).to_contain_text("blue")
    await report.get_by_label("Skip this row").check()
    assert await find_violations(page) == []
    await expect(page.get_by_role("button", name="Start the run, about")).to_be_visible()

    await page.reload()
    await expect(page.get_by_label("Column of id")).to_have_value("=Kennung")
    await page.get_by_role("button", name="Start the run, about").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Run of shop")
    run = await app.wait(page.url.rpartition("/")[2])
    assert run["progress"]["items"]["accepted"] == 2
    names = [row["name"] for row in (await app.call("GET", "/api/catalogs/shop/items")).body["items"]]
    assert sorted(names) == ["Enamel mug", "Oak tray"]


async def test_extending_a_catalog_takes_over_the_settings_of_its_last_run(app: RunningApp, person: Visitor) -> None:
    theme = {"subject": "Garden tools", "openings": ["Photo of a garden tool"]}
    variants = [{"width": 32, "format": "webp", "quality": 70}, {"width": 16, "format": "png", "quality": 80}]
    await app.run(targetCount=4, theme=theme, maxCostUsd=5, imageVariants=variants)
    page = await person.open("#/")
    await page.get_by_role("listitem").filter(has_text="toys").get_by_role("link", name="Extend").click()
    await expect(page.get_by_label("What the items are")).to_have_value("Garden tools")
    await expect(page.get_by_label("Items in the catalog")).to_have_value("5")
    await expect(page.get_by_label("Budget in US dollars")).to_have_value("")
    await page.get_by_role("button", name="Start the run, about").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Completed")
    run_id = page.url.rpartition("/")[2]
    request = (await app.call("GET", f"/api/runs/{run_id}/request")).body
    assert (request["theme"]["subject"], request["theme"]["openings"]) == (theme["subject"], theme["openings"])
    assert request["imageVariants"] == variants
    assert (await app.call("GET", "/api/catalogs/toys")).body["counts"]["images"] == 5


async def choose_reference_images(page: Page, **fields: str) -> Locator:
    """Fill in the form of a new run up to the reference images, and return the place for them."""
    await page.get_by_label("Catalog name").fill("toys")
    for label, value in fields.items():
        await page.get_by_label(label.replace("_", " ")).fill(value)
    await page.get_by_text("Style", exact=True).click()
    await page.get_by_role("radio", name="Reference images").check()
    return page.locator(".drop-zone")


def list_references(page: Page) -> Locator:
    return page.get_by_role("list", name="Chosen reference images").get_by_role("listitem")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_reference_images_are_chosen_seen_removed_and_sent(
    app: RunningApp, open_person: OpenVisitor, theme: Theme, size: tuple[int, int]
) -> None:
    person = await open_person(app, theme=theme, size=size)
    page = await person.open("#/new")
    zone = await choose_reference_images(page, Items_in_the_catalog="3")
    await zone.get_by_label("Reference images", exact=True).set_input_files([LOOK, NOTES, DAMAGED, LOOK])
    await expect(page.get_by_text("notes.txt is not a PNG, JPEG or WebP image.")).to_be_visible()
    await expect(page.get_by_text("damaged.png cannot be read as an image.")).to_be_visible()
    await expect(page.get_by_text("our look.png is chosen already.")).to_be_visible()
    await zone.evaluate(DROP, [SAME_NAME["name"], b64encode(SAME_NAME["buffer"]).decode()])
    images = list_references(page)
    await expect(images.get_by_role("button", name=STORED)).to_have_count(2)
    await expect(images.get_by_role("presentation")).to_have_count(2)
    assert await find_violations(page) == []
    assert await page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth") == 0

    await page.reload()
    await page.get_by_text("Style", exact=True).click()
    await expect(images.get_by_role("presentation")).to_have_count(2)
    await images.first.get_by_role("button").click()
    await expect(images).to_have_count(1)
    await expect(
        page.get_by_label("Reference images", exact=True).and_(page.locator("input[type=file]"))
    ).to_be_focused()
    await page.get_by_role("button", name="Start the run, about").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Run of toys")
    run_id = page.url.rpartition("/")[2]
    sent = (await app.call("GET", f"/api/runs/{run_id}/request")).body["styleReference"]["images"]
    assert [(app.folder / path).read_bytes() for path in sent] == [SAME_NAME["buffer"]]
    await app.wait(run_id)


async def test_an_upload_that_fails_is_named_and_tried_again(person: Visitor) -> None:
    page = await person.open("#/new")
    zone = await choose_reference_images(page)
    await page.route("**/api/inputs/*", lambda route: route.abort(), times=1)
    await zone.get_by_label("Reference images", exact=True).set_input_files([LOOK])
    await expect(page.get_by_text("our look.png is not uploaded.")).to_be_visible()
    await page.get_by_role("button", name="Start the run").click()
    await expect(page.get_by_role("alert").filter(has_text="Correct this field first")).to_be_focused()
    assert await find_violations(page) == []
    assert [one.url for one in person.list_requests("/api/runs", "POST") if "estimate" not in one.url] == []
    await zone.get_by_role("button", name="Try again").click()
    await expect(list_references(page).get_by_role("button", name=STORED)).to_have_count(1)
    await expect(page.get_by_role("button", name="Start the run, about")).to_be_visible()
    await expect(page.get_by_text("our look.png is not uploaded.")).to_have_count(0)


async def test_what_the_app_says_about_a_reference_image_is_shown_there(app: RunningApp, person: Visitor) -> None:
    page = await person.open("#/new")
    zone = await choose_reference_images(page)
    await page.get_by_text("Use an image that is stored already").click()
    await page.get_by_label("Path of an input").fill("missing.png")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("inputs/missing.png does not exist").first).to_be_visible()
    await expect(zone.locator("input[type=file]")).to_have_attribute("aria-invalid", "true")
    assert await find_violations(page) == []
    await zone.get_by_role("button", name="Remove inputs/missing.png").click()
    await expect(page.get_by_text("does not exist")).to_have_count(0)
    await page.get_by_label("Path of an input").fill("inputs/look.png")
    await app.call("PUT", "/api/inputs/look.png", LOOK["buffer"])
    await page.get_by_role("button", name="Add").click()
    await expect(page.get_by_role("button", name="Start the run, about")).to_be_visible()


async def test_first_images_to_approve_are_asked_for_by_their_number(app: RunningApp, person: Visitor) -> None:
    page = await person.open("#/new")
    await choose_reference_images(page, Items_in_the_catalog="5")
    await page.get_by_role("radio", name="First images").check()
    number = page.get_by_label("Number of first images")
    await expect(number).to_have_value("4")
    await number.fill("")
    await page.get_by_role("button", name="Start the run").click()
    await expect(number).to_have_attribute("aria-invalid", "true")
    await number.fill("2")
    await page.get_by_role("button", name="Start the run, about").click()
    await expect(page.get_by_text("The run waits for your approval of its first 2 images.")).to_be_visible()
    assert app.simulator.stats()["billedImageCount"] == 2
