import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command_line import JSON_KEYS, SMALL, CommandLine

pytestmark = pytest.mark.processes

WriteFaults = Callable[..., Path]


def test_a_run_makes_a_catalog_and_the_next_one_bills_nothing(
    seeder: CommandLine, write_faults: WriteFaults, tmp_path: Path
) -> None:
    command = ("run", "--offline", "--faults", write_faults(), "--target-count", "6", *SMALL)
    ended = seeder(*command, "--json")
    document = ended.document
    assert ended.status == 0
    assert list(document) == JSON_KEYS
    assert (document["catalog"], document["status"], document["error"]) == ("lego", "Completed", None)
    assert (document["items"], document["images"]) == (6, {"made": 6, "kept": 0, "failed": 0})
    assert document["billedCalls"]["image"] == 6
    assert document["seconds"] > 0
    outputs = {name: Path(path) for name, path in document["outputs"].items()}
    assert all(path.is_absolute() and path.exists() for path in outputs.values())
    assert outputs["contactSheet"].is_relative_to(tmp_path / "data_seed" / "runs")
    assert len(json.loads(outputs["catalog"].read_text())) == 6

    again = seeder(*command)
    assert again.status == 0
    assert "images        0 made, 6 kept, 0 failed" in again.out.splitlines()
    assert "calls         0 text, 0 image" in again.out.splitlines()
    assert "catalog.json  data_seed/catalogs/lego/catalog.json" in again.out.splitlines()


def test_refused_images_are_failures_that_repair_makes_good(seeder: CommandLine, write_faults: WriteFaults) -> None:
    faults = write_faults(rates={"content_policy": 1})
    document = (
        ended := seeder("run", "--offline", "--faults", faults, "--target-count", "3", *SMALL, "--json")
    ).document
    assert (ended.status, document["status"]) == (3, "CompletedWithFailures")
    assert document["images"] == {"made": 0, "kept": 0, "failed": 3}

    ended = seeder("repair", "--offline", "--faults", write_faults(), "--json")
    assert (ended.status, ended.document["status"]) == (0, "Completed")
    assert ended.document["images"] == {"made": 3, "kept": 0, "failed": 0}
    assert ended.document["billedCalls"]["text"] == 0


def test_a_repair_under_the_same_faults_gets_on_with_what_failed(
    seeder: CommandLine, write_faults: WriteFaults
) -> None:
    seeder("run", "--offline", "--faults", write_faults(rates={"content_policy": 1}), "--target-count", "12", *SMALL)
    repair = ("repair", "--offline", "--faults", write_faults(rates={"timeout": 0.7}, timeoutSeconds=0.02), "--json")
    missing = seeder(*repair).document["images"]["failed"]
    assert missing > 0
    assert seeder(*repair).document["images"]["made"] > 0


def test_what_was_left_for_review_is_published_and_what_has_no_image_pruned(
    seeder: CommandLine, write_faults: WriteFaults
) -> None:
    faults = write_faults(rates={"content_policy": 0.5})
    ended = seeder("run", "--offline", "--faults", faults, "--target-count", "8", *SMALL, "--no-publish", "--json")
    images = ended.document["images"]
    assert ended.status == 3
    assert 0 < images["failed"] < 8
    assert "catalog" not in ended.document["outputs"]

    published = seeder("publish", "--json")
    assert published.status == 0
    assert (published.document["items"], published.document["images"]["failed"]) == (images["made"], images["failed"])
    assert len(json.loads(Path(published.document["outputs"]["catalog"]).read_text())) == images["made"]

    pruned = seeder("prune", "--json")
    assert pruned.status == 0
    assert (pruned.document["items"], len(pruned.document["pruned"])) == (images["made"], images["failed"])
    assert Path(pruned.document["backup"]).is_dir()


def test_a_run_that_the_model_refuses_has_failed(seeder: CommandLine, write_faults: WriteFaults) -> None:
    ended = seeder(
        "run", "--offline", "--faults", write_faults(apiKey="another"), "--target-count", "2", *SMALL, "--json"
    )
    assert (ended.status, ended.document["status"]) == (1, "Failed")
    assert ended.document["error"]["reason"] == "authentication"


@pytest.mark.parametrize("command", ["repair", "prune", "publish"])
def test_a_catalog_that_does_not_exist_is_reported_in_one_line(command: str, seeder: CommandLine) -> None:
    ended = seeder(command, "--offline", "--catalog", "nothing-here", "--json")
    assert (ended.status, ended.document["catalog"], ended.document["error"]["reason"]) == (
        1,
        "nothing-here",
        "unknown_catalog",
    )
