"""Call records of a run, and the audit that is built from them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.audit.call_records import CallRecord, CallRecordWriter
from shared.audit.write_audit import write_audit
from shared.messages.base import Cost
from shared.messages.run import StartInventory
from shared.runs.request import SeedRequest
from shared.runs.status import RunStatus, Status
from shared.runs.status_rules import compose_status
from shared.storage.protocol import Store
from tests.support.audit_queries import fetch
from tests.support.catalogs import CATALOG, make_item

RUN = "8203891199998-0a1b2c3d"
REQUEST = SeedRequest(catalog=CATALOG, target_count=2)
ANN = make_item("Ann")


def make_status(run_id: str = RUN, **changes: Any) -> RunStatus:
    """Return how a run ended."""
    status = compose_status(
        run_id,
        REQUEST,
        status=Status.COMPLETED_WITH_FAILURES,
        stage="ended",
        found=StartInventory(categories=2, items=2),
        counters_by_instance=[],
        updated_at=datetime.now(UTC),
    )
    return status.model_copy(update=changes)


def make_call(number: int = 0, **changes: Any) -> CallRecord:
    """Return the record of a call; each number gives a different one."""
    call: dict[str, Any] = {
        "call_id": f"call-{number:06d}",
        "kind": "image",
        "subject": ANN.product_id,
        "resume_count": 0,
        "attempt": number,
        "model": "gpt-image-2",
        "reason": None,
        "message": "",
        "cost": Cost(image_calls=1, input_tokens=50, output_tokens=1000, nano_usd=40_250_000),
        "started_at": datetime(2026, 12, 1, 10, 20, 30, 987654, UTC),
        "duration_ms": 1234,
        "request_id": f"request-{number}",
        "iteration": 1,
    }
    return CallRecord(**call | changes)


async def write_calls(store: Store, *records: CallRecord, run_id: str = RUN) -> None:
    """Record calls of a run."""
    for record in records:
        await CallRecordWriter().write(store, run_id, record)


async def make_audit(store: Store, folder: Path, **changes: Any) -> Path:
    """Write the run's audit and return the file."""
    await write_audit(store, make_status(**changes), REQUEST)
    return await fetch(store, RUN, folder)
