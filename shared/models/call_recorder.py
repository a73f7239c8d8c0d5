"""The record of one billed call: opened before the call, and replaced by its outcome."""

import hashlib
import time
import uuid
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TypeVar

from pydantic import BaseModel

from shared.audit.call_records import CallRecord
from shared.errors import ModelError, StoreUnavailableError
from shared.messages.base import Cost
from shared.models.protocol import ImageAnswer, TextAnswer
from shared.reasons import Reason, shorten_message
from shared.storage.json_files import DamagedFileError

if TYPE_CHECKING:
    from shared.services.container import Services

AnswerT = TypeVar("AnswerT")


class CallRecorder:
    """Times a call, and writes its record.

    Args:
        run_id: the run that makes the call.
        kind: the kind of model that is called.
        subject: what the call is for, see ``CallRecord``.
        attempt: counts the calls for the same result, from 0.
        deployment: the deployment that is called.
        resume_count: see ``CallRecord``.
        iteration: see ``CallRecord``.
        request_key: the request's key in the request log. A later delivery fetches the image of the same request,
            which is billed once, so both share one record. None = every delivery has a record of its own.
    """

    def __init__(
        self,
        *,
        run_id: str,
        kind: Literal["text", "vision", "image"],
        subject: str,
        attempt: int,
        deployment: str,
        resume_count: int = 0,
        iteration: int | None = None,
        request_key: str | None = None,
    ) -> None:
        self._run_id = run_id
        self._kind = kind
        self._subject = subject
        self._attempt = attempt
        self._deployment = deployment
        self._resume_count = resume_count
        self._iteration = iteration
        suffix = str(uuid.uuid4()) if request_key is None else hashlib.sha256(request_key.encode()).hexdigest()[:16]
        self._call_id = f"{kind}-{subject}-{resume_count}-{attempt}-{suffix}".replace("/", "-")
        self._started_at = datetime.now(UTC)
        self._seconds = 0.0

    async def open(self, services: "Services", estimate: Cost) -> bool:
        """Record that the call is about to be made; the estimate counts if this process dies before the answer.

        Returns:
            False where an earlier delivery has opened the same record.

        Raises:
            StoreUnavailableError: the store does not answer; the call must not be made.
        """
        message = "The process ended before the answer was recorded. The call may have been billed."
        record = self._describe(estimate, reason=Reason.INTERRUPTED, message=message)
        return await services.calls.open(services.store, self._run_id, record)

    async def time_answer(self, answer: Awaitable[AnswerT]) -> AnswerT:
        """Wait for the answer, and measure the time that it takes."""
        self._started_at, started = datetime.now(UTC), time.perf_counter()
        try:
            return await answer
        finally:
            self._seconds = time.perf_counter() - started

    async def record_answer(
        self,
        services: "Services",
        answer: TextAnswer[BaseModel] | ImageAnswer,
        cost: Cost,
        *,
        reason: Reason | None = None,
        message: str = "",
    ) -> None:
        """Record that the call was answered; ``reason`` and ``message`` say why the answer cannot be used, if so."""
        record = self._describe(cost, model=answer.model, reason=reason, message=message, request_id=answer.request_id)
        await services.calls.write(services.store, self._run_id, record)

    async def record_failure(self, services: "Services", error: ModelError, cost: Cost) -> None:
        """Record that the call failed."""
        record = self._describe(cost, reason=error.reason, message=error.message, request_id=error.request_id)
        await services.calls.write(services.store, self._run_id, record)

    async def record_unsent_call(self, services: "Services", error: StoreUnavailableError | DamagedFileError) -> None:
        """Record that the call was not sent, so that its open record does not count as a billed one."""
        is_away = isinstance(error, StoreUnavailableError)
        reason = Reason.STORE_UNAVAILABLE if is_away else Reason.DAMAGED_FILE
        record = self._describe(Cost(), reason=reason, message=f"The call was not sent: {error}")
        await services.calls.write(services.store, self._run_id, record)

    def _describe(
        self,
        cost: Cost,
        *,
        reason: Reason | None,
        message: str,
        model: str | None = None,
        request_id: str | None = None,
    ) -> CallRecord:
        return CallRecord(
            call_id=self._call_id,
            kind=self._kind,
            subject=self._subject,
            resume_count=self._resume_count,
            iteration=self._iteration,
            attempt=self._attempt,
            model=model or self._deployment,
            reason=reason,
            message=shorten_message(message),
            cost=cost,
            started_at=self._started_at,
            duration_ms=round(self._seconds * 1000),
            request_id=request_id,
        )
