"""No billed call without run guard, reservation, output limit and record; checked for every activity that makes one."""

import ast
import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from shared.audit.call_records import CallRecord, CallStatus, iterate_calls
from shared.config import Settings
from shared.errors import ModelError, StoreUnavailableError
from shared.messages.base import NANO_PER_USD, Cost, Failure, Message
from shared.messages.images import ImageAction, ImageCall, ImageStep
from shared.messages.text import TextCall
from shared.models.protocol import AnswerT, ImageAnswer, ImageRequest, TextAnswer, TextRequest
from shared.reasons import Reason
from shared.runs import run_files
from shared.runs.root_state import RootState
from shared.services.container import use_services
from shared.storage import paths
from shared.telemetry.observed_activities import BILLED_ACTIVITIES
from tests.support.activity_calls import HOST, RUN, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, make_item, read_data, write_batches, write_rows
from tests.support.memory_store import MemoryStore, RecordingStore
from tests.support.root_states import FixedRootStates
from tests.support.scripted_model import ScriptedModel

ROOT = Path(__file__).resolve().parents[2]
LEDGER = paths.run_file(RUN, "ledger.json")
ITEM = make_item("Ann")
MAX_COST_USD = 5.0
REFINE = {"refine": {"iterations": 2, "accept_score": 90}}


@dataclass(frozen=True, slots=True)
class BilledActivity:
    """An activity that makes a billed call.

    Attributes:
        name: of the activity.
        make_message: returns the message of its n-th attempt.
        request: fields of the run's request.
        earlier_steps: steps of the item's image before it.
    """

    name: str
    make_message: Callable[[int], Message]
    request: Mapping[str, Any] = field(default_factory=dict)
    earlier_steps: tuple[ImageStep, ...] = ()

    def __str__(self) -> str:
        return self.name


def make_image_message(step: ImageStep) -> Callable[[int], Message]:
    return lambda attempt: ImageCall(RUN, CATALOG, ITEM.product_id, 1, attempt=attempt, step=step)


GENERATE, EVALUATE, REWRITE = (
    ImageStep(),
    ImageStep(ImageAction.EVALUATE),
    ImageStep(ImageAction.REWRITE, 2),
)
ACTIVITIES = [
    BilledActivity("write_categories", lambda attempt: TextCall(RUN, CATALOG, attempt=attempt)),
    BilledActivity("write_batch", lambda attempt: TextCall(RUN, CATALOG, writer="0.1.0/3", attempt=attempt)),
    BilledActivity(
        "write_prompt_batch",
        lambda attempt: TextCall(RUN, CATALOG, batch=1, attempt=attempt),
        {"source": "products", "prompt_writer": "model"},
    ),
    BilledActivity("generate_image", make_image_message(GENERATE)),
    BilledActivity("evaluate_image", make_image_message(EVALUATE), REFINE, (GENERATE,)),
    BilledActivity("rewrite_prompt", make_image_message(REWRITE), REFINE, (GENERATE, EVALUATE)),
]
every_activity = pytest.mark.parametrize("activity", ACTIVITIES, ids=str)


class FailingStore(RecordingStore):
    """A store that fails on demand, for all paths or some, or cancels the task that writes."""

    failing_path = ""
    cancelled_path = ""
    is_away = False

    async def write(self, path: str, *arguments: Any, **options: Any) -> str:
        self._fail_if_away(path)
        return await super().write(path, *arguments, **options)

    async def create(self, path: str, *arguments: Any, **options: Any) -> bool:
        self._fail_if_away(path)
        return await super().create(path, *arguments, **options)

    def _fail_if_away(self, path: str) -> None:
        if self.is_away or (self.failing_path and self.failing_path in path):
            raise StoreUnavailableError("away")
        if self.cancelled_path and self.cancelled_path in path:
            raise asyncio.CancelledError


@dataclass(slots=True)
class WatchedModel(ScriptedModel):
    """A model during whose calls a check is made."""

    check: Callable[[], Awaitable[None]] | None = None
    output_limits: list[int] = field(default_factory=list)

    async def answer(self, request: TextRequest[AnswerT]) -> TextAnswer[AnswerT]:
        self.output_limits.append(request.max_output_tokens)
        if self.check is not None:
            await self.check()
        return await ScriptedModel.answer(self, request)

    async def generate_image(self, request: ImageRequest) -> ImageAnswer:
        if self.check is not None:
            await self.check()
        return await ScriptedModel.generate_image(self, request)


@pytest.fixture
def store() -> FailingStore:
    return FailingStore(MemoryStore())


@pytest.fixture
def model() -> WatchedModel:
    return WatchedModel()


@pytest.fixture(autouse=True)
def _no_services_are_left() -> Any:
    yield
    use_services(None)


async def prepare(store: FailingStore, activity: BilledActivity) -> None:
    """Leave a run whose next call is the activity's, and nothing of the calls before it but their results."""
    await start_run_in(store, max_cost_usd=MAX_COST_USD, accept_estimate=True, **activity.request)
    if activity.name == "write_prompt_batch":
        await write_rows(store, ["Ann", "Bob"])
    elif activity.name != "write_categories":
        await write_batches(store, ["Ann", "Bob"])
    for step in activity.earlier_steps:
        await deliver(start_process(store, ScriptedModel()), str(step.action), make_image_message(step)(0))
    for path in [LEDGER, *[info.path async for info in store.list_files(paths.call_folder(RUN))]]:
        await store.delete(path)


async def list_records(store: FailingStore) -> list[CallRecord]:
    return [record async for record in iterate_calls(store, RUN) if isinstance(record, CallRecord)]


def read_cost(result: dict[str, Any]) -> Cost:
    return Cost.from_json(result.get("cost", {}))


def test_every_billed_activity_is_tested_here() -> None:
    assert {activity.name for activity in ACTIVITIES} == BILLED_ACTIVITIES


def test_only_the_executor_and_the_adapters_call_a_model() -> None:
    callers = {
        path.relative_to(ROOT).as_posix()
        for folder in ("activities", "orchestrators", "shared", "triggers")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"answer", "generate_image"}
    }
    assert {path for path in callers if not path.startswith("shared/models/providers/")} == {
        "shared/models/billed_call.py",
        "shared/telemetry/billed_calls.py",  # counts and times the calls that pass through it
    }


@every_activity
async def test_a_call_is_reserved_recorded_and_limited_before_it_is_sent(
    store: FailingStore, model: WatchedModel, activity: BilledActivity
) -> None:
    await prepare(store, activity)
    seen: list[tuple[list[CallRecord], dict[str, Any]]] = []

    async def check() -> None:
        seen.append((await list_records(store), await read_data(store, LEDGER)))

    model.check = check
    result = await deliver(start_process(store, model), activity.name, activity.make_message(0))
    [([record], ledger)] = seen
    [reservation] = ledger["reservations"].values()
    assert "failure" not in result
    assert (record.status, record.reason) == (CallStatus.LOST, Reason.INTERRUPTED)
    assert reservation["nanoUsd"] >= record.cost.nano_usd > 0
    assert all(limit > 0 for limit in model.output_limits)
    assert len(model.output_limits) == record.cost.text_calls


@every_activity
async def test_an_answered_call_is_recorded_and_settled(
    store: FailingStore, model: WatchedModel, activity: BilledActivity
) -> None:
    await prepare(store, activity)
    result = await deliver(start_process(store, model), activity.name, activity.make_message(0))
    [record] = await list_records(store)
    ledger = await read_data(store, LEDGER)
    assert record.status is CallStatus.OK
    assert record.cost == read_cost(result) != Cost()
    assert (ledger["spentNanoUsd"], ledger["reservations"]) == (record.cost.nano_usd, {})


@every_activity
async def test_a_failed_call_is_recorded_and_settled(
    store: FailingStore, model: WatchedModel, activity: BilledActivity
) -> None:
    await prepare(store, activity)
    model.failures.append(ModelError(Reason.TIMEOUT_AMBIGUOUS, "no answer"))
    result = await deliver(start_process(store, model), activity.name, activity.make_message(0))
    [record] = await list_records(store)
    ledger = await read_data(store, LEDGER)
    assert result["failure"]["reason"] == record.reason == "timeout_ambiguous"
    assert record.cost == read_cost(result) != Cost()
    assert (ledger["spentNanoUsd"], ledger["reservations"]) == (record.cost.nano_usd, {})


@every_activity
async def test_a_fatal_failure_is_settled_although_its_stop_record_cannot_be_written(
    store: FailingStore, model: WatchedModel, activity: BilledActivity
) -> None:
    await prepare(store, activity)
    model.failures.append(ModelError(Reason.AUTHENTICATION, "the key is not accepted"))
    store.failing_path = paths.stop_file(RUN)
    result = await deliver(start_process(store, model), activity.name, activity.make_message(0))
    ledger = await read_data(store, LEDGER)
    assert result["failure"]["reason"] == "store_unavailable"
    assert (ledger["spentNanoUsd"], ledger["reservations"]) == (0, {})


@every_activity
async def test_a_call_that_was_cancelled_before_it_was_sent_takes_nothing_of_the_budget(
    store: FailingStore, model: WatchedModel, activity: BilledActivity
) -> None:
    await prepare(store, activity)
    process = start_process(store, model)
    store.cancelled_path = "/calls/"
    with pytest.raises(asyncio.CancelledError):
        await deliver(process, activity.name, activity.make_message(0))
    store.cancelled_path = ""
    result = await deliver(process, activity.name, activity.make_message(0))
    ledger = await read_data(store, LEDGER)
    assert model.calls == 1
    assert ledger["lostNanoUsd"] == 0
    assert ledger["spentNanoUsd"] == read_cost(result).nano_usd > 0


@pytest.mark.parametrize("activity", ACTIVITIES[:2], ids=str)
async def test_a_task_that_has_nothing_to_ask_needs_no_model(store: FailingStore, activity: BilledActivity) -> None:
    await start_run_in(store, target_count=2, category_count=1, force_categories=True)
    await write_batches(store, ["Ann", "Bob"])
    settings = Settings(host_id=HOST)
    result = await deliver(start_process(store, None, settings=settings), activity.name, activity.make_message(0))
    assert "failure" not in result
    assert result["total"] == (1 if activity.name == "write_categories" else 2)


async def test_categories_of_a_pending_answer_are_added_to_those_that_another_process_stored(
    store: FailingStore,
) -> None:
    model = WatchedModel(max_categories=1)
    await prepare(store, ACTIVITIES[0])

    async def take_store_away() -> None:
        store.is_away = True

    model.check = take_store_away
    first, second = start_process(store, model), start_process(store, model)
    await deliver(first, "write_categories", TextCall(RUN, CATALOG, attempt=0))
    store.is_away, model.check = False, None
    by_another = await deliver(second, "write_categories", TextCall(RUN, CATALOG, attempt=1))
    result = await deliver(first, "write_categories", TextCall(RUN, CATALOG, attempt=2))
    assert (by_another["total"], result["total"], result["accepted"]) == (1, 2, 1)
    assert model.calls == 2


@every_activity
async def test_a_stopped_run_makes_no_call(store: FailingStore, model: WatchedModel, activity: BilledActivity) -> None:
    await prepare(store, activity)
    await run_files.record_stop(store, RUN, Failure(Reason.CANCELLED, "cancelled"))
    result = await deliver(start_process(store, model), activity.name, activity.make_message(0))
    assert result["stopped"]
    assert (model.calls, await list_records(store), await store.describe(LEDGER)) == (0, [], None)


@every_activity
async def test_a_run_that_lost_its_catalog_makes_no_call(
    store: FailingStore, model: WatchedModel, activity: BilledActivity
) -> None:
    await prepare(store, activity)
    await store.delete(paths.run_claim_file(CATALOG))
    result = await deliver(start_process(store, model), activity.name, activity.make_message(0))
    assert result["stopped"]
    assert (model.calls, await list_records(store)) == (0, [])


@every_activity
async def test_a_suspended_run_makes_no_call_for_now(
    store: FailingStore, model: WatchedModel, activity: BilledActivity
) -> None:
    await prepare(store, activity)
    process = start_process(store, model)
    process.root_states = FixedRootStates(RootState.SUSPENDED)
    result = await deliver(process, activity.name, activity.make_message(0))
    assert result["deferred_seconds"] > 0
    assert (model.calls, await list_records(store)) == (0, [])


@every_activity
async def test_a_call_that_exceeds_the_budget_is_not_made(
    store: FailingStore, model: WatchedModel, activity: BilledActivity
) -> None:
    await prepare(store, activity)
    spent = json.dumps({"spentNanoUsd": round(MAX_COST_USD * NANO_PER_USD)}).encode()
    await store.write(LEDGER, spent, content_type="application/json")
    result = await deliver(start_process(store, model), activity.name, activity.make_message(0))
    assert result["failure"]["reason"] == "budget"
    assert (model.calls, await list_records(store)) == (0, [])


@every_activity
@pytest.mark.parametrize("failing_path", ["ledger.json", "/calls/"])
async def test_a_call_that_cannot_be_reserved_or_recorded_is_not_made(
    store: FailingStore, model: WatchedModel, activity: BilledActivity, failing_path: str
) -> None:
    await prepare(store, activity)
    store.failing_path = failing_path
    result = await deliver(start_process(store, model), activity.name, activity.make_message(0))
    assert result["failure"]["reason"] == "store_unavailable"
    assert model.calls == 0


@every_activity
async def test_an_answer_that_cannot_be_stored_is_stored_later_and_not_billed_again(
    store: FailingStore, model: WatchedModel, activity: BilledActivity
) -> None:
    await prepare(store, activity)

    async def take_store_away() -> None:
        store.is_away = True

    model.check = take_store_away
    process = start_process(store, model)
    away = await deliver(process, activity.name, activity.make_message(0))
    store.is_away = False
    result = await deliver(process, activity.name, activity.make_message(1))
    again = await deliver(start_process(store, model), activity.name, activity.make_message(1))
    assert away["failure"]["reason"] == "store_unavailable"
    assert "failure" not in result
    assert read_cost(again) == read_cost(result) != Cost()
    assert model.calls == 1
