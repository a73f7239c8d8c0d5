"""The costs of a run by kind and model: from its audit, from its call records, and in agreement with its status."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.audit.run_costs import ModelCosts, RunCosts, read_run_costs
from shared.audit.write_audit import audit_path, write_audit
from shared.config import Settings
from shared.errors import UnknownRunError
from shared.messages.base import Cost
from shared.reasons import Reason
from shared.runs.run_files import create_request, create_summary
from shared.runs.status import CostView, Status
from shared.services.container import Services
from shared.storage import paths
from shared.storage.protocol import Store
from tests.support.audit_records import REQUEST, RUN, make_call, make_status, write_calls
from tests.support.memory_store import RecordingStore

TEXT = Cost(text_calls=1, input_tokens=300, output_tokens=700, nano_usd=7_000_001)
CALLS = [
    make_call(1),
    make_call(2),
    make_call(3, kind="text", model="gpt-5", cost=TEXT, iteration=None, subject="categories"),
    make_call(4, kind="vision", model="gpt-5", cost=TEXT),
    make_call(5, reason=Reason.RATE_LIMITED, cost=Cost()),
    make_call(6, kind="vision", model="gpt-5-vision", reason=Reason.RATE_LIMITED, cost=Cost()),
]
ROWS = [("image", "gpt-image-2", 2, 100, 2000, 0.0805), ("text", "gpt-5", 2, 600, 1400, 0.014000002)]
TOTAL = CostView(usd=0.0945, calls=4, text_calls=2, image_calls=2, input_tokens=700, output_tokens=3400)


def list_rows(costs: RunCosts) -> list[tuple[object, ...]]:
    return [tuple(ModelCosts.model_dump(row).values()) for row in costs.models]


async def read(store: Store) -> RunCosts:
    return await read_run_costs(Services(Settings(), store=store), None, RUN)


async def write_run(store: Store, *, summary: Status | None = None) -> None:
    """Write a run with its calls; one with a summary has ended and has an audit."""
    await create_request(store, RUN, REQUEST)
    await write_calls(store, *CALLS)
    if summary is not None:
        status = await write_audit(store, make_status(status=summary), REQUEST)
        await create_summary(store, status)


async def test_an_ended_run_is_answered_from_its_audit(store: RecordingStore) -> None:
    await write_run(store, summary=Status.COMPLETED)
    for call in CALLS:
        await store.delete(paths.call_file(RUN, call.call_id))
    costs = await read(store)
    assert list_rows(costs) == ROWS
    assert (costs.run_id, costs.usd, costs.calls) == (RUN, TOTAL.usd, TOTAL.calls)


@pytest.mark.parametrize("damage", [None, b"SQLite format 3\0 and then nothing of it"])
async def test_an_ended_run_without_a_readable_audit_is_answered_from_its_call_records(
    store: RecordingStore, damage: bytes | None
) -> None:
    await write_run(store, summary=Status.FAILED)
    if damage is None:
        await store.delete(audit_path(RUN))
    else:
        await store.write(audit_path(RUN), damage, content_type="application/octet-stream")
    assert list_rows(await read(store)) == ROWS


async def test_calls_that_an_active_run_waits_for_cost_nothing_yet(store: RecordingStore) -> None:
    await write_run(store)
    await write_calls(store, make_call(7, reason=Reason.INTERRUPTED), make_call(8, reason=Reason.TIMEOUT_AMBIGUOUS))
    costs = await read(store)
    assert list_rows(costs)[0] == ("image", "gpt-image-2", 3, 150, 3000, 0.12075)
    assert (costs.usd, costs.calls) == (0.1348, 5)


async def test_a_call_that_a_lost_process_left_open_counts_once_the_run_has_ended(store: RecordingStore) -> None:
    await create_request(store, RUN, REQUEST)
    await write_calls(store, make_call(1, reason=Reason.INTERRUPTED))
    await create_summary(store, make_status(status=Status.CANCELLED))
    assert list_rows(await read(store)) == [("image", "gpt-image-2", 1, 50, 1000, 0.04025)]


async def test_totals_are_those_of_the_status_where_records_are_missing(store: RecordingStore) -> None:
    await create_request(store, RUN, REQUEST)
    await write_calls(store, CALLS[0])
    status = make_status(status=Status.COMPLETED, cost=TOTAL)
    await create_summary(store, status)
    costs = await read(store)
    assert [row.calls for row in costs.models] == [1]
    assert (costs.usd, costs.calls) == (TOTAL.usd, TOTAL.calls)


async def test_a_run_without_records_has_no_rows(store: RecordingStore) -> None:
    await create_request(store, RUN, REQUEST)
    status = make_status(status=Status.COMPLETED, cost=TOTAL, completed_at=datetime.now(UTC))
    await create_summary(store, status)
    assert await read(store) == RunCosts(run_id=RUN, models=[], usd=TOTAL.usd, calls=TOTAL.calls)


async def test_a_record_that_cannot_be_read_does_not_hide_the_others(store: RecordingStore) -> None:
    await write_run(store)
    await store.write(paths.call_file(RUN, "damaged"), b"{", content_type="application/json")
    assert list_rows(await read(store)) == ROWS


@pytest.mark.parametrize("run_id", [RUN, "keys", "../etc"])
async def test_an_unknown_run_has_no_costs(store: RecordingStore, run_id: str) -> None:
    with pytest.raises(UnknownRunError):
        await read_run_costs(Services(Settings(), store=store), None, run_id)


async def test_nothing_is_left_on_the_disk(
    store: RecordingStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    await write_run(store, summary=Status.COMPLETED)
    await read(store)
    assert list(scratch.iterdir()) == []
