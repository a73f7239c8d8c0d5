"""After a kill during refinement the same command completes the run: no finished step is billed again."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from model_simulator.in_process import running_simulator
from tests.end_to_end.test_kill import wait_for
from tests.support.seeder_process import start_seeder

pytestmark = pytest.mark.processes

ITEMS, PARALLEL = 10, 4
FAULTS = {"secondRoundBest": 0.5, "latencySeconds": {"text": 0.03, "image": 0.06}}
COMMAND = (
    "run",
    "--source=prompts",
    "--input=prompts.json",
    "--refine-iterations=3",
    f"--parallel-image-requests={PARALLEL}",
    "--image-size=64x64",
    "--output-dir=out",
    "--json",
)


def read_summaries(results: Path) -> list[dict[str, Any]]:
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(results.glob("*/summary.json"))]


@pytest.mark.parametrize("moments", [[{"texts": 1}], [{"images": 6}, {"texts": 14}]])
async def test_a_killed_refinement_is_completed_and_no_finished_step_is_billed_again(
    tmp_path: Path, moments: list[dict[str, int]]
) -> None:
    prompts = [f"A lighthouse keeper, number {number}" for number in range(ITEMS)]
    (tmp_path / "prompts.json").write_text(json.dumps(prompts), encoding="utf-8")
    async with running_simulator(faults=FAULTS) as simulator:
        for moment in moments:
            async with start_seeder(*COMMAND, cwd=tmp_path, endpoint=simulator.url) as victim:
                await wait_for(simulator, **moment)
                await victim.kill()
        async with start_seeder(*COMMAND, cwd=tmp_path, endpoint=simulator.url) as last:
            status, reported, _ = await last.finish()
        bill = simulator.stats()
    assert (status, reported["status"], reported["items"]) == (0, "Completed", ITEMS)
    summaries = read_summaries(Path(reported["outputs"]["results"]))
    assert len(summaries) == ITEMS
    for summary in summaries:
        scores = [row["score"] for row in summary["rounds"]]
        assert summary["shippedIteration"] == scores.index(max(scores)) + 1
        folder = Path(reported["outputs"]["results"], summary["productId"])
        shipped = tmp_path / "out/catalogs/lego/images" / summary["filename"]
        assert shipped.read_bytes() == (folder / f"iteration_{summary['shippedIteration']}.png").read_bytes()
    in_flight = len(moments) * PARALLEL
    generated = Counter(row["prompt"] for summary in summaries for row in summary["rounds"])
    assert generated.keys() <= bill["billedImagesByPrompt"].keys()
    assert 0 <= bill["billedImageCount"] - generated.total() <= in_flight
    answered = generated.total() + sum(summary["iterations"] - 1 for summary in summaries)
    assert 0 <= bill["requests"]["responses"]["200"] - answered <= in_flight
