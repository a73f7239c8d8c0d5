"""``ledger.json``: what a run with a budget spent and what its calls in flight may still come to.

It is there only where ``maxCostUsd`` is set. Processes share it by ETag; within a process, orders that come while
another one is being written are written together, so that a window of 64 calls costs few writes and waits for none.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import TypeAdapter

from shared.domain import paths
from shared.domain.budget import NANO, Budget, Hold
from shared.domain.messages import Failure
from shared.ports import Store, StoreConflictError, StoreUnavailableError
from shared.reasons import Reason
from shared.records.files import JSON_TYPE, DamagedFileError, parse_json

KEPT_LEDGERS = 64
"""Runs whose ledgers a process keeps open; a further one costs the longest unused one a read more."""

CALL_NAMES = {"evaluate_image": "a look at a picture", "rewrite_prompt": "a new prompt", "batch": "items"}
"""What people call the calls whose subjects begin so; others are called by these words."""

_BUDGET = TypeAdapter(Budget)


@dataclass(slots=True, eq=False)
class _Order:
    """A change of the budget that waits to be written; None as the changed budget = it does not fit in.

    What gives money back is carried out first: of orders that wait together, none is refused for lack of it.
    """

    change: Callable[[Budget], Budget | None]
    gives_back: bool = False
    is_done: bool = False
    refused_by: Budget | None = None
    error: Exception | None = None

    def apply(self, budget: Budget) -> Budget:
        changed = self.change(budget)
        self.refused_by = budget if changed is None else None
        return budget if changed is None else changed


class Ledger:
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
        self._orders: list[_Order] = []
        self._turn = asyncio.Lock()
        self._known: tuple[Budget, str] | None = None
        # By subject, deliveries that cannot tell whether their hold was written. None of them made its call.
        self._unanswered: dict[str, str] = {}

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
        hold = Hold(self._unanswered.pop(subject, delivery), limit_nano_usd)

        def set_aside(budget: Budget) -> Budget | None:
            after = budget.set_aside(subject, hold)
            return after if after.counted_nano_usd <= self._max_nano_usd else None

        order = _Order(set_aside)
        try:
            await self._carry_out(order)
        except BaseException:  # whoever was cancelled makes no call either
            self._unanswered[subject] = hold.delivery
            raise
        return None if order.refused_by is None else self._refuse(subject, limit_nano_usd, order.refused_by)

    def withdraw(self, subject: str, *, delivery: str) -> None:
        """Let the next reservation for the subject take this delivery's hold over: it made no call."""
        self._unanswered[subject] = delivery

    async def settle(self, subject: str, nano_usd: int) -> None:
        """Count what a call came to, 0 for one that was refused; the second time nothing changes.

        Raises:
            DamagedFileError: the ledger cannot be read.
            StoreUnavailableError: the store does not answer.
        """

        def count(budget: Budget) -> Budget:
            return budget.settle(subject, nano_usd)

        await self._carry_out(_Order(count, gives_back=True))

    async def _carry_out(self, order: _Order) -> None:
        self._orders.append(order)
        try:
            async with self._turn:
                if not order.is_done:
                    await self._write_orders()
        finally:
            if not order.is_done:  # whoever gave it was cancelled
                self._orders.remove(order)
        if order.error is not None:
            raise order.error

    async def _write_orders(self) -> None:
        """Write all orders that wait; those that cannot be written all fail the same way."""
        orders = sorted(self._orders, key=lambda order: not order.gives_back)
        error: Exception | None = None
        try:
            while not await self._try_to_write(orders):
                self._known = None
        except (StoreUnavailableError, DamagedFileError) as failure:
            self._known, error = None, failure
        for order in orders:
            order.is_done, order.error = True, error
        self._orders = [order for order in self._orders if not order.is_done]

    async def _try_to_write(self, orders: list[_Order]) -> bool:
        """Write some orders; False if that is to be done again, from what the store holds by now."""
        known = self._known or await self._read()
        before = Budget() if known is None else known[0]
        after = before
        for order in orders:
            after = order.apply(after)
        if after == before:
            return self._known is None  # what is remembered may be old: only a write, or a read, shows it
        data = _BUDGET.dump_json(after, by_alias=True, indent=2)  # written twice a call: the standard library is slow
        if known is None:
            return await self._store.create(self._path, data, content_type=JSON_TYPE)
        try:
            etag = await self._store.write(self._path, data, content_type=JSON_TYPE, if_match=known[1])
        except StoreConflictError:
            return False
        self._known = (after, etag)
        return True

    async def _read(self) -> tuple[Budget, str] | None:
        content = await self._store.read(self._path)
        if content is None:
            return None
        return parse_json(self._path, content.data, _BUDGET.validate_python), content.etag

    def _refuse(self, subject: str, limit_nano_usd: int, budget: Budget) -> Failure:
        limit_nano_usd = budget.set_aside(subject, Hold("", limit_nano_usd)).holds[subject].nano_usd
        spent = budget.spent_nano_usd + budget.lost_nano_usd
        in_flight = budget.counted_nano_usd - spent
        return Failure(
            Reason.BUDGET,
            f"the next call ({_name_call(subject)}) may cost {_show(limit_nano_usd)}; maxCostUsd is "
            f"{_show(self._max_nano_usd)}, of which {_show(spent)} are spent and {_show(in_flight)} are set aside for "
            "calls in flight",
        )


def _name_call(subject: str) -> str:
    """Return what people call a call."""
    kind = subject.partition("/")[0]
    return CALL_NAMES.get(kind, kind)


@dataclass(slots=True)
class RunLedgers:
    """The ledgers of the runs that a process works on."""

    _ledgers: OrderedDict[str, Ledger] = field(default_factory=OrderedDict)

    def open(self, store: Store, run_id: str, max_cost_usd: float) -> Ledger:
        """Return a run's ledger: one for all of the process's calls, so that their orders are written together."""
        if run_id not in self._ledgers:
            self._ledgers[run_id] = Ledger(store, run_id, round(max_cost_usd * NANO))
            while len(self._ledgers) > KEPT_LEDGERS:
                self._ledgers.popitem(last=False)
        self._ledgers.move_to_end(run_id)
        return self._ledgers[run_id]

    def forget(self, run_id: str) -> None:
        """Free the ledger of a run that ended."""
        self._ledgers.pop(run_id, None)


def _show(nano_usd: int) -> str:
    return f"${nano_usd / NANO:.4f}"
