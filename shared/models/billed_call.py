"""The one place that spends money.

A billed activity declares a ``BilledTask``; ``BilledCallExecutor.run`` carries it out, always in this order:

1. Find the result of an earlier delivery in the store, or its answer among the pending writes.
2. Check the run guard.
3. Let the task prepare its request.
4. Take a turn under the rate limiter (image calls).
5. Reserve the maximum cost of the call.
6. Open the call record. If the process dies now, the record says that the call may have been billed.
7. Send the request; a text request carries its output limit.
8. Price and record the answer or the failure; settle the reservation where nothing will be stored.
9. Parse the answer, and let the task store it. While the store is away, the answer is a pending write.
10. Settle the reservation, and record the success in the run claim.

The executor is the only holder of the model: no other module can make a billed call.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic

from shared.errors import Mismatch, ModelError, StoreUnavailableError
from shared.limits.retry_policy import clamp_retry_after
from shared.messages.base import Cost, Failure
from shared.messages.images import ImageCall
from shared.models.billed_task import (
    BilledAnswer,
    BilledTask,
    NoAnswer,
    Outcome,
    PreparedImage,
    PreparedText,
    ResultT,
    UnusableAnswerError,
    ValueT,
)
from shared.models.call_recorder import CallRecorder
from shared.models.image_models import check_references
from shared.models.protocol import ImageAnswer, Model, TextAnswer
from shared.models.provider_names import Provider
from shared.reasons import FATAL_REASONS, Reason, shorten_message
from shared.runs.run_claim import send_heartbeat
from shared.runs.run_files import record_stop
from shared.runs.run_guard import SUSPENDED_WAIT_SECONDS, check_call
from shared.storage.json_files import DamagedFileError

if TYPE_CHECKING:
    from shared.services.container import Services

Prepared = PreparedText[Any, ValueT] | PreparedImage[ValueT]


@dataclass(frozen=True, slots=True)
class _Call(Generic[ValueT, ResultT]):
    """A call that is about to be made.

    Attributes:
        task: what it is made for.
        prepared: what is sent.
        recorder: writes its record.
        last_success_at: when a billed call of the run last succeeded, ISO 8601.
    """

    task: BilledTask[ValueT, ResultT]
    prepared: Prepared[ValueT]
    recorder: CallRecorder
    last_success_at: str | None

    @property
    def asked(self) -> int:
        """The number of entries that are asked for."""
        return (self.prepared.max_entries or 0) if isinstance(self.prepared, PreparedText) else 0


class BilledCallExecutor:
    """Carries out billed tasks.

    Args:
        services: the services of this process.
        open_model: returns the model; raises SettingError if it is not configured.
    """

    def __init__(self, services: "Services", open_model: Callable[[], Model]) -> None:
        self._services = services
        self._open_model = open_model

    async def run(self, task: BilledTask[ValueT, ResultT]) -> ResultT:
        """Return the result of a task. It is billed once, unless the process dies before its answer is stored.

        Raises:
            DamagedFileError: a file of the catalog or the run cannot be read.
            SettingError: the model is not configured; nothing was reserved.
            StoreUnavailableError: the store does not answer; an answer that was billed is a pending write.
        """
        outcome = await task.find_result()
        if outcome is not None:
            self._services.pending_writes.discard(task.key)
        else:
            answer = self._services.pending_writes.take(task.key) or await self._request_answer(task)
            if isinstance(answer, NoAnswer):
                return task.report(answer)
            outcome = answer if isinstance(answer, Outcome) else await self._store(task, answer)
        if outcome.cost is not None:
            await task.reservation.settle(outcome.cost)
        return outcome.result

    async def run_answered(
        self, task: BilledTask[ValueT, ResultT], answer: TextAnswer[Any] | ImageAnswer | ModelError, request_key: str
    ) -> ResultT:
        """Return the result of a task whose call a provider's batch has answered, or failed to answer.

        Args:
            task: its cost is settled with that of the batch.
            answer: the image or the text, or why there is none.
            request_key: identifies the line of the batch: a repeated answer overwrites its call record.

        Raises:
            DamagedFileError: a file of the catalog or the run cannot be read.
            StoreUnavailableError: the store does not answer; the caller reads the answer again.
        """
        outcome = await task.find_result()
        if outcome is not None and outcome.is_billed:
            return outcome.result
        prepared = await task.prepare()
        if not isinstance(prepared, PreparedImage | PreparedText):
            raise TypeError(f"{task.key} has no request; expected the one that the batch has answered.")
        call = _Call(task, prepared, self._make_recorder(task, prepared, request_key), None)
        accepted: BilledAnswer[ValueT] | NoAnswer
        if isinstance(answer, ModelError):
            accepted = await self._settle_failure(call, answer, is_counted=answer.reason is Reason.CONTENT_POLICY)
        else:
            accepted = await self._accept_answer(call, answer)
        if outcome is not None:  # that of another run: it stays, and the answer was billed all the same
            return replace(outcome.result, cost=accepted.cost)
        if isinstance(accepted, NoAnswer):
            return task.report(accepted)
        return (await self._store(task, accepted)).result

    async def count_repeated_answer(
        self, task: BilledTask[Any, Any], answer: TextAnswer[Any] | ImageAnswer | ModelError, request_key: str
    ) -> Cost:
        """Record what a call cost that was made a second time by mistake; its answer is not used.

        Args:
            task: what the call was made for.
            answer: the image or the text, or why there is none.
            request_key: identifies the second call.

        Raises:
            DamagedFileError: a file of the catalog or the run cannot be read.
            StoreUnavailableError: the store does not answer.
        """
        prepared = await task.prepare()
        if not isinstance(prepared, PreparedImage | PreparedText):
            raise TypeError(f"{task.key} has no request; expected the one that was answered.")
        recorder, quote = self._make_recorder(task, prepared, request_key), prepared.quote
        if isinstance(answer, ModelError):
            cost = quote.price_failure(answer)
            if cost != Cost():
                await recorder.record_failure(self._services, answer, cost)
            return cost
        cost = quote.price(answer.model, answer.usage)
        message = "The provider carried out the batch of this call twice."
        await recorder.record_answer(self._services, answer, cost, message=message)
        return cost

    async def open_line(self, task: BilledTask[Any, Any], prepared: Prepared[Any], request_key: str) -> None:
        """Record that a line of a provider's batch is about to be sent; its answer replaces the record.

        Raises:
            StoreUnavailableError: the store does not answer; the batch must not be created.
        """
        await self._make_recorder(task, prepared, request_key).open(self._services, prepared.quote.estimate)

    async def _store(self, task: BilledTask[ValueT, ResultT], answer: BilledAnswer[ValueT]) -> Outcome[ResultT]:
        services, call = self._services, task.call
        try:
            outcome = await task.store(answer)
            await send_heartbeat(
                services.store, call.catalog, run_id=call.run_id, host_id=services.settings.host_id, succeeded=True
            )
        except StoreUnavailableError:
            services.pending_writes.add(task.key, answer)
            raise
        return outcome

    async def _request_answer(
        self, task: BilledTask[ValueT, ResultT]
    ) -> BilledAnswer[ValueT] | Outcome[ResultT] | NoAnswer:
        """Check that the run may spend, prepare the call, take its turn, and make it."""
        services, call = self._services, task.call
        check = await check_call(services, call.catalog, call.run_id)
        if not check.may_spend:
            return NoAnswer(is_stopped=True)
        if check.is_suspended:
            return NoAnswer(deferred_seconds=SUSPENDED_WAIT_SECONDS, is_suspended=True)
        prepared = await task.prepare()
        if isinstance(prepared, Outcome | NoAnswer):
            return prepared
        model = self._open_model()
        if isinstance(prepared, PreparedImage):
            turn_in = await services.rate_limiter.acquire(call.run_id, task.record_subject, prepared.quota_per_minute)
            if turn_in is not None:
                return NoAnswer(deferred_seconds=turn_in, last_success_at=check.last_success_at)
        recorder = self._make_recorder(task, prepared)
        return await self._make_call(model, _Call(task, prepared, recorder, check.last_success_at))

    async def _make_call(self, model: Model, call: _Call[ValueT, ResultT]) -> BilledAnswer[ValueT] | NoAnswer:
        """Reserve, record, send, price, and parse."""
        services, quote, reservation, recorder = (
            self._services,
            call.prepared.quote,
            call.task.reservation,
            call.recorder,
        )
        over_budget = await reservation.reserve(quote.limit)
        if over_budget is not None:
            return NoAnswer(over_budget, asked=call.asked)
        try:
            is_new = await recorder.open(services, quote.estimate)
        except BaseException:  # nothing was sent, also by a task that was cancelled
            reservation.keep_for_redelivery()
            raise
        try:
            answer = await recorder.time_answer(self._send(model, call.prepared))
        except (StoreUnavailableError, DamagedFileError) as error:  # of the request log: nothing was sent
            reservation.keep_for_redelivery()
            if is_new:
                await recorder.record_unsent_call(services, error)
            raise
        except ModelError as error:
            return await self._settle_failure(call, error)
        return await self._accept_answer(call, answer)

    async def _accept_answer(
        self, call: _Call[ValueT, ResultT], answer: TextAnswer[Any] | ImageAnswer
    ) -> BilledAnswer[ValueT] | NoAnswer:
        """Price, parse and record an answer."""
        services = self._services
        cost = call.prepared.quote.price(answer.model, answer.usage)
        try:
            value = await _parse(call.prepared, answer)
        except UnusableAnswerError as error:
            return await self._settle_unusable_answer(call, answer, cost, error)
        await call.recorder.record_answer(services, answer, cost)
        if isinstance(call.prepared, PreparedImage):
            await self._count_outcome(call.task, None)
        return BilledAnswer(value, cost, answer.model, answer.request_id)

    async def _settle_failure(
        self, call: _Call[ValueT, ResultT], error: ModelError, *, is_counted: bool = True
    ) -> NoAnswer:
        """Record and settle a call that failed. An error that every further call would meet stops the run at once."""
        services, run_id = self._services, call.task.call.run_id
        cost = call.prepared.quote.price_failure(error)
        await call.recorder.record_failure(services, error, cost)
        message = shorten_message(error.message)
        failure = Failure(error.reason, message, error.retry_after_seconds, error.request_id, error.is_final)
        await call.task.reservation.settle(cost)
        if error.reason in FATAL_REASONS:
            await record_stop(services.store, run_id, failure)
        if is_counted and isinstance(call.prepared, PreparedImage):
            await self._count_outcome(call.task, error.reason, error.mismatch)
        return NoAnswer(failure, cost, call.asked, last_success_at=call.last_success_at)

    async def _settle_unusable_answer(
        self,
        call: _Call[ValueT, ResultT],
        answer: TextAnswer[Any] | ImageAnswer,
        cost: Cost,
        error: UnusableAnswerError,
    ) -> NoAnswer:
        """Record and settle a call that was answered in vain."""
        services = self._services
        await call.recorder.record_answer(services, answer, cost, reason=error.reason, message=error.message)
        if isinstance(call.prepared, PreparedImage):
            if call.prepared.request.job is not None:
                await services.request_log.remove(call.prepared.request.job)
            await self._count_outcome(call.task, error.reason, error.mismatch)
        await call.task.reservation.settle(cost)
        failure = Failure(error.reason, shorten_message(error.message), request_id=answer.request_id)
        return NoAnswer(failure, cost, call.asked, last_success_at=call.last_success_at)

    async def _send(self, model: Model, prepared: Prepared[Any]) -> TextAnswer[Any] | ImageAnswer:
        if isinstance(prepared, PreparedImage):
            return await self._generate_image(model, prepared)
        return await model.answer(prepared.make_request())

    async def _generate_image(self, model: Model, prepared: PreparedImage[Any]) -> ImageAnswer:
        """Send an image request, and pass what the provider reports of its quota to the rate limiter."""
        if prepared.request.references:
            self._check_references(len(prepared.request.references))
        rate_limiter = self._services.rate_limiter
        started = rate_limiter.record_start()
        try:
            answer = await model.generate_image(prepared.request)
        except ModelError as error:
            if error.reason is Reason.RATE_LIMITED:
                retry_after = clamp_retry_after(error.retry_after_seconds)
                rate_limiter.record_quota(error.requests_per_minute)
                rate_limiter.record_throttled(started, retry_after, prepared.quota_per_minute)
            raise
        rate_limiter.record_quota(answer.requests_per_minute)
        return answer

    def _check_references(self, count: int) -> None:
        """Check that the provider takes reference images: the settings may have changed since the run started.

        Raises:
            ModelError: it would generate the image without them, and bill it.
        """
        model = self._services.settings.model
        try:
            check_references(model.image_provider, model.image_deployment, count)
        except ValueError as error:
            raise ModelError(Reason.NOT_CONFIGURED, str(error)) from error

    def _make_recorder(
        self, task: BilledTask[Any, Any], prepared: Prepared[Any], request_key: str | None = None
    ) -> CallRecorder:
        call, settings = task.call, self._services.settings.model
        if request_key is None and isinstance(prepared, PreparedImage) and settings.image_provider is Provider.FAL:
            request_key = prepared.request.job
        return CallRecorder(
            run_id=call.run_id,
            kind="image" if isinstance(prepared, PreparedImage) else prepared.question.kind,
            subject=task.record_subject,
            attempt=call.attempt,
            deployment=prepared.quote.deployment,
            resume_count=call.resume_count,
            iteration=call.step.round if isinstance(call, ImageCall) else None,
            request_key=request_key,
        )

    async def _count_outcome(
        self, task: BilledTask[Any, Any], reason: Reason | None, mismatch: Mismatch | None = None
    ) -> None:
        """Pass the outcome of an image call to the circuit breaker (None = success), and stop the run if it opens.

        If the store does not accept the stop record, the next outcome tries again.
        """
        call = task.call
        failure = self._services.circuit_breakers.record_outcome(call.run_id, call.resume_count, reason, mismatch)
        if failure is not None:
            with contextlib.suppress(StoreUnavailableError):
                await record_stop(self._services.store, call.run_id, failure)


async def _parse(prepared: Prepared[ValueT], answer: Any) -> ValueT:
    if isinstance(prepared, PreparedImage):
        return await prepared.parse(answer)
    return prepared.parse(answer.value)
