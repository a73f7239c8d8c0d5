"""A run with an input: its rows become items once, and no text model writes items."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from shared.messages.base import Failure
from shared.messages.custom_status import read_root_status
from shared.messages.images import ImageCall
from shared.messages.run import ImportedInput, RootRestart, StartInventory
from shared.reasons import Reason
from tests.support.scripted_run import ScriptedRun, run_to_end

PRODUCTS: dict[str, Any] = {"writes_items": False, "imports_rows": True}


async def test_rows_are_imported_once_and_get_images_without_a_text_call(tmp_path: Path) -> None:
    scripted_run = ScriptedRun()
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=70, **PRODUCTS)
    assert (ended.instance.output, ended.left_running) == ('"Closed"', [])
    assert scripted_run.calls["import_input"] == scripted_run.calls["close_items"] == 1
    assert scripted_run.calls["write_categories"] == scripted_run.calls["write_batch"] == 0
    counters = scripted_run.read_counters()
    assert (counters.accepted, counters.made, counters.rejected) == (70, 70, {"bad_row": 2})
    assert set(scripted_run.generated.values()) == {1}


async def test_a_dry_run_imports_the_rows_and_generates_no_image(tmp_path: Path) -> None:
    scripted_run = ScriptedRun()
    await run_to_end(scripted_run, tmp_path / "journal", target=30, dry_run=True, **PRODUCTS)
    assert (scripted_run.read_counters().accepted, scripted_run.calls["generate_image"]) == (30, 0)


async def test_an_unusable_input_ends_the_run_before_a_billed_call(tmp_path: Path) -> None:
    scripted_run = ScriptedRun(on_input=Failure(Reason.BAD_INPUT, "row 3: is no JSON"))
    await run_to_end(scripted_run, tmp_path / "journal", **PRODUCTS)
    assert scripted_run.ending is not None
    assert scripted_run.ending.failure == scripted_run.on_input
    assert scripted_run.calls["import_input"] == 1
    assert scripted_run.calls["generate_image"] == 0


async def test_a_resumed_run_does_not_import_the_input_again(tmp_path: Path) -> None:
    refused: Counter[str] = Counter()

    def block_once(call: ImageCall) -> Failure | None:
        refused[call.product_id] += 1
        return Failure(Reason.SERVER_ERROR, "oops") if refused[call.product_id] == 1 else None

    scripted_run = ScriptedRun(on_image=block_once)
    await run_to_end(scripted_run, tmp_path / "journal", target=20, pause_limit_minutes=60, **PRODUCTS)
    assert scripted_run.calls["import_input"] == 1
    assert scripted_run.read_counters().made == 20


class ChangedRows(ScriptedRun):
    """A catalog of ten images, three of them of changed rows, as a lost root has recorded."""

    async def _import_input(self, data: Any) -> ImportedInput:
        return replace(await super()._import_input(data), outdated=3)

    async def _restart_run(self, _: Any) -> StartInventory:
        return StartInventory(categories=3, items=10, images=7, next_batch=2)


async def test_a_restarted_run_counts_images_of_changed_rows_as_missing_once(tmp_path: Path) -> None:
    restart = RootRestart(resume_count=1, found=StartInventory(categories=3, items=10, images=10))
    ended = await run_to_end(ChangedRows(), tmp_path / "journal", target=10, restart=restart, **PRODUCTS)
    root = read_root_status(json.loads(ended.instance.custom_status or "null"))
    assert root is not None
    assert root.found is not None
    assert root.found.images == 7
