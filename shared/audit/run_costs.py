"""What a run has cost so far, by kind of call and model."""

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import aclosing, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.audit.call_records import iterate_calls
from shared.audit.write_audit import AUDIT_NAME, audit_path
from shared.messages.base import NANO_PER_USD, Cost
from shared.reasons import Reason
from shared.runs.durable_client import DurableClient
from shared.runs.status import CostView, RunStatus
from shared.runs.status_rules import make_cost_view
from shared.runs.view import load_run_status
from shared.services.container import Services
from shared.storage.json_files import DamagedFileError
from shared.storage.protocol import Store

CostsByModel = Mapping[tuple[str, str], Cost]
"""Costs by kind of call (``text``, ``vision``, ``image``) and model."""

COSTS_QUERY = """
SELECT kind, model, SUM(billed * (kind <> 'image')), SUM(billed * (kind = 'image')), SUM(input_tokens),
    SUM(output_tokens), SUM(nano_usd) FROM api_calls GROUP BY kind, model"""

USD_DIGITS = 9
"""Prices are whole billionths of a dollar."""


class _View(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class ModelCosts(_View):
    """The billed calls of a run to one model."""

    kind: Literal["text", "image"] = Field(description="Kind of the calls; evaluations of images are text calls.")
    model: str = Field(description="Model or deployment.")
    calls: int = Field(description="Calls that were or may have been billed.")
    input_tokens: int = Field(description="Tokens of the requests.")
    output_tokens: int = Field(description="Tokens of the responses.")
    usd: float = Field(description="US dollars at list prices.")


class RunCosts(_View):
    """Response of ``GET /api/runs/{runId}/costs``.

    The rows come from the call records. Calls that were not recorded count in the totals alone: those of runs before
    0.3.0, and those whose record was lost.
    """

    run_id: str = Field(description="The run.")
    models: list[ModelCosts] = Field(description="One row per kind and model, the most expensive first.")
    usd: float = Field(description="US dollars of the run, as its status reports them.")
    calls: int = Field(description="Billed calls of the run, as its status reports them.")

    def to_json(self) -> dict[str, Any]:
        """Return the costs as JSON data."""
        return self.model_dump(mode="json", by_alias=True)


async def read_run_costs(services: Services, client: DurableClient | None, run_id: str) -> RunCosts:
    """Return the costs of a run, active or ended; takes and raises what `load_run_status` does."""
    run = await load_run_status(services, client, run_id)
    costs = await _sum_audited_calls(services.store, run) if run.has_ended else None
    if costs is None:
        costs = await _sum_recorded_calls(services.store, run)
    return summarize_costs(run_id, run.cost, costs)


def summarize_costs(run_id: str, total: CostView, costs: CostsByModel) -> RunCosts:
    """Return the costs of a run by kind and model.

    Args:
        run_id: the run.
        total: cost of the run by its status, which counts calls without a record too, but lags behind an active run.
        costs: the recorded calls.
    """
    by_kind: dict[tuple[Literal["text", "image"], str], Cost] = {}
    for (kind, model), cost in costs.items():
        key: tuple[Literal["text", "image"], str] = ("image" if kind == "image" else "text", model)
        by_kind[key] = by_kind.get(key, Cost()) + cost
    recorded = make_cost_view(sum(by_kind.values(), Cost()))
    rows = sorted(by_kind.items(), key=lambda row: (-row[1].nano_usd, row[0]))
    models = [_make_row(kind, model, cost) for (kind, model), cost in rows if cost != Cost()]
    total = total.raise_to(recorded)
    return RunCosts(run_id=run_id, models=models, usd=total.usd, calls=total.calls)


def _make_row(kind: Literal["text", "image"], model: str, cost: Cost) -> ModelCosts:
    return ModelCosts(
        kind=kind,
        model=model,
        calls=cost.text_calls + cost.image_calls,
        input_tokens=cost.input_tokens,
        output_tokens=cost.output_tokens,
        usd=round(cost.nano_usd / NANO_PER_USD, USD_DIGITS),
    )


async def _sum_audited_calls(store: Store, run: RunStatus) -> CostsByModel | None:
    """Return the costs in the audit of a run; None if it has none that can be read."""
    path = audit_path(run.run_id)
    if await store.describe(path) is None:
        return None
    with TemporaryDirectory(prefix="seeder-costs-") as folder:
        file = Path(folder) / AUDIT_NAME
        with file.open("wb") as opened:
            async with aclosing(store.read_chunks(path)) as chunks:
                async for chunk in chunks:
                    opened.write(chunk)
        return await asyncio.to_thread(_query_costs, file)


def _query_costs(file: Path) -> CostsByModel | None:
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
            rows = database.execute(COSTS_QUERY).fetchall()
    except sqlite3.DatabaseError:
        return None
    return {(str(kind), str(model)): Cost(*map(int, sums)) for kind, model, *sums in rows}


async def _sum_recorded_calls(store: Store, run: RunStatus) -> CostsByModel:
    """Return the costs in the call records of a run; without calls that an active run waits for."""
    costs: dict[tuple[str, str], Cost] = {}
    async for call in iterate_calls(store, run.run_id):
        if isinstance(call, DamagedFileError) or (call.reason is Reason.INTERRUPTED and not run.has_ended):
            continue
        key = (call.kind, call.model)
        costs[key] = costs.get(key, Cost()) + call.cost
    return costs
