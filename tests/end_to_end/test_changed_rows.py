"""Images follow their rows: a moved row keeps its image, a changed row gets a new one."""

import hashlib
from pathlib import Path
from typing import Any

from tests.end_to_end.test_sources import run_rows
from tests.support.importer_rules import Importer
from tests.support.input_rows import dump_rows
from tests.support.running_app import RunningApp, run_app

MUGS = [{"sku": "S-1", "title": "Mug", "color": "red"}, {"sku": "S-2", "title": "Tray", "color": "oak"}]
BLUE = [{**MUGS[0], "color": "blue"}, MUGS[1]]


def hash_images(app: RunningApp, key: str) -> dict[str, list[str]]:
    """Return the digests of a catalog's images by a column of their rows."""
    found: dict[str, list[str]] = {}
    for row in app.read("catalogs/toys/catalog.json"):
        if row["imageFile"]:
            data = (app.folder / "catalogs/toys/images" / row["imageFile"]).read_bytes()
            found.setdefault(" ".join(row[key].casefold().split()), []).append(hashlib.sha256(data).hexdigest())
    return found


def read_prompts(app: RunningApp) -> dict[str, str]:
    return {row["productId"]: row["imagePrompt"] for row in app.read("catalogs/toys/importer-catalog.json")}


def count(status: dict[str, Any]) -> tuple[int, int, int]:
    return status["imagesMade"], status["imagesKept"], status["cost"]["imageCalls"]


async def test_rows_without_ids_keep_their_image_when_they_move(tmp_path: Path) -> None:
    first = ["a red car", "a green chair", "a blue boat", "a green chair"]
    second = ["a yellow house", "a GREEN  chair", "a blue boat", "a red car", "a green chair"]
    async with run_app(tmp_path) as app:
        await run_rows(app, first, source="prompts")
        before = hash_images(app, "prompt")
        status = await run_rows(app, second, source="prompts")
        after = hash_images(app, "prompt")
        ids = [row["productId"] for row in app.read("catalogs/toys/importer-catalog.json")]
    assert count(status) == (1, 4, 1)
    assert after == before | {"a yellow house": after["a yellow house"]}
    assert sorted(map(len, before.values())) == [1, 1, 2]
    assert ids == [f"prompt-{number:04d}" for number in range(1, 6)]


async def test_a_row_whose_text_changed_gets_a_new_image_once(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await run_rows(app, MUGS)
        before = hash_images(app, "sku")
        status = await run_rows(app, BLUE)
        after, prompts = hash_images(app, "sku"), read_prompts(app)
        again = await run_rows(app, [{**row, "price": "1"} for row in BLUE])
    assert (count(status), count(again)) == ((1, 1, 1), (0, 2, 0))
    assert (after["s-1"] == before["s-1"], after["s-2"] == before["s-2"]) == (False, True)
    assert "blue" in prompts["S-1"]


async def test_keep_changed_keeps_the_image_and_its_prompt_until_a_run_without_it(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await run_rows(app, MUGS)
        before = hash_images(app, "sku")
        kept = await run_rows(app, BLUE, keepChanged=True)
        kept_images, kept_prompts = hash_images(app, "sku"), read_prompts(app)
        green = await run_rows(app, [{**MUGS[0], "color": "green"}, MUGS[1]], keepChanged=True)
        green_prompts, colors = read_prompts(app), [row["color"] for row in app.read("catalogs/toys/catalog.json")]
        made = await run_rows(app, [{**MUGS[0], "color": "green"}, MUGS[1]])
        made_prompts = read_prompts(app)
    assert (count(kept), count(green), count(made)) == ((0, 2, 0), (0, 2, 0), (1, 1, 1))
    assert kept_images == before
    assert all("red" in prompts["S-1"] for prompts in (kept_prompts, green_prompts))
    assert (colors, "green" in made_prompts["S-1"]) == (["green", "oak"], True)
    assert any("keepChanged" in note for note in kept["notes"])


async def test_a_row_that_matches_its_image_again_keeps_it(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await run_rows(app, MUGS)
        await run_rows(app, BLUE, keepChanged=True)
        back = await run_rows(app, MUGS)
    assert (count(back), back["status"]) == ((0, 2, 0), "Completed")


async def test_a_changed_row_whose_new_image_is_refused_keeps_the_old_one_and_is_reported(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"blockedPrompts": ["blue"]}) as app:
        await run_rows(app, MUGS)
        status = await run_rows(app, BLUE)
        failed = app.read(f"runs/{status['runId']}/failed_images.json")
        prompts = read_prompts(app)
        app.simulator.set_faults({})
        repair = await app.call("POST", "/api/catalogs/toys/repair")
        repaired = await app.wait(repair.body["runId"])
        repaired_prompts = read_prompts(app)
    assert status["status"] == "CompletedWithFailures"
    assert [(row["productId"], row["reason"]) for row in failed] == [("S-1", "content_policy")]
    assert "red" in prompts["S-1"]
    assert (repaired["imagesMade"], "blue" in repaired_prompts["S-1"]) == (1, True)


async def test_a_new_theme_generates_nothing_and_keeps_the_prompts_of_the_images(tmp_path: Path) -> None:
    theme = {"promptTemplate": "Sketch of {name}, {colour}"}
    async with run_app(tmp_path) as app:
        await run_rows(app, MUGS)
        before = read_prompts(app)
        status = await run_rows(app, MUGS, theme=theme)
        kept = read_prompts(app)
        forced = await run_rows(app, MUGS, theme=theme, forceImages=True)
        after = read_prompts(app)
    assert (count(status)[0], kept) == (0, before)
    assert count(forced)[0] == 2
    assert all(prompt.startswith("Sketch of") for prompt in after.values())


async def test_the_published_prompt_is_the_rewritten_one(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"blockedPrompts": ["sword"]}) as app:
        status = await run_rows(app, ["a knight, holding a sword"], source="prompts", policyRewrites=1)
        (prompt,) = read_prompts(app).values()
        sent = [text for text, times in app.simulator.stats()["billedImagesByPrompt"].items() if times]
    assert status["status"] == "Completed"
    assert [prompt] == sent
    assert "sword" not in prompt


async def test_variants_stay_in_the_catalog_behind_their_product(tmp_path: Path) -> None:
    header = "Handle,Title,Option1 Value,Variant SKU,Variant Price\n"
    shirt = "shirt,Shirt,S,S-1,39\nshirt,,M,S-2,39\nshirt,,,,1\nshirt,,,,2\n"
    async with run_app(tmp_path) as app:
        first = await run_rows(app, (header + shirt + "bowl,Bowl,,B-1,9\n").encode(), name="a.csv")
        before = app.read("catalogs/toys/catalog.json")
        changed = shirt.replace("S-2,39", "S-2,35") + "shirt,,L,S-3,39\n"
        second = await run_rows(app, (header + changed + "bowl,Bowl,,B-1,9\n").encode(), name="a.csv")
        after = app.read("catalogs/toys/catalog.json")
    assert (count(first)[0], count(second)[0]) == (2, 0)
    assert first["progress"]["items"]["accepted"] == 2
    assert [(row["Variant SKU"], row.get("variantOf"), row["imageFile"]) for row in before] == [
        ("S-1", None, "shirt.png"),
        ("S-2", "shirt", None),
        ("", "shirt", None),
        ("", "shirt", None),
        ("B-1", None, "bowl.png"),
    ]
    assert [(row["Variant SKU"], row["Variant Price"]) for row in after] == [
        ("S-1", "39"),
        ("S-2", "35"),
        ("", "1"),
        ("", "2"),
        ("S-3", "39"),
        ("B-1", "9"),
    ]


async def test_variants_changes_ids_and_categories_stay_importable_together(tmp_path: Path) -> None:
    importer = Importer()
    header = "Handle,Title,Type,Option1 Value,Variant SKU\n"
    shirt = "prod-1,Red Shirt,Men's Shirts,S,PROD-1\nprod-1,,,M,PROD-1-M\n"
    others = "PROD-1-m,Oak Bowl,Mens Shirts,,B-1\nProd-1,Wool Cap,MENS SHIRTS,S,C-S\nProd-1,,,L,C-L\n"
    text = header + shirt + others
    changed = text.replace("Red Shirt", "Blue Shirt").replace("Men's Shirts", "Men's shirts")
    async with run_app(tmp_path, faults={"blockedPrompts": ["Red Shirt"]}) as app:
        await run_rows(app, text.encode(), name="a.csv")
        first = app.read("catalogs/toys/importer-catalog.json")
        assert len(importer.run(first)) == 2  # neither the refused product nor a variant
        await run_rows(app, changed.encode(), name="a.csv", keepChanged=True)
        await run_rows(app, changed.encode(), name="a.csv", variantImages=True)
        second = app.read("catalogs/toys/importer-catalog.json")
        categories = app.read("catalogs/toys/categories.json")
        ids = {row["productId"] for row in second}
        assert [len(importer.run(second)), len(importer.run(second))] == [3, 0]
    assert {row["productId"] for row in first} <= ids
    assert len(ids) == len(second) == 5
    assert {row["category"] for row in second} == {"Men's Shirts"} == {one["name"] for one in categories}


async def test_variants_get_their_own_image_on_request(tmp_path: Path) -> None:
    rows = b"Handle,Title,Option1 Value,Variant SKU\nshirt,Shirt,S,S-1\nshirt,,M,S-2\n"
    async with run_app(tmp_path) as app:
        first = await run_rows(app, rows, name="a.csv")
        second = await run_rows(app, rows, name="a.csv", variantImages=True)
        published = app.read("catalogs/toys/catalog.json")
        third = await run_rows(app, rows, name="a.csv")
        again = app.read("catalogs/toys/catalog.json")
    assert (count(first)[0], count(second)[0], count(third)[0]) == (1, 1, 0)
    assert [(row["Variant SKU"], row["imageFile"]) for row in published] == [("S-1", "shirt.png"), ("S-2", "S-2.png")]
    assert [row["Variant SKU"] for row in again] == ["S-1", "S-2"]


async def test_an_upload_that_is_not_a_plain_file_is_rejected_with_the_right_command(tmp_path: Path) -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nid,name\r\n--x--\r\n'
    rows = dump_rows(MUGS)
    async with run_app(tmp_path) as app:
        answers = [
            await app.call("PUT", "/api/inputs/a.csv", form, **{"Content-Type": "multipart/form-data; boundary=x"}),
            await app.call("PUT", "/api/inputs/a.csv", form),
            await app.call("PUT", "/api/inputs/a.csv", b"\x1f\x8b\x08\x00", **{"Content-Type": "application/gzip"}),
            await app.call("PUT", "/api/inputs/a.json", rows, **{"Content-Type": "application/x-www-form-urlencoded"}),
        ]
    assert [answer.status for answer in answers] == [415, 415, 415, 201]
    assert answers[0].body["type"] == "urn:catalog-seeder:problem:unsupported-input"
    assert "--data-binary" in answers[0].body["detail"]
    assert not (tmp_path / "inputs/a.csv").exists()
