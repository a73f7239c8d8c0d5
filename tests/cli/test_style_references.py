"""``--style-reference``: files of this machine are copied or uploaded, and nothing starts if one cannot be used."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command_line import SMALL, CommandLine
from tests.cli.deployed_app import DeployedApp
from tests.support.sample_images import draw

WriteFaults = Callable[..., Path]


@pytest.mark.processes
def test_files_are_copied_to_the_inputs_and_the_same_command_bills_nothing(
    seeder: CommandLine, write_faults: WriteFaults, tmp_path: Path
) -> None:
    Path("my look.png").write_bytes(draw((20, 90, 230)))
    command = ("run", "--offline", "--faults", write_faults(), *SMALL, "--target-count=4", "--json")
    ended = seeder(*command, "--style-reference", "my look.png")
    assert (ended.status, ended.document["billedCalls"]["image"]) == (0, 4)
    assert ended.document["outputs"]["contactSheetByLikeness"].endswith("contact-sheet-by-likeness.jpg")
    (copied,) = (tmp_path / "data_seed/inputs").iterdir()
    assert copied.name.endswith("-my-look.png")
    again = seeder(*command, "--style-reference", "my look.png")
    assert again.document["billedCalls"] == {"text": 0, "image": 0}

    Path("my look.png").write_bytes(draw((230, 90, 20)))
    changed = seeder(*command, "--style-reference", "my look.png")
    assert changed.document["billedCalls"] == {"text": 0, "image": 0}
    by_path = seeder(*command, "--style-reference", f"inputs/{copied.name}")
    assert by_path.document["billedCalls"] == {"text": 0, "image": 0}
    request = json.loads((tmp_path / "data_seed/catalogs/lego/state/request.json").read_text(encoding="utf-8"))
    assert request["styleReference"] == {"images": [f"inputs/{copied.name}"]}


def test_an_estimate_counts_references_and_leaves_nothing(seeder: CommandLine, tmp_path: Path) -> None:
    Path("look.png").write_bytes(draw((20, 90, 230), size=(1024, 1024)))
    command = ("run", "--estimate", "--target-count", "10", "--json", "--offline")
    without = seeder(*command).document
    estimated = seeder(*command, "--style-reference", "look.png").document
    assert estimated["inputTokens"] - without["inputTokens"] == 10 * 1024
    assert estimated["costUsd"] == pytest.approx(without["costUsd"] + 10 * 1024 * 8 / 1e6, abs=2e-4)
    assert [path.name for path in tmp_path.iterdir()] == ["look.png"]


def test_with_a_url_files_are_uploaded_before_the_run_starts(seeder: CommandLine, deployed_app: DeployedApp) -> None:
    Path("look.png").write_text('"the app decides whether it is an image"', encoding="utf-8")
    path = f"inputs/{hashlib.sha256(Path('look.png').read_bytes()).hexdigest()[:12]}-look.png"
    deployed_app.answer(f"PUT /api/{path}", (201, {"path": path}))
    assert seeder("run", "--url", deployed_app.url, "--style-reference", "look.png").status == 0
    assert deployed_app.started_body()["styleReference"] == {"images": [path]}
    assert [asked.method for asked in deployed_app.asked if asked.method != "GET"] == ["PUT", "POST"]


def test_a_file_that_does_not_exist_is_named(seeder: CommandLine, tmp_path: Path) -> None:
    ended = seeder("run", "--estimate", "--style-reference", "none.png")
    assert ended.status == 2
    assert "--style-reference: none.png" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_an_image_is_named(seeder: CommandLine) -> None:
    Path("look.png").write_bytes(b"not an image")
    ended = seeder("run", "--estimate", "--style-reference", "look.png")
    assert ended.status != 0
    assert "look.png" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("name", ["look.", "รูป 1.png", "😀.png", ".hidden"])
def test_files_of_any_name_are_taken(name: str, seeder: CommandLine) -> None:
    Path(name).write_bytes(draw((20, 90, 230)))
    assert seeder("run", "--estimate", "--offline", "--style-reference", name).status == 0
