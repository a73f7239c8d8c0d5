"""Query an ``audit.sqlite`` as any SQLite tool would."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from shared.audit.write_audit import audit_path
from shared.storage.protocol import Store

Rows = list[dict[str, Any]]


def query_audit(file: Path, question: str) -> Rows:
    """Return the rows of a query to an audit file."""
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(question)]


def sum_calls(file: Path, where: str = "1") -> dict[str, Any]:
    """Return the totals of an audit's calls."""
    columns = "TOTAL(billed) AS billed, TOTAL(input_tokens) AS input, TOTAL(output_tokens) AS output"
    (row,) = query_audit(
        file, f"SELECT COUNT(*) AS calls, {columns}, TOTAL(nano_usd) AS nano FROM api_calls WHERE {where}"
    )
    return row


async def fetch(store: Store, run_id: str, folder: Path) -> Path:
    """Copy a run's audit out of a store and return the file. The audit must exist."""
    content = await store.read(audit_path(run_id))
    assert content is not None, f"run {run_id} has no audit"
    file = folder / f"{run_id}.sqlite"
    file.write_bytes(content.data)
    return file
