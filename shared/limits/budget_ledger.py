"""``ledger.json``: what a run with a budget spent and what its calls in flight may still come to.

It is there only where ``maxCostUsd`` is set. Processes share it by ETag; within a process, orders that come while
another one is being written are written together, so that a window of 64 calls costs few writes and waits for none.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import TypeAdapter

from shared.errors import StoreConflictError, StoreUnavailableError
from shared.limits.budget import NANO_PER_USD, Budget, Reservation
from shared.messages.base import Failure
from shared.reasons import Reason
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE, DamagedFileError, parse_json
from shared.storage.protocol import Store

MAX_OPEN_LEDGERS = 64
"""Runs whose ledgers a process keeps open; a further one costs the longest unused one a read more."""

CALL_LABELS = {"evaluate_image": "a look at an image", "rewrite_prompt": "a new prompt", "batch": "items"}
"""What people call the calls whose subjects begin so; others are called by these words."""

_BUDGET = TypeAdapter(Budget)


@dataclass(slots=True, eq=False)
class _BudgetUpdate:
    """A change of the budget that waits to be written; None as the changed budget = it does not fit in.

    What gives money back is carried out first: of orders that wait together, none is refused for lack of it.
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
    """The budget of a run, shared by all that pay for it.

    Args:
        store: where it is kept.
        run_id: the run.
        max_nano_usd: what the run may spend.
    """

    def __init__(self, store: Store, run_id: str, max_nano_usd: int) -> None:
        self._store = store
        self._path = paths.run_file(run_id, "ledger.json")
        self._max_nano_usd = max_nano_usd
        self._updates: list[_BudgetUpdate] = []
        self._turn = asyncio.Lock()
        self._cached: tuple[Budget, str] | None = None
        # By subject, deliveries that cannot tell whether their hold was written. None of them made its call.
        self._unconfirmed: dict[str, str] = {}

    async def reserve(self, subject: str, limit_nano_usd: int, *, delivery: str) -> Failure | None:
        """Set money aside for a call, or return why it must not be made.

        After an error the call is not made, but its hold may have been written: the next reservation for the subject
        takes that hold over. As one of another delivery it would be counted for lost, although nothing was called.

        Args:
            subject: names the call, such as ``image/{productId}``.
            limit_nano_usd: the most that it should come to.
            delivery: names this delivery of the call's message.

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
        except BaseException:  # whoever was cancelled makes no call either
            self._unconfirmed[subject] = reservation.delivery
            raise
        return (
            None
            if update.rejecting_budget is None
            else self._describe_refusal(subject, limit_nano_usd, update.rejecting_budget)
        )

    def keep_for_redelivery(self, subject: str, *, delivery: str) -> None:
        """Let the next reservation for the subject take this delivery's hold over: it made no call."""
        self._unconfirmed[subject] = delivery

    async def settle(self, subject: str, nano_usd: int) -> None:
        """Count what a call came to, 0 for one that was refused; the second time nothing changes.

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
            if not update.is_written:  # whoever gave it was cancelled
                self._updates.remove(update)
        if update.error is not None:
            raise update.error

    async def _write_updates(self) -> None:
        """Write all orders that wait; those that cannot be written all fail the same way."""
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
        """Write some orders; False if that is to be done again, from what the store holds by now."""
        known = self._cached or await self._read()
        before = Budget() if known is None else known[0]
        after = before
        for update in updates:
            after = update.apply(after)
        if after == before:
            return self._cached is None  # what is remembered may be old: only a write, or a read, shows it
        data = _BUDGET.dump_json(after, by_alias=True, indent=2)  # written twice a call: the standard library is slow
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
            f"the next call ({_label_call(subject)}) may cost {_format_usd(limit_nano_usd)}; maxCostUsd is "
            f"{_format_usd(self._max_nano_usd)}, of which {_format_usd(spent)} are spent and {_format_usd(in_flight)} "
            f"are set aside for "
            "calls in flight",
        )


def _label_call(subject: str) -> str:
    """Return what people call a call."""
    kind = subject.partition("/")[0]
    return CALL_LABELS.get(kind, kind)


@dataclass(slots=True)
class RunLedgers:
    """The ledgers of the runs that a process works on."""

    _ledgers: OrderedDict[str, BudgetLedger] = field(default_factory=OrderedDict)

    def open(self, store: Store, run_id: str, max_cost_usd: float) -> BudgetLedger:
        """Return a run's ledger: one for all of the process's calls, so that their orders are written together."""
        if run_id not in self._ledgers:
            self._ledgers[run_id] = BudgetLedger(store, run_id, round(max_cost_usd * NANO_PER_USD))
            while len(self._ledgers) > MAX_OPEN_LEDGERS:
                self._ledgers.popitem(last=False)
        self._ledgers.move_to_end(run_id)
        return self._ledgers[run_id]

    def forget(self, run_id: str) -> None:
        """Free the ledger of a run that ended."""
        self._ledgers.pop(run_id, None)


def _format_usd(nano_usd: int) -> str:
    return f"${nano_usd / NANO_PER_USD:.4f}"
