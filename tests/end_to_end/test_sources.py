"""Images for existing products: the same rows come out, each with an image or a failure reason."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from model_simulator.in_process import running_simulator
from tests.end_to_end.test_kill import wait_for
from tests.support.importer_rules import Importer, import_rows
from tests.support.input_rows import dump_rows, make_products
from tests.support.running_app import FAST, SMALL, Answer, RunningApp, run_app
from tests.support.seeder_process import start_seeder

FAULTY = {"rates": {"rate_limited": 0.3, "content_policy": 0.2, "timeout": 0.1}, "timeoutSeconds": 0.05}
ADDED = ("imageFile", "imageUrl")


async def put(app: RunningApp, rows: object, name: str = "rows.json") -> Answer:
    data = rows if isinstance(rows, bytes) else dump_rows(rows)
    return await app.call("PUT", f"/api/inputs/{name}", data)


async def run_rows(app: RunningApp, rows: object, *, name: str = "rows.json", **request: object) -> dict[str, Any]:
    assert (await put(app, rows, name)).status == 201
    return await app.run(**{"source": "products", "input": f"inputs/{name}", "maxRetries": 8, **request})


def take_off(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in ADDED} for row in rows]


@pytest.mark.slow
async def test_every_product_has_an_image_or_a_true_reason_and_repair_finishes_it(tmp_path: Path) -> None:
    rows = make_products(40)
    async with run_app(tmp_path, faults=FAULTY) as app:
        status = await run_rows(app, b"\xef\xbb\xbf" + dump_rows(rows), imageBaseUrl="https://cdn.example.com/p")
        published = app.read("catalogs/toys/catalog.json")
        failed = {row["productId"] for row in app.read(f"runs/{status['runId']}/failed_images.json")}
        assert (status["status"], status["cost"]["textCalls"]) == ("CompletedWithFailures", 0)
        assert take_off(published) == rows
        assert [list(row) for row in published] == [[*row, *ADDED] for row in rows]
        for row in published:
            if row["id"] in failed:
                assert (row["imageFile"], row["imageUrl"]) == (None, None)
            else:
                assert row["imageFile"] in {row["image"], f"{row['id']}.png"}
                assert row["imageUrl"] == f"https://cdn.example.com/p/{row['imageFile']}"
                assert (tmp_path / "catalogs/toys/images" / row["imageFile"]).is_file()
        assert 0 < len(failed) < 40

        app.simulator.set_faults({"latencySeconds": FAST})
        (tmp_path / "inputs/rows.json").unlink()
        repair = await app.call("POST", "/api/catalogs/toys/repair")
        repaired = await app.wait(repair.body["runId"])
        assert (repaired["status"], repaired["imagesMade"]) == ("Completed", len(failed))
        assert take_off(app.read("catalogs/toys/catalog.json")) == rows
        assert [row["productId"] for row in app.read("catalogs/toys/manifest.json")] == [row["id"] for row in rows]
        uploads = app.read("catalogs/toys/upload-manifest.json")
        assert len(import_rows(app.read("catalogs/toys/importer-catalog.json"))) == 40
    assert list(uploads[0]) == ["productId", "path", "bytes", "contentType", "sha256"]
    assert [upload["contentType"] for upload in uploads[:2]] == ["image/jpeg", "image/png"]
    for upload in uploads:
        assert (tmp_path / upload["path"]).stat().st_size == upload["bytes"]


@pytest.mark.slow
async def test_a_catalog_of_the_same_shape_comes_out_unchanged(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=6, categoryCount=2, catalog="first")
        rows = app.read("catalogs/first/catalog.json")
        status = await run_rows(app, rows)
        assert (status["status"], status["cost"]["textCalls"], status["cost"]["imageCalls"]) == ("Completed", 0, 6)
        assert app.read("catalogs/toys/importer-catalog.json") == rows
        assert [row["imageFile"] for row in app.read("catalogs/toys/catalog.json")] == [row["filename"] for row in rows]
        prompts = app.simulator.stats()["billedImagesByPrompt"]
        assert all(prompts[row["imagePrompt"]] == 2 for row in rows)


async def test_numbers_keep_their_spelling(tmp_path: Path) -> None:
    text = b'[{"sku": 10.0, "title": "Mug", "price": 9.90, "big": 12345678901234567890, "e": 1E+2}]'
    async with run_app(tmp_path) as app:
        assert (await run_rows(app, text))["status"] == "Completed"
    written = (tmp_path / "catalogs/toys/catalog.json").read_text(encoding="utf-8")
    for spelt in (
        '"sku": 10.0,',
        '"price": 9.90,',
        '"big": 12345678901234567890,',
        '"e": 1E+2,',
        '"imageFile": "10.0.png"',
    ):
        assert spelt in written


async def test_prompts_get_images_named_by_their_rows(tmp_path: Path) -> None:
    rows: list[Any] = ["A red bridge", {"title": "Bay", "mood": "calm"}, {"id": "x", "scene": "a harbour"}]
    async with run_app(tmp_path) as app:
        status = await run_rows(app, rows, source="prompts")
        published = app.read("catalogs/toys/catalog.json")
    assert status["status"] == "Completed"
    assert take_off(published) == [{"prompt": rows[0]}, *rows[1:]]
    assert [row["imageFile"] for row in published] == ["prompt-0001.png", "prompt-0002.png", "x.png"]


async def test_a_later_run_bills_only_new_rows(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await run_rows(app, make_products(6))
        status = await run_rows(app, [row | {"price": 1} for row in make_products(8)])
        published = app.read("catalogs/toys/catalog.json")
    assert (status["status"], status["imagesMade"], status["imagesKept"]) == ("Completed", 2, 6)
    assert [row["price"] for row in published] == [1] * 8


async def test_prune_gives_up_on_rows_without_an_image(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"rates": {"content_policy": 0.4}}) as app:
        status = await run_rows(app, make_products(12))
        failed = {row["productId"] for row in app.read(f"runs/{status['runId']}/failed_images.json")}
        pruned = await app.call("POST", "/api/catalogs/toys/prune")
        published = app.read("catalogs/toys/catalog.json")
    assert {row["productId"] for row in pruned.body["pruned"]} == failed
    assert {row["id"] for row in published} == {row["id"] for row in make_products(12)} - failed


async def test_a_dry_run_shows_the_rows_without_images(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        status = await run_rows(app, make_products(3), dryRun=True)
        published = app.read("catalogs/toys/catalog.json")
        assert app.simulator.stats()["billedImageCount"] == 0
    assert (status["status"], [row["imageFile"] for row in published]) == ("Completed", [None] * 3)


async def test_skipped_rows_are_reported_and_the_others_continue(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        status = await run_rows(app, b"id,name\n1,Mug\n2\n1,Tray\n3,Bowl\n", name="a.csv", skipInvalid=True)
        rejected = app.read(f"runs/{status['runId']}/rejected_items.json")
    assert (status["status"], status["progress"]["items"]["accepted"]) == ("Completed", 2)
    assert [(row["row"], row["reasons"]) for row in rejected] == [(2, ["bad_row"]), (3, ["duplicate_id"])]


@pytest.mark.processes
@pytest.mark.parametrize("moment", [{"images": 1}, {"images": 11}])
async def test_a_killed_run_of_rows_is_completed_by_the_same_command_and_bills_nothing_twice(
    tmp_path: Path, moment: dict[str, int]
) -> None:
    (tmp_path / "shop.json").write_bytes(dump_rows(make_products(16)))
    command = ("run", "--source=products", "--input=shop.json", "--catalog=shop", "--image-size=64x64", "--json")
    async with running_simulator(faults={"latencySeconds": {"text": 0.05, "image": 0.1}}) as simulator:
        async with start_seeder(*command, "--output-dir=out", cwd=tmp_path, endpoint=simulator.url) as first:
            await wait_for(simulator, **moment)
            await first.kill()
        async with start_seeder(*command, "--output-dir=out", cwd=tmp_path, endpoint=simulator.url) as second:
            status, reported, _ = await second.finish()
        by_prompt = simulator.stats()["billedImagesByPrompt"]
    assert (status, reported["status"], reported["items"]) == (0, "Completed", 16)
    assert len(by_prompt) == 16
    assert sum(by_prompt.values()) <= 16 + 4
    published = json.loads((tmp_path / "out/catalogs/shop/catalog.json").read_text(encoding="utf-8"))
    assert take_off(published) == make_products(16)


# --- bad input -------------------------------------------------------------------------------------------------------


async def ask(app: RunningApp, **request: object) -> Answer:
    body = {"catalog": "toys", "source": "products", "input": "inputs/rows.json"} | SMALL | request
    return await app.call("POST", "/api/runs", body)


@pytest.mark.parametrize(
    ("rows", "request_", "message"),
    [
        (None, {}, "inputs/rows.json does not exist; send it with PUT /api/inputs/rows.json"),
        (None, {"input": None}, "is required for source 'products'; expected inputs/NAME"),
        (b"[]", {}, "inputs/rows.json has no rows; expected one at least"),
        (b'[{"a": 1}]', {}, "inputs/rows.json has no column that looks like id; it has 'a'; expected --map id=COL"),
        (b'[{"id": 1, "name": "x"}]', {"fieldMapping": {"name": "t"}}, "inputs/rows.json has no column 't' for name;"),
        (b'[{"id": 1}]', {"skipInvalid": True}, "inputs/rows.json has no row that can be used: row 1: has no"),
    ],
)
async def test_an_input_that_cannot_be_used_starts_nothing(
    tmp_path: Path, rows: bytes | None, request_: dict[str, Any], message: str
) -> None:
    async with run_app(tmp_path) as app:
        if rows is not None:
            await put(app, rows)
        refused = await ask(app, **request_)
        assert app.simulator.stats()["requests"] == {"images": {}, "responses": {}}
    assert refused.status == 422
    assert refused.body["errors"][0]["field"] == "input"
    assert refused.body["errors"][0]["message"].startswith(message)
    assert not (tmp_path / "catalogs").exists()


async def test_bad_rows_are_reported_ten_at_most_and_start_nothing(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await put(app, [{"id": 1, "name": "Mug"}, *[{"id": number} for number in range(2, 20)]])
        refused = await ask(app)
    assert (refused.status, refused.body["type"]) == (422, "urn:catalog-seeder:problem:invalid-input")
    assert len(refused.body["errors"]) == 1 + 10
    assert refused.body["errors"][0]["message"].startswith("18 of the 19 rows of inputs/rows.json cannot be used;")
    assert refused.body["errors"][1]["message"].startswith("row 2: has no text for a prompt;")


async def test_a_catalog_keeps_its_source(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=3, categoryCount=2)
        await put(app, make_products(2))
        refused = await ask(app)
        elsewhere = await ask(app, catalog="shop")
        await app.wait(elsewhere.body["runId"])
        back = await app.call("POST", "/api/runs", {"catalog": "shop"})
    assert (refused.status, refused.body["type"]) == (409, "urn:catalog-seeder:problem:other-source")
    assert (elsewhere.status, back.status) == (202, 409)


async def test_the_same_key_is_the_same_run_although_the_input_is_gone(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await put(app, make_products(3))
        body = {"catalog": "toys", "source": "products", "input": "inputs/rows.json"} | SMALL
        first = await app.call("POST", "/api/runs", body, **{"Idempotency-Key": "k"})
        await app.wait(first.body["runId"])
        (tmp_path / "inputs/rows.json").unlink()
        again = await app.call("POST", "/api/runs", body, **{"Idempotency-Key": "k"})
    assert (again.status, again.body["runId"]) == (202, first.body["runId"])


async def test_an_estimate_counts_rows_and_no_text_calls(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await put(app, make_products(7))
        body = {"catalog": "toys", "source": "products", "input": "inputs/rows.json"}
        estimate = await app.call("POST", "/api/runs?estimate=true", body)
    assert (estimate.status, estimate.body["textCalls"], estimate.body["imageCalls"]) == (200, 0, 7)


@pytest.mark.parametrize(("name", "status"), [("rows.json", 201), ("..%2Fa", 422), (".a", 422), ("a" * 121, 422)])
async def test_an_input_is_stored_under_a_plain_name(tmp_path: Path, name: str, status: int) -> None:
    async with run_app(tmp_path) as app:
        answer = await app.call("PUT", f"/api/inputs/{name}", b"[1]")
        empty = await app.call("PUT", "/api/inputs/empty.json", b" ")
    assert (answer.status, empty.status) == (status, 422)


async def test_an_input_of_more_than_fifty_mebibytes_is_rejected(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        body = io.BytesIO(b"[" * (50 * 1024 * 1024 + 1))
        async with app.session.put(f"{app.host.url}/api/inputs/large.json", data=body) as answer:
            problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["type"]) == (413, "urn:catalog-seeder:problem:input-too-large")


async def test_ids_that_differ_in_case_only_are_imported_once_each_and_reported(tmp_path: Path) -> None:
    importer = Importer()
    text = b"sku,title,category\nPROD-1,Red Boot,Shoes\nprod-1,Blue Boot,Shoes\n"
    async with run_app(tmp_path) as app:
        status = await run_rows(app, text, name="rows.csv")
        rows = app.read("catalogs/toys/importer-catalog.json")
        manifest = app.read("catalogs/toys/manifest.json")
        assert [len(importer.run(rows)), len(importer.run(rows))] == [2, 0]
        again = await run_rows(app, text.replace(b"PROD-1,Red", b"Prod-1,New Boot,Shoes\nPROD-1,Red"), name="rows.csv")
        assert len(importer.run(app.read("catalogs/toys/importer-catalog.json"))) == 1
    assert [row["productId"] for row in manifest] == ["PROD-1", "prod-1"]
    assert [row.get("importerId") for row in manifest] == [None, rows[1]["productId"]]
    assert rows[0]["productId"] == "PROD-1"
    for run in (status, again):
        assert any("'prod-1'" in note and rows[1]["productId"] in note for note in run["notes"])


async def test_a_category_whose_first_image_was_refused_is_imported_with_the_others_after_a_repair(
    tmp_path: Path,
) -> None:
    importer = Importer()
    text = b"sku,title,category\n1,Red Boot,Men's Shoes\n2,Blue Boot,Mens Shoes\n3,Mug,Kitchen\n"
    async with run_app(tmp_path, faults={"blockedPrompts": ["Red Boot"]}) as app:
        assert (await run_rows(app, text, name="rows.csv"))["status"] == "CompletedWithFailures"
        assert len(importer.run(app.read("catalogs/toys/importer-catalog.json"))) == 2
        app.simulator.set_faults({"latencySeconds": FAST})
        repair = await app.call("POST", "/api/catalogs/toys/repair")
        assert (await app.wait(repair.body["runId"]))["status"] == "Completed"
        rows = app.read("catalogs/toys/importer-catalog.json")
        categories = app.read("catalogs/toys/categories.json")
    assert [len(importer.run(rows)), len(importer.run(rows))] == [1, 0]
    assert [(category["name"], category["slug"]) for category in categories] == [
        ("Men's Shoes", "mens-shoes"),
        ("Kitchen", "kitchen"),
    ]
    assert {row["category"] for row in rows} == {"Men's Shoes", "Kitchen"} == set(importer.categories)
