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
    Path("look.png").write_bytes(draw((20, 90, 230)))
    path = f"inputs/{hashlib.sha256(Path('look.png').read_bytes()).hexdigest()[:12]}-look.png"
    deployed_app.answer(f"PUT /api/{path}", (201, {"path": path}))
    assert seeder("run", "--url", deployed_app.url, "--style-reference", "look.png").status == 0
    assert deployed_app.started_body()["styleReference"] == {"images": [path]}
    assert [asked.method for asked in deployed_app.asked if asked.method != "GET"] == ["PUT", "POST"]


@pytest.mark.parametrize("name", ["none.png", "first-aproved:2", ""])
def test_what_is_neither_a_file_nor_another_reference_is_named(name: str, seeder: CommandLine, tmp_path: Path) -> None:
    ended = seeder("run", "--estimate", "--style-reference", name)
    assert ended.status == 2
    assert f"--style-reference: {name or repr(name)} cannot be read" in ended.err
    assert "first-approved:N" in ended.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("is_remote", [False, True])
def test_a_file_that_is_not_an_image_is_named_and_neither_copied_nor_uploaded(
    is_remote: bool, seeder: CommandLine, deployed_app: DeployedApp
) -> None:
    Path("my look.png").write_bytes(b"not an image")
    place = ["--url", deployed_app.url] if is_remote else []
    ended = seeder("run", *place, "--style-reference", "my look.png")
    assert ended.status == 2
    assert ended.error_lines[-1].startswith("error: --style-reference: my look.png cannot be used: ")
    assert deployed_app.asked == []
    assert not Path("data_seed").exists()


def test_more_files_than_a_run_takes_are_refused_by_their_number(seeder: CommandLine) -> None:
    Path("look.png").write_bytes(draw((20, 90, 230)))
    ended = seeder("run", "--estimate", "--offline", *["--style-reference", "look.png"] * 5)
    assert (ended.status, ended.error_lines) == (2, ["error: --style-reference: 5 images; expected at most 4"])


@pytest.mark.parametrize("name", ["look.", "รูป 1.png", "😀.png", ".hidden"])
def test_files_of_any_name_are_taken(name: str, seeder: CommandLine) -> None:
    Path(name).write_bytes(draw((20, 90, 230)))
    assert seeder("run", "--estimate", "--offline", "--style-reference", name).status == 0
