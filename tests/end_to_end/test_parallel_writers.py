"""Parallel item writers: one catalog of exactly the requested size, each answer billed once."""

from collections import Counter
from pathlib import Path

import pytest

from durable_emulator.engine.fault_injection import FaultInjector
from tests.support.running_app import run_app

REPETITIVE = {"rates": {"duplicate_names": 0.5, "truncated_json": 0.1}}


class TwiceAndLost(FaultInjector):
    """Deliver every batch twice at the same time, and lose every other result."""

    def __init__(self) -> None:
        self.results: Counter[str] = Counter()

    def count_deliveries(self, activity: str) -> int:
        return 2 if activity == "write_batch" else 1

    def loses_result(self, activity: str) -> bool:
        self.results[activity] += 1
        return activity == "write_batch" and self.results[activity] % 2 == 1


@pytest.mark.parametrize("engine_faults", [FaultInjector, TwiceAndLost])
async def test_several_writers_generate_one_catalog_and_bill_once(
    tmp_path: Path, engine_faults: type[FaultInjector]
) -> None:
    async with run_app(tmp_path, engine_faults=engine_faults(), faults=REPETITIVE) as app:
        status = await app.run(
            targetCount=60, categoryCount=5, batchSize=6, parallelTextRequests=4, dryRun=True, maxRetries=10
        )
        stats = app.simulator.stats()
    assert status["status"] == "Completed"
    assert status["progress"]["items"]["accepted"] == 60
    products = app.read("catalogs/toys/catalog.json")
    assert len({product["name"].casefold() for product in products}) == 60
    assert set(Counter(product["category"] for product in products).values()) == {12}
    batches = [app.read(f"catalogs/toys/state/batches/{path.name}") for path in app.folder.glob("**/batches/*.json")]
    assert sorted(batch["batch"] for batch in batches) == list(range(1, len(batches) + 1))
    assert {batch["writer"].partition("/")[0] for batch in batches} >= {f"0.4.{worker}" for worker in range(4)}
    assert status["cost"]["calls"] == stats["requests"]["responses"]["200"]
    assert status["cost"]["inputTokens"] == stats["inputTokens"]
    assert status["cost"]["outputTokens"] == stats["outputTokens"]
    assert status["progress"]["items"]["rejected"] == sum(
        len(app.read(str(path.relative_to(app.folder)))) for path in app.folder.glob("runs/*/rejected/*.json")
    )
