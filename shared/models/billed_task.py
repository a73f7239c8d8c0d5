"""What a billed activity declares: which earlier result to find, what to ask, how to parse it, and where to store it.

``shared.models.billed_call`` carries a task out.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from shared.errors import CatalogSeederError, Mismatch
from shared.limits.budget_reservation import open_budget_reservation
from shared.messages.base import Cost, Failure
from shared.messages.images import ImageCall, ImageResult
from shared.messages.text import TextCall, TextResult
from shared.models.protocol import AnswerT, ImageAnswer, ImageRequest, Question, TextRequest
from shared.models.quotes import Quote
from shared.reasons import Reason

if TYPE_CHECKING:
    from shared.limits.budget_reservation import BudgetReservation
    from shared.runs.request import SeedRequest
    from shared.services.container import Services

ValueT = TypeVar("ValueT")
ResultT = TypeVar("ResultT", TextResult, ImageResult)


class UnusableAnswerError(CatalogSeederError):
    """An answer that was billed and cannot be used.

    Attributes:
        reason: why, such as ``malformed_answer`` or ``bad_image``.
        message: one line for people.
        mismatch: set where the provider is likely to send the same kind of answer again.
    """

    def __init__(self, reason: Reason, message: str, mismatch: Mismatch | None = None) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message
        self.mismatch = mismatch


@dataclass(frozen=True, slots=True)
class PreparedText(Generic[AnswerT, ValueT]):
    """A text or vision call that is ready to be sent.

    Attributes:
        question: what to ask.
        quote: what the call may cost. Its maximum is reserved, and is the output limit that is sent.
        parse: returns what to store; raises UnusableAnswerError.
        max_entries: the number of entries to ask for; None = the answer has no list.
    """

    question: Question[AnswerT]
    quote: Quote
    parse: Callable[[AnswerT], ValueT]
    max_entries: int | None = None

    def make_request(self) -> TextRequest[AnswerT]:
        """Return the request to send, with its limits."""
        return self.question.limit_answer(self.quote.max_usage.output_tokens, self.max_entries)


@dataclass(frozen=True, slots=True)
class PreparedImage(Generic[ValueT]):
    """An image call that is ready to be sent.

    Attributes:
        request: the image to generate.
        quote: what the call may cost.
        parse: returns what to store; raises UnusableAnswerError.
        quota_per_minute: the image quota that the request sets, if it does.
    """

    request: ImageRequest
    quote: Quote
    parse: Callable[[ImageAnswer], Awaitable[ValueT]]
    quota_per_minute: float | None


@dataclass(frozen=True, slots=True)
class BilledAnswer(Generic[ValueT]):
    """An answer that was billed, recorded and parsed, and that has still to be stored.

    Attributes:
        value: what ``parse`` returned.
        cost: of the call.
        model: the model that answered.
        request_id: the provider's id of the call.
    """

    value: ValueT
    cost: Cost
    model: str
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Outcome(Generic[ResultT]):
    """A result that is in the store.

    Attributes:
        result: what the activity returns.
        cost: of the call that produced it, to settle its reservation with; None = this run made no such call.
    """

    result: ResultT
    cost: Cost | None = None

    @property
    def is_billed(self) -> bool:
        """Whether a call of this run has produced the result."""
        return self.cost is not None and self.cost.text_calls + self.cost.image_calls > 0


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Why a task has no answer to store.

    Attributes:
        failure: why the call failed or was not made; None = the call has to wait, or the run is stopped.
        cost: what the failed call is counted as.
        asked: the number of entries that were asked for.
        deferred_seconds: the call was not made, ask again after so many seconds.
        is_suspended: the run is suspended, and that is why.
        is_stopped: the run may not spend any more.
        last_success_at: when a billed call of the run last succeeded, ISO 8601.
    """

    failure: Failure | None = None
    cost: Cost = Cost()
    asked: int = 0
    deferred_seconds: float | None = None
    is_suspended: bool = False
    is_stopped: bool = False
    last_success_at: str | None = None


class BilledTask(ABC, Generic[ValueT, ResultT]):
    """One result that a call is billed for.

    Every method may raise DamagedFileError and StoreUnavailableError.

    Attributes:
        services: the services of this process.
        call: the activity's message.
        reservation: the part of the budget that is reserved for the call.
        record_subject: what the call record names as its subject, see ``CallRecord``.
    """

    services: "Services"
    call: TextCall | ImageCall
    reservation: "BudgetReservation"
    record_subject: str

    @property
    def key(self) -> str:
        """Identifies the result among those of all runs."""
        return f"{self.call.run_id}/{self.reservation.subject}"

    @abstractmethod
    async def find_result(self) -> Outcome[ResultT] | None:
        """Return the result of an earlier delivery, or None if there is none."""

    @abstractmethod
    async def prepare(self) -> PreparedText[Any, ValueT] | PreparedImage[ValueT] | Outcome[ResultT] | NoAnswer:
        """Return the call to make, or an outcome if nothing has to be asked or nothing can be asked."""

    @abstractmethod
    async def store(self, answer: BilledAnswer[ValueT]) -> Outcome[ResultT]:
        """Store an answer. An answer that another delivery has stored in the meantime stays."""

    @abstractmethod
    def report(self, no_answer: NoAnswer) -> ResultT:
        """Return the activity's result where there is no answer to store."""


class TextTask(BilledTask[ValueT, TextResult]):
    """A result that the text model writes for a catalog.

    Args:
        services: the services of this process.
        call: the activity's message.
        request: the request of the run.
        subject: names the result in the budget, such as ``batch/1``.
        record_subject: names it in the call record; by default the same.
    """

    call: TextCall

    def __init__(
        self,
        services: "Services",
        call: TextCall,
        request: "SeedRequest",
        subject: str,
        record_subject: str | None = None,
    ) -> None:
        self.services = services
        self.call = call
        self.request = request
        self.reservation = open_budget_reservation(services, call.run_id, request, subject)
        self.record_subject = record_subject or subject

    def report(self, no_answer: NoAnswer) -> TextResult:
        """Return the result of a call that was not made, or that failed."""
        return TextResult(
            asked=no_answer.asked,
            cost=no_answer.cost,
            failure=no_answer.failure,
            stopped=no_answer.is_stopped,
            last_success_at=no_answer.last_success_at,
            deferred_seconds=no_answer.deferred_seconds,
        )
