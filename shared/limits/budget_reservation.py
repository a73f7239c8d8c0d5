"""The reservation that a billed call makes in its run's budget. A run without a budget reserves nothing."""

import contextlib
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.errors import StoreUnavailableError
from shared.limits.budget_ledger import BudgetLedger
from shared.messages.base import Cost, Failure
from shared.runs.request import SeedRequest

if TYPE_CHECKING:
    from shared.services.container import Services


@dataclass(frozen=True, slots=True)
class BudgetReservation:
    """The reservation of one delivery of a billed call's message.

    Attributes:
        ledger: the run's; None = the run has no budget.
        subject: names the call's result, such as ``image/{productId}``.
        delivery: identifies this delivery among others of the same call.
    """

    ledger: BudgetLedger | None
    subject: str
    delivery: str = field(default_factory=lambda: secrets.token_hex(8))

    async def reserve(self, limit: Cost) -> Failure | None:
        """Reserve the maximum cost of the call, or return why it must not be made.

        Raises:
            DamagedFileError: the ledger cannot be read.
            StoreUnavailableError: the store does not answer.
        """
        if self.ledger is None:
            return None
        return await self.ledger.reserve(self.subject, limit.nano_usd, delivery=self.delivery)

    def keep_for_redelivery(self) -> None:
        """Let the next reservation for this call replace this one: no call was made."""
        if self.ledger is not None:
            self.ledger.keep_for_redelivery(self.subject, delivery=self.delivery)

    async def settle(self, cost: Cost) -> None:
        """Replace the reservation by what the call cost; 0 for a call that was refused. Settling twice is harmless.

        While the store does not answer, the reservation stays: that keeps the run below its budget, and the result of
        the call is reported all the same.
        """
        if self.ledger is not None:
            with contextlib.suppress(StoreUnavailableError):
                await self.ledger.settle(self.subject, cost.nano_usd)


def open_budget_reservation(services: "Services", run_id: str, request: SeedRequest, subject: str) -> BudgetReservation:
    """Return the reservation of a call; nothing is read or reserved yet."""
    if request.max_cost_usd is None:
        return BudgetReservation(None, subject)
    return BudgetReservation(services.ledgers.open(services.store, run_id, request.max_cost_usd), subject)
