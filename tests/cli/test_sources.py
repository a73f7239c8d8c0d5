"""``--source`` and ``seeder inspect``: problems of a file are reported before anything starts."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.catalog.theme import DEFAULT_TAIL
from tests.cli.command_line import CommandLine, RunningCommand
from tests.cli.deployed_app import RUN_ID, DeployedApp, describe_run
from tests.support.input_rows import dump_rows, make_products

WriteFaults = Callable[..., Path]
SHOP = "sku,title,color,price\r\nPROD-1,Enamel mug,blue,9.90\r\nPROD-2,Oak tray,,24.00\r\n"


@pytest.mark.processes
def test_a_file_becomes_a_catalog_and_the_same_command_bills_nothing(
    seeder: CommandLine, write_faults: WriteFaults, tmp_path: Path
) -> None:
    Path("shop.csv").write_text(SHOP, encoding="utf-8-sig", newline="")
    faults = write_faults()
    command = ("run", "--offline", "--faults", faults, "--catalog=shop", "--source=products", "--input=shop.csv")
    ended = seeder(*command, "--image-size=64x64", "--json")
    assert (ended.status, ended.document["items"]) == (0, 2)
    assert ended.document["billedCalls"] == {"text": 0, "image": 2}
    assert json.loads((tmp_path / "data_seed/catalogs/shop/catalog.json").read_text(encoding="utf-8")) == [
        {
            "sku": f"PROD-{number}",
            "title": title,
            "color": colour,
            "price": price,
            "imageFile": f"PROD-{number}.png",
            "imageUrl": f"images/PROD-{number}.png",
        }
        for number, title, colour, price in ((1, "Enamel mug", "blue", "9.90"), (2, "Oak tray", "", "24.00"))
    ]
    assert seeder(*command, "--image-size=64x64", "--json").document["billedCalls"] == {"text": 0, "image": 0}


@pytest.mark.processes
def test_the_summary_shows_the_images_of_rows_and_the_file_of_skipped_rows(
    seeder: CommandLine, write_faults: WriteFaults
) -> None:
    Path("shop.csv").write_text(SHOP.replace(",", ";") + "PROD-2;Bowl;;\n", encoding="utf-8")
    command = ("run", "--offline", "--faults", write_faults(), "--source=products", "--input=shop.csv")
    ended = seeder(*command, "--catalog=shop", "--image-size=64x64", "--skip-invalid")
    rows = {line[:14].strip(): line[14:] for line in ended.out.splitlines()}
    assert (ended.status, rows["items"]) == (0, "2 of 2 (1 rejected)")
    assert rows["importer"] == "data_seed/catalogs/shop/importer-catalog.json"
    assert rows["upload list"] == "data_seed/catalogs/shop/upload-manifest.json"
    assert json.loads(Path(rows["rejected"]).read_text(encoding="utf-8"))[0]["row"] == 3


def test_inspect_shows_columns_prompts_and_rows_that_cannot_be_used(seeder: CommandLine) -> None:
    Path("shop.csv").write_text(SHOP + ",Bowl,,\n", encoding="utf-8")
    ended = seeder("inspect", "shop.csv", "--map", "name=title")
    assert ended.status == 3
    assert ended.out.splitlines() == [
        "file          shop.csv, CSV",
        "rows          2 to generate an image for, 1 that cannot be used",
        "fields        id = sku (by its name)",
        "              name = title (as given)",
        "              colour = color (by its name)",
        "not used      price",
        f"images        PROD-1.png: Product photo of Enamel mug, blue, {DEFAULT_TAIL}",
        f"              PROD-2.png: Product photo of Oak tray, {DEFAULT_TAIL}",
        "problems      row 3, id (column 'sku'): is missing or blank; expected an id",
    ]
    document = seeder("inspect", "shop.csv", "--json").document
    assert document["mapping"] == {"id": "sku", "name": "title", "colour": "color"}
    assert document["problems"][0]["row"] == 3
    assert not Path("data_seed").exists()


@pytest.mark.processes
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--input", "shop.csv"), "--input and --source products or prompts need each other; expected both or"),
        (("--source", "prompts"), "--input and --source products or prompts need each other; expected both or"),
        (("--source", "products", "--input", "no.csv"), "--input: no.csv cannot be read: No such file or directory"),
        (("--source", "products", "--input", "empty.json"), "--input: empty.json is empty; expected rows"),
        (("--source", "products", "--input", "shop.csv", "--map", "x"), "--map: 'x'; expected FIELD=COLUMN"),
        (
            ("--source", "products", "--input", "shop.csv", "--map", "name=titel"),
            "--input: shop.csv has no column 'titel' for name; it has 'sku', 'title', 'color', 'price'",
        ),
        (("--source", "products", "--input", "bad.csv"), "--input: bad.csv: row 1: has 3 values; expected 4"),
    ],
)
def test_what_cannot_be_meant_is_reported_before_anything_starts(
    seeder: CommandLine, arguments: tuple[str, ...], message: str
) -> None:
    Path("shop.csv").write_text(SHOP, encoding="utf-8")
    Path("bad.csv").write_text("sku,title,color,price\n1,2,3\n2,Mug,,\n", encoding="utf-8")
    Path("empty.json").touch()
    ended = seeder("run", "--offline", *arguments)
    assert ended.status == 2
    assert ended.error_lines[0].startswith(f"error: {message}")
    assert not Path("data_seed/catalogs").exists()


def test_an_estimate_counts_the_rows_and_copies_nothing(seeder: CommandLine, tmp_path: Path) -> None:
    Path("shop.json").write_bytes(dump_rows(make_products(5)))
    ended = seeder("run", "--offline", "--estimate", "--source", "products", "--input", "shop.json", "--json")
    assert (ended.document["textCalls"], ended.document["imageCalls"]) == (0, 5)
    reported = seeder("run", "--estimate", "--source", "products", "--input", "shop.json").out
    assert "items         5 of the input\n" in reported
    assert not (tmp_path / "data_seed/inputs").exists()


def test_a_deployed_app_gets_the_file_before_the_run(seeder: CommandLine, deployed_app: DeployedApp) -> None:
    data = dump_rows(make_products(2))
    Path("my shop.json").write_bytes(data)
    path = f"inputs/{hashlib.sha256(data).hexdigest()[:12]}-my-shop.json"
    deployed_app.answer(f"PUT /api/{path}", (201, {"path": path, "bytes": len(data)}))
    deployed_app.answer(f"GET /api/runs/{RUN_ID}", (200, describe_run("Completed")))
    seeder("run", "--url", deployed_app.url, "--source", "products", "--input", "my shop.json")
    put, start = [asked for asked in deployed_app.asked if asked.method in {"PUT", "POST"}]
    assert (put.path, put.body) == (f"/api/{path}", make_products(2))
    assert start.body["input"] == path


@pytest.mark.processes
def test_the_text_model_writes_the_prompts_if_it_is_asked_to(
    seeder: CommandLine, write_faults: WriteFaults, tmp_path: Path
) -> None:
    Path("shop.csv").write_text(SHOP, encoding="utf-8")
    command = ("--catalog=shop", "--source=products", "--input=shop.csv", "--prompt-writer=model")
    estimate = seeder("run", "--estimate", *command, "--json").document
    assert (estimate["textCalls"], estimate["imageCalls"]) == (1, 2)
    offline = ("run", "--offline", "--faults", write_faults(), *command, "--image-size=64x64", "--json")
    assert seeder(*offline, "--dry-run").document["billedCalls"] == {"text": 1, "image": 0}
    assert seeder(*offline).document["billedCalls"] == {"text": 0, "image": 2}
    rows = json.loads((tmp_path / "data_seed/catalogs/shop/importer-catalog.json").read_text(encoding="utf-8"))
    assert [row["imagePrompt"].split(",")[0] for row in rows] == [
        "Product photo of Enamel mug",
        "Product photo of Oak tray",
    ]
    assert all("backdrop" in row["imagePrompt"] for row in rows)


@pytest.mark.processes
def test_items_that_are_generated_have_no_other_writer(seeder: CommandLine, write_faults: WriteFaults) -> None:
    ended = seeder("run", "--offline", "--faults", write_faults(), "--prompt-writer=model")
    assert ended.status != 0
    assert "promptWriter is 'model', and source is 'generate'" in ended.err


@pytest.mark.processes
def test_rows_need_an_image_service_and_no_text_service(
    seeder: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    Path("shop.csv").write_text(SHOP, encoding="utf-8")
    monkeypatch.setenv("IMAGE_PROVIDER", "compatible")
    monkeypatch.setenv("IMAGE_MODEL", "painter")
    command = ("run", "--catalog=shop", "--source=products", "--input=shop.csv", "--image-size=64x64", "--json")
    with RunningCommand(tmp_path, ["simulate"]) as simulating:
        url = json.loads(simulating.read_line())["url"]
        monkeypatch.setenv("OPENAI_COMPATIBLE_BASE_URL", f"{url}/compatible/v1")
        ended = seeder(*command)
        assert (ended.status, ended.document["images"]["made"]) == (0, 2)
        assert seeder("repair", "--catalog=shop", "--json").status == 0
    for flags in (("--prompt-writer=model",), ("--policy-rewrites=1",), ("--refine-iterations=2",)):
        refused = seeder(*command, *flags, "--force-images")
        assert refused.status == 1
        assert "AZURE_OPENAI_ENDPOINT is missing" in refused.document["error"]["message"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", 'id,name,more\n1,"two\nlines",x\u2028y\n'.encode()),
        ("a.csv", b'id,name\n1,"a\r\x0b\x0c\xc2\x85b\n'),
        ("a.csv", b"id,name\n1," + b"x" * 200_000),
        ("a.json", b'[{"id": 1, "name": ' + b"[" * 700 + b"]" * 700 + b"}]"),
        ("a.json", b'[{"id": "a", "name": "\\ud800x", "\\udfff": 1}]'),
        ("a.json", b'{"products": [{"id": 1, "name": "x"}, '),
        ("a.txt", bytes(range(256))),
        ("a", b"\xff\xfea"),
    ],
)
@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_no_input_ends_a_command_with_an_unforeseen_error(
    seeder: CommandLine, name: str, data: bytes, flags: tuple[str, ...]
) -> None:
    Path(name).write_bytes(data)
    ended = seeder("inspect", name, *flags)
    assert ended.status in {0, 2, 3}
    assert "internal_error" not in ended.out
    assert not any("unexpected error" in line for line in ended.error_lines)
