"""The one way to spend money: reserve budget, record the call as open, make it, price it, record what it came to.

What comes before differs by activity (the earlier result, whether the run may pay, a turn under the rate limit), and so
does what is made of the answer.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

from shared.errors import ModelError, StoreUnavailableError
from shared.limits.budget_reservation import BudgetReservation
from shared.messages.base import Cost, Failure
from shared.models.call_failures import handle_model_error
from shared.models.call_recorder import CallRecorder
from shared.models.protocol import ImageAnswer, TextAnswer
from shared.models.quotes import Quote
from shared.services.container import Services
from shared.storage.json_files import DamagedFileError

BilledT = TypeVar("BilledT", bound=TextAnswer[BaseModel] | ImageAnswer)


@dataclass(frozen=True, slots=True)
class BilledCall(Generic[BilledT]):
    """A call that was answered: the answer and its cost. Its record still has to say whether it can be used."""

    answer: BilledT
    cost: Cost


@dataclass(frozen=True, slots=True)
class FailedCall:
    """A call that brought nothing.

    Attributes:
        failure: why.
        cost: what it is counted as.
        error: what the model raised; None = the budget had no room, and no call was made.
    """

    failure: Failure
    cost: Cost = Cost()
    error: ModelError | None = None


async def make_billed_call(
    services: Services,
    recorder: CallRecorder,
    quote: Quote,
    allowance: BudgetReservation,
    send: Callable[[], Awaitable[BilledT]],
) -> BilledCall[BilledT] | FailedCall:
    """Make a call if the budget has room for it; a failed one is recorded and settled.

    A call is recorded before it is made: if this process dies with it, the record says that it may have been billed.

    Args:
        services: what activities work with.
        recorder: describes the call for its record.
        quote: what it may cost.
        allowance: the budget.
        send: makes the call.

    Raises:
        DamagedFileError: the ledger cannot be read, or the record of an order; no call was made.
        StoreUnavailableError: the store does not answer; no call was made.
    """
    over_budget = await allowance.reserve(quote.limit)
    if over_budget is not None:
        return FailedCall(over_budget)
    try:
        is_new = await recorder.open(services, quote.estimate)
    except StoreUnavailableError:
        allowance.keep_for_redelivery()
        raise
    try:
        answer = await recorder.time_answer(send())
    except (StoreUnavailableError, DamagedFileError) as error:  # an earlier order could not be looked for
        allowance.keep_for_redelivery()
        if is_new:
            await recorder.record_unsent_call(services, error)
        raise
    except ModelError as error:
        cost = quote.price_failure(error)
        await recorder.record_failure(services, error, cost)
        failure = await handle_model_error(services.store, recorder.run_id, error)
        await allowance.settle(cost)
        return FailedCall(failure, cost, error)
    return BilledCall(answer, quote.price(answer.model, answer.usage))
