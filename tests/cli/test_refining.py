"""``--refine-iterations``: a list of prompts comes out with the best image of each, and every round to look at."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command_line import CommandLine

pytestmark = pytest.mark.processes

WriteFaults = Callable[..., Path]
PROMPTS = "title,scene,mood\nHarbour at dawn,boats in the fog,calm\nNight market,wet stones,lively\n"
REFINE = ("--catalog=scenes", "--source=prompts", "--input=prompts.csv", "--refine-iterations=3", "--image-size=64x64")


def test_prompts_are_evaluated_and_rewritten_and_the_best_image_is_promoted(
    seeder: CommandLine, write_faults: WriteFaults, tmp_path: Path
) -> None:
    Path("prompts.csv").write_text(PROMPTS, encoding="utf-8")
    ended = seeder("run", "--offline", "--faults", write_faults(secondRoundBest=1), *REFINE, "--json")
    document = ended.document
    assert (ended.status, document["status"], document["items"]) == (0, "Completed", 2)
    assert document["billedCalls"] == {"text": 2 * (3 + 2), "image": 2 * 3}
    assert "refined" in ended.err
    results = Path(document["outputs"]["results"])
    assert sorted(folder.name for folder in results.iterdir()) == ["prompt-0001", "prompt-0002"]
    for folder in results.iterdir():
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        assert (summary["iterations"], summary["shippedIteration"]) == (3, 2)
        shipped = tmp_path / "data_seed/catalogs/scenes/images" / summary["filename"]
        assert shipped.read_bytes() == (folder / "iteration_2.png").read_bytes()


def test_the_summary_shows_evaluated_images_and_the_folder_of_rounds(
    seeder: CommandLine, write_faults: WriteFaults
) -> None:
    Path("prompts.csv").write_text(PROMPTS, encoding="utf-8")
    command = ("run", "--offline", "--faults", write_faults(), *REFINE)
    rows = {line[:14].strip(): line[14:] for line in seeder(*command).out.splitlines()}
    assert rows["refined"] == "2 of 2; the best round of each is kept"
    assert rows["rounds"] == f"data_seed/runs/{rows['run']}/results"
    again = seeder(*command)
    assert "images        0 made, 2 kept, 0 failed" in again.out.splitlines()
    assert "refined" not in again.out
    assert "rounds" not in again.out


def test_a_refused_prompt_is_tried_in_other_words_where_requested(
    seeder: CommandLine, write_faults: WriteFaults
) -> None:
    Path("knights.json").write_text('["a knight, holding a sword"]', encoding="utf-8")
    faults = write_faults(blockedPrompts=["sword"])
    knights = ("--source=prompts", "--input=knights.json", "--image-size=64x64", "--json")
    refused = seeder("run", "--offline", "--faults", faults, *knights).document
    assert (refused["status"], refused["images"]["failed"]) == ("CompletedWithFailures", 1)
    made = seeder("run", "--offline", "--faults", faults, *knights, "--policy-rewrites=1").document
    assert (made["status"], made["images"]["made"]) == ("Completed", 1)
    rewritten = Path(made["outputs"]["results"], "prompt-0001/iteration_1_rewrite_1.json").read_text(encoding="utf-8")
    assert json.loads(rewritten)["becauseRefused"] is True
    assert "sword" not in json.loads(rewritten)["prompt"]
