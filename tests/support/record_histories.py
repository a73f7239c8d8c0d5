"""Records histories of the orchestrators from real runs: ``python -m tests.support.record_histories [SCENARIO ...]``.

Record them for each release and keep the earlier ones: ``tests/orchestrators/test_saved_histories.py`` replays all of
them, so that a change fails that would break running instances.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from durable_emulator.engine.actions import Decision
from durable_emulator.engine.instances import Instance
from durable_emulator.engine.replay import replay
from model_simulator.in_process import RunningSimulator, running_simulator
from shared.config import ModelSettings
from shared.models.provider_names import Provider, ProviderAccess
from shared.version import __version__
from tests.support.input_rows import dump_rows, make_products
from tests.support.running_app import FAST, RunningApp, run_app

FOLDER = Path(__file__).resolve().parents[1] / "orchestrators" / "histories"
MAX_HISTORIES_PER_SCENARIO = 12

ROWS_PATH = "inputs/rows.json"
PRODUCTS = {"source": "products", "input": ROWS_PATH, "parallelImageRequests": 4}
ROWS = 90
"""Rows of the input."""

TERMINATED = "terminated"
"""The scenario whose root is terminated from outside while it waits for an approval."""

SCENARIOS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": ({}, {"targetCount": 40, "categoryCount": 4, "batchSize": 10}),
    "faulty": (
        {
            "rates": {
                "rate_limited": 0.2,
                "server_error": 0.1,
                "bad_image": 0.1,
                "content_policy": 0.1,
                "truncated_json": 0.3,
                "refusal": 0.1,
            },
            "retryAfterSeconds": 0,
        },
        {"targetCount": 30, "categoryCount": 4, "batchSize": 5, "parallelImageRequests": 4},
    ),
    "long": ({}, {"targetCount": 130, "categoryCount": 4, "batchSize": 2, "parallelImageRequests": 4}),
    "blocked": ({"accountBlockAfter": 5}, {"targetCount": 20, "categoryCount": 4, "batchSize": 10}),
    "unusable": ({"rates": {"refusal": 1}}, {"targetCount": 4, "categoryCount": 2, "maxRetries": 1}),
    "rows": ({"rates": {"content_policy": 0.1}}, PRODUCTS),
    "prompted": (
        {"rates": {"rate_limited": 0.1, "truncated_json": 0.3, "refusal": 0.2}, "retryAfterSeconds": 0},
        PRODUCTS | {"promptWriter": "model", "parallelTextRequests": 2},
    ),
    "refined": (
        {
            "rates": {"rate_limited": 0.1, "truncated_json": 0.2, "content_policy": 0.1},
            "secondRoundBest": 0.5,
            "retryAfterSeconds": 0,
        },
        {
            "targetCount": 20,
            "categoryCount": 2,
            "batchSize": 10,
            "refine": {"iterations": 3},
            "policyRewrites": 1,
        },
    ),
    "dry": ({}, {"targetCount": 6, "categoryCount": 2, "dryRun": True}),
    "batched": (
        {"batches": {"seconds": 4, "expiresAfterSeconds": 3}, "rates": {"content_policy": 0.1, "truncated_json": 0.2}},
        PRODUCTS | {"promptWriter": "model", "textMode": "batch", "imageMode": "batch", "batchFallback": "next-batch"},
    ),
    "approved": ({}, {"targetCount": 12, "categoryCount": 2, "styleReference": {"firstApproved": 3}}),
    TERMINATED: ({}, {"targetCount": 4, "categoryCount": 2, "styleReference": {"firstApproved": 2}}),
}


def main(names: Sequence[str]) -> None:
    """Run the named scenarios, or all, and write the longest histories."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, (faults, request) in SCENARIOS.items():
        if names and name not in names:
            continue
        kept = asyncio.run(record(faults, request, is_terminated=name == TERMINATED))
        for position, entry in enumerate(choose(kept)):
            path = FOLDER / f"{__version__}-{name}-{position:02d}-{entry['orchestrator']}.json"
            path.write_text(json.dumps(entry, indent=1) + "\n", encoding="utf-8")


async def record(
    faults: dict[str, Any], request: dict[str, Any], *, is_terminated: bool = False
) -> list[dict[str, Any]]:
    """Return the latest history of every instance and generation of a run."""
    seen: dict[tuple[str, int], dict[str, Any]] = {}

    def listen(orchestrator: Any, instance: Instance, events: Sequence[str], *, is_replaying: bool) -> Decision:
        decision = replay(orchestrator, instance, events, is_replaying=is_replaying)
        seen[instance.id, instance.generation] = {
            "orchestrator": instance.name,
            "instanceId": instance.id,
            "parentId": instance.parent_id,
            "input": instance.input,
            "events": [json.loads(event) for event in events],
            "isDone": decision.is_done,
        }
        return decision

    with patch("durable_emulator.engine.episode.replay", listen), tempfile.TemporaryDirectory() as folder:
        async with (
            running_simulator(faults={"latencySeconds": FAST} | faults) as simulator,
            run_app(Path(folder), simulator=simulator, model=choose_model(simulator, request)) as app,
        ):
            if request.get("input") == ROWS_PATH:
                await app.call("PUT", f"/api/{ROWS_PATH}", dump_rows(make_products(ROWS)))
            status = await app.run(**request)
            if is_terminated:
                assert app.host.engine.terminate(status["runId"], "from outside")
                await app.wait(status["runId"])
            elif status.get("awaitedImages"):
                await approve_images(app)
                await app.call("POST", f"/api/runs/{status['runId']}/resume")
                await app.wait(status["runId"])
    return list(seen.values())


def choose_model(simulator: RunningSimulator, request: dict[str, Any]) -> ModelSettings | None:
    """Return the settings of OpenAI, the only provider with batches, if a request asks for them."""
    if "imageMode" not in request:
        return None
    openai = Provider.OPENAI
    return ModelSettings(
        text_provider=openai,
        vision_provider=openai,
        image_provider=openai,
        openai=ProviderAccess(f"{simulator.url}/v1", "a-key"),
        image_batch_check_seconds=1,
    )


async def approve_images(app: RunningApp) -> None:
    """Approve all images of the catalog but the last, which is rejected."""
    rows = (await app.call("GET", "/api/catalogs/toys/items?sort=accepted")).body["items"]
    decisions = [{"productId": row["itemId"], "decision": "approved", "sha256": row["image"]["sha256"]} for row in rows]
    decisions[-1]["decision"] = "rejected"
    await app.call("PUT", "/api/catalogs/toys/decisions", {"decisions": decisions})


def choose(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the longest histories of each orchestrator."""
    entries = sorted(entries, key=lambda entry: -len(entry["events"]))
    counts: dict[str, int] = {}
    chosen = []
    for entry in entries:
        counts[entry["orchestrator"]] = counts.get(entry["orchestrator"], 0) + 1
        if counts[entry["orchestrator"]] <= MAX_HISTORIES_PER_SCENARIO // 4:
            chosen.append(entry)
    return chosen


if __name__ == "__main__":
    main(sys.argv[1:])
