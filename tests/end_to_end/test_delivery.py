"""Whole runs give the same catalog and bill when the host delivers activities twice or loses results."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from durable_emulator.engine.fault_injection import FaultInjector
from tests.support.importer import import_catalog
from tests.support.running_app import run_app

pytestmark = pytest.mark.slow

REQUEST = {"targetCount": 12, "categoryCount": 3, "batchSize": 4, "maxRetries": 1}
BAD_IMAGES = {"rates": {"bad_image": 0.2, "truncated_json": 0.3, "content_policy": 0.1}}


class EverythingTwice(FaultInjector):
    """Deliver every activity twice at the same time."""

    def __init__(self) -> None:
        self.deliveries: Counter[str] = Counter()

    def count_deliveries(self, activity: str) -> int:
        self.deliveries[activity] += 2
        return 2


class FirstResultLost(FaultInjector):
    """Lose every second result, starting with the first."""

    def __init__(self) -> None:
        self.results: Counter[str] = Counter()

    def loses_result(self, activity: str) -> bool:
        self.results[activity] += 1
        return self.results[activity] % 2 == 1


class Both(EverythingTwice, FirstResultLost):
    """Deliver every activity twice, and lose every second result."""

    def __init__(self) -> None:
        EverythingTwice.__init__(self)
        FirstResultLost.__init__(self)


def describe(folder: Path) -> list[dict[str, Any]]:
    """Return a catalog's rows without ids, which differ in every run."""
    products = import_catalog(folder / "catalogs/toys")
    reported = [{key: product[key] for key in ("name", "category", "description")} for product in products]
    return sorted(reported, key=lambda product: product["name"])


async def make_catalog(folder: Path, engine_faults: FaultInjector | None, faults: dict[str, Any]) -> dict[str, Any]:
    """Return a run's status, catalog and bill."""
    async with run_app(folder, engine_faults=engine_faults, faults=faults) as app:
        status = await app.run(**REQUEST)
        stats = app.simulator.stats()
    return {
        "status": {key: status[key] for key in ("status", "progress", "failures", "imagesMade", "cost")},
        "catalog": describe(folder),
        "billed": stats["billedImageCount"],
        "times": set(stats["billedImagesByPrompt"].values()),
        "usd": round(stats["costUsd"], 4),
    }


@pytest.mark.parametrize("engine_faults", [EverythingTwice, FirstResultLost, Both])
async def test_a_run_gives_the_same_catalog_and_bill(tmp_path: Path, engine_faults: type[FaultInjector]) -> None:
    expected = await make_catalog(tmp_path / "undisturbed", None, {})
    reported = await make_catalog(tmp_path / "disturbed", engine_faults(), {})
    assert reported == expected
    assert reported["status"]["status"] == "Completed"
    assert (reported["billed"], reported["times"]) == (12, {1})


async def test_failed_billed_calls_are_not_billed_again_for_a_second_delivery(tmp_path: Path) -> None:
    expected = await make_catalog(tmp_path / "undisturbed", None, BAD_IMAGES)
    reported = await make_catalog(tmp_path / "disturbed", Both(), BAD_IMAGES)
    assert reported == expected
    assert reported["status"]["cost"]["usd"] == reported["usd"]
