"""What a paid call asks of the run's budget: before it is made, and after it. Without a budget nothing happens here."""

import contextlib
import secrets
from dataclasses import dataclass, field

from shared.errors import StoreUnavailableError
from shared.limits.budget_ledger import BudgetLedger
from shared.messages.base import Cost, Failure
from shared.runs.request import SeedRequest
from shared.services.container import Services


@dataclass(frozen=True, slots=True)
class BudgetReservation:
    """The budget of one delivery of a paid call's message.

    Attributes:
        ledger: the run's; None = the run has no budget.
        subject: names the call's result, such as ``image/{productId}``.
        delivery: tells this delivery from others of the same call.
    """

    ledger: BudgetLedger | None
    subject: str
    delivery: str = field(default_factory=lambda: secrets.token_hex(8))

    async def reserve(self, limit: Cost) -> Failure | None:
        """Set aside the most that the call should come to, or return why it must not be made.

        Raises:
            DamagedFileError: the ledger cannot be read.
            StoreUnavailableError: the store does not answer.
        """
        if self.ledger is None:
            return None
        return await self.ledger.reserve(self.subject, limit.nano_usd, delivery=self.delivery)

    def keep_for_redelivery(self) -> None:
        """Let the next reservation for this call take this one over: no call was made."""
        if self.ledger is not None:
            self.ledger.keep_for_redelivery(self.subject, delivery=self.delivery)

    async def settle(self, cost: Cost) -> None:
        """Count what the call came to, nothing if it was refused, now or by whoever finds its result.

        While the store does not answer, the limit stays set aside: that errs to the safe side, and what the call came
        to must be told all the same.
        """
        if self.ledger is not None:
            with contextlib.suppress(StoreUnavailableError):
                await self.ledger.settle(self.subject, cost.nano_usd)


def open_budget_reservation(services: Services, run_id: str, request: SeedRequest, subject: str) -> BudgetReservation:
    """Return the allowance of a call; reads nothing yet."""
    if request.max_cost_usd is None:
        return BudgetReservation(None, subject)
    return BudgetReservation(services.ledgers.open(services.store, run_id, request.max_cost_usd), subject)
