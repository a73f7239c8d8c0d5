"""One item: its image, texts and rounds, and an earlier image that becomes the current one again."""

import re

from playwright.async_api import expect

from tests.end_to_end.test_style_references import STYLE, draw_reference, upload
from tests.support.browser_visitor import Visitor
from tests.support.review_catalogs import decide, find_row, list_rows, make_catalog, regenerate
from tests.support.running_app import FAST, RunningApp


async def test_an_item_shows_scores_findings_and_costs(app: RunningApp, person: Visitor) -> None:
    await make_catalog(app, 2, refine={"iterations": 2, "acceptScore": 100})
    row = (await list_rows(app))[0]
    detail = (await app.call("GET", f"/api/catalogs/toys/items/{row['itemId']}")).body
    current = next(round_ for round_ in detail["rounds"] if round_["isCurrent"])
    page = await person.open(f"#/catalogs/toys/items/{row['itemId']}")
    await expect(page.get_by_role("heading", level=1, name=row["name"])).to_be_visible()
    facts = page.get_by_role("main")
    await expect(facts.get_by_text(f"{current['score']}").first).to_be_visible()
    await expect(facts.get_by_text(row["description"])).to_be_visible()
    for finding in [text for kind in ("missing", "wrong", "unwanted") for text in current["findings"][kind]]:
        await expect(facts.get_by_text(finding).first).to_be_visible()
    assert len(detail["rounds"]) == 2
    for round_ in detail["rounds"]:
        button = page.get_by_role("button", name=re.compile(rf"score {round_['score']}"))
        await expect(button.first).to_be_visible()


async def test_an_item_shows_the_likeness_to_style_references_and_what_was_unlike(
    app: RunningApp, person: Visitor
) -> None:
    app.simulator.set_faults({"referencesIgnored": 1, "latencySeconds": FAST})
    await upload(app, draw_reference((240, 240, 240)))
    refine = {"iterations": 2, "acceptScore": 100}
    await make_catalog(app, 1, refine=refine, styleReference=STYLE["styleReference"])
    row = (await list_rows(app))[0]
    detail = (await app.call("GET", f"/api/catalogs/toys/items/{row['itemId']}")).body
    current = next(round_ for round_ in detail["rounds"] if round_["isCurrent"])
    page = await person.open(f"#/catalogs/toys/items/{row['itemId']}")
    facts = page.get_by_role("main")
    await expect(facts.get_by_text(f"{current['likeness']} of 100").first).to_be_visible()
    await expect(facts.get_by_text("Unlike the references")).to_be_visible()
    for difference in current["findings"]["unlike"]:
        await expect(facts.get_by_text(difference).first).to_be_visible()
    await page.get_by_role("button", name=re.compile("^Compare")).click()
    label = f"score {current['score']}, likeness {current['likeness']}"
    await expect(page.get_by_role("region", name="Compare two images").get_by_text(label).first).to_be_visible()


async def test_an_earlier_image_becomes_the_current_one_again_and_asks_for_a_decision(
    app: RunningApp, person: Visitor
) -> None:
    names = await make_catalog(app, 2)
    before = await find_row(app, names[0])
    await regenerate(app, [before])
    await decide(app, [await find_row(app, names[0])], "approved")
    page = await person.open(f"#/catalogs/toys/items/{before['itemId']}")
    await page.get_by_role("button", name=re.compile("^Image 1")).click()
    await page.get_by_role("button", name="Make this the current image").click()
    await expect(page.get_by_role("button", name=re.compile(r"^Image 1 \(current\)"))).to_be_visible()
    await expect(page.get_by_role("status").filter(has_text="undecided").first).to_be_visible()
    after = await find_row(app, names[0])
    assert (after["image"]["sha256"], after["decision"]) == (before["image"]["sha256"], None)


async def test_a_note_is_saved_with_the_decision(app: RunningApp, person: Visitor) -> None:
    names = await make_catalog(app, 2)
    row = await find_row(app, names[0])
    page = await person.open(f"#/catalogs/toys/items/{row['itemId']}")
    await page.get_by_role("textbox", name=re.compile("^Note")).fill("Hat is <b>missing</b>, x and a")
    await page.get_by_role("button", name="Reject").click()
    await expect(page.get_by_role("heading", level=1, name=names[1])).to_be_visible()
    await person.go(f"#/catalogs/toys/items/{row['itemId']}")
    await expect(page.get_by_role("textbox", name=re.compile("^Note"))).to_have_value("Hat is <b>missing</b>, x and a")

    async def is_stored() -> bool:
        decision = (await find_row(app, names[0]))["decision"]
        return decision is not None and decision["note"] == "Hat is <b>missing</b>, x and a"

    await expect(page.get_by_role("region", name="Decision").get_by_role("status")).to_have_text("rejected")
    assert await is_stored()
