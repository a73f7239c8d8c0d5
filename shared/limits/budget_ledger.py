"""``ledger.json``: the budget of a run in the store; it exists only if the request sets ``maxCostUsd``.

Processes share the file by ETag. Within a process, updates that arrive during a write are written together with the
next one, so that a window of 64 calls needs few writes.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import TypeAdapter

from shared.bounded_cache import BoundedCache
from shared.errors import StoreConflictError, StoreUnavailableError
from shared.limits.budget import Budget, Reservation
from shared.messages.base import NANO_PER_USD, Failure
from shared.reasons import Reason
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE, DamagedFileError, parse_json
from shared.storage.protocol import Store

MAX_OPEN_LEDGERS = 64
"""Runs whose ledgers a process keeps in memory; a further one evicts the ledger that was not used for longest."""

CALL_LABELS = {"evaluate_image": "an evaluation", "rewrite_prompt": "a prompt rewrite", "batch": "items"}
"""What messages call a kind of call; other kinds are called by their own names."""

_BUDGET = TypeAdapter(Budget)


@dataclass(slots=True, eq=False)
class _BudgetUpdate:
    """A change of the budget that waits to be written; ``change`` returns None if the budget rejects it.

    Updates that free budget are applied first, so that no reservation is rejected beside them.
    """

    change: Callable[[Budget], Budget | None]
    frees_budget: bool = False
    is_written: bool = False
    rejecting_budget: Budget | None = None
    error: Exception | None = None

    def apply(self, budget: Budget) -> Budget:
        changed = self.change(budget)
        self.rejecting_budget = budget if changed is None else None
        return budget if changed is None else changed


class BudgetLedger:
    """The budget of a run, shared by all its billed calls.

    Args:
        store: the store.
        run_id: the run.
        max_nano_usd: the most that the run may spend.
    """

    def __init__(self, store: Store, run_id: str, max_nano_usd: int) -> None:
        self._store = store
        self._path = paths.run_file(run_id, "ledger.json")
        self._max_nano_usd = max_nano_usd
        self._updates: list[_BudgetUpdate] = []
        self._turn = asyncio.Lock()
        self._cached: tuple[Budget, str] | None = None
        # By subject, deliveries that made no call and whose reservation may have been written nevertheless.
        self._unconfirmed: dict[str, str] = {}

    async def reserve(self, subject: str, limit_nano_usd: int, *, delivery: str) -> Failure | None:
        """Reserve the maximum cost of a call, or return why the call must not be made.

        After an error the call is not made, but its reservation may have been written. The next reservation for the
        subject replaces it; otherwise it would count as lost although no call was made.

        Args:
            subject: names the call, such as ``image/{productId}``.
            limit_nano_usd: the maximum cost of the call.
            delivery: identifies this delivery of the call's message.

        Raises:
            DamagedFileError: the ledger cannot be read.
            StoreUnavailableError: the store does not answer.
        """
        reservation = Reservation(self._unconfirmed.pop(subject, delivery), limit_nano_usd)

        def reserve(budget: Budget) -> Budget | None:
            after = budget.reserve(subject, reservation)
            return after if after.committed_nano_usd <= self._max_nano_usd else None

        update = _BudgetUpdate(reserve)
        try:
            await self._submit(update)
        except BaseException:  # a cancelled task makes no call either
            self._unconfirmed[subject] = reservation.delivery
            raise
        return (
            None
            if update.rejecting_budget is None
            else self._describe_refusal(subject, limit_nano_usd, update.rejecting_budget)
        )

    def keep_for_redelivery(self, subject: str, *, delivery: str) -> None:
        """Let the next reservation for the subject replace this delivery's: it made no call."""
        self._unconfirmed[subject] = delivery

    async def settle(self, subject: str, nano_usd: int) -> None:
        """Settle a call with its actual cost, 0 for a call that was refused. Settling it again changes nothing.

        Raises:
            DamagedFileError: the ledger cannot be read.
            StoreUnavailableError: the store does not answer.
        """

        def count(budget: Budget) -> Budget:
            return budget.settle(subject, nano_usd)

        await self._submit(_BudgetUpdate(count, frees_budget=True))

    async def _submit(self, update: _BudgetUpdate) -> None:
        self._updates.append(update)
        try:
            async with self._turn:
                if not update.is_written:
                    await self._write_updates()
        finally:
            if not update.is_written:  # its task was cancelled
                self._updates.remove(update)
        if update.error is not None:
            raise update.error

    async def _write_updates(self) -> None:
        """Write all updates that wait; if the write fails, all of them fail with its error."""
        updates = sorted(self._updates, key=lambda update: not update.frees_budget)
        error: Exception | None = None
        try:
            while not await self._try_to_write(updates):
                self._cached = None
        except (StoreUnavailableError, DamagedFileError) as failure:
            self._cached, error = None, failure
        for update in updates:
            update.is_written, update.error = True, error
        self._updates = [update for update in self._updates if not update.is_written]

    async def _try_to_write(self, updates: list[_BudgetUpdate]) -> bool:
        """Write updates; False if the file has changed and has to be read again first."""
        known = self._cached or await self._read()
        before = Budget() if known is None else known[0]
        after = before
        for update in updates:
            after = update.apply(after)
        if after == before:
            return self._cached is None  # a cached budget may be outdated
        data = _BUDGET.dump_json(after, by_alias=True, indent=2)  # twice for each call: json is slower
        if known is None:
            return await self._store.create(self._path, data, content_type=JSON_TYPE)
        try:
            etag = await self._store.write(self._path, data, content_type=JSON_TYPE, if_match=known[1])
        except StoreConflictError:
            return False
        self._cached = (after, etag)
        return True

    async def _read(self) -> tuple[Budget, str] | None:
        content = await self._store.read(self._path)
        if content is None:
            return None
        return parse_json(self._path, content.data, _BUDGET.validate_python), content.etag

    def _describe_refusal(self, subject: str, limit_nano_usd: int, budget: Budget) -> Failure:
        limit_nano_usd = budget.reserve(subject, Reservation("", limit_nano_usd)).reservations[subject].nano_usd
        spent = budget.spent_nano_usd + budget.lost_nano_usd
        in_flight = budget.committed_nano_usd - spent
        return Failure(
            Reason.BUDGET,
            f"The next call ({_label_call(subject)}) may cost {_format_usd(limit_nano_usd)}. maxCostUsd is "
            f"{_format_usd(self._max_nano_usd)}: {_format_usd(spent)} are spent, {_format_usd(in_flight)} are reserved "
            "for calls in flight.",
        )


def _label_call(subject: str) -> str:
    """Return what messages call a call."""
    kind = subject.partition("/")[0]
    return CALL_LABELS.get(kind, kind)


@dataclass(slots=True)
class RunLedgers:
    """The ledgers of the runs that a process works on."""

    _ledgers: BoundedCache[str, BudgetLedger] = field(default_factory=lambda: BoundedCache(MAX_OPEN_LEDGERS))

    def open(self, store: Store, run_id: str, max_cost_usd: float) -> BudgetLedger:
        """Return the ledger of a run; the calls of a process share it, so that their updates are written together."""
        if run_id not in self._ledgers:
            self._ledgers[run_id] = BudgetLedger(store, run_id, round(max_cost_usd * NANO_PER_USD))
        return self._ledgers[run_id]

    def forget(self, run_id: str) -> None:
        """Free the ledger of a run that has ended."""
        self._ledgers.pop(run_id, None)


def _format_usd(nano_usd: int) -> str:
    return f"${nano_usd / NANO_PER_USD:.4f}"
