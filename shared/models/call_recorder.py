"""One call to the model: how long it takes, and the record that it leaves whatever comes of it."""

import hashlib
import time
import uuid
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Self, TypeVar

from pydantic import BaseModel

from shared.audit.call_records import CallRecord
from shared.errors import ModelError, StoreUnavailableError
from shared.messages.base import Cost
from shared.messages.images import ImageCall
from shared.messages.text import TextCall
from shared.models.call_failures import shorten
from shared.models.protocol import ImageAnswer, TextAnswer
from shared.reasons import Reason
from shared.services.container import Services
from shared.storage.json_files import DamagedFileError

AnswerT = TypeVar("AnswerT")


@dataclass(slots=True)
class CallRecorder:
    """A call that is about to be made.

    Attributes:
        run_id: for which run.
        kind: ``text``, ``vision`` or ``image``.
        subject: what it is to bring, see ``CallRecord``.
        attempt: which call for it this is, from 0.
        deployment: what is called.
        resume_count: see ``CallRecord``.
        iteration: see ``CallRecord``.
        started_at: when it was made.
        seconds: how long its answer took.
        suffix: distinguishes the call from others of the same attempt: of another delivery.
    """

    run_id: str
    kind: Literal["text", "vision", "image"]
    subject: str
    attempt: int
    deployment: str
    resume_count: int = 0
    iteration: int | None = None
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    seconds: float = 0.0
    suffix: str = field(default_factory=lambda: str(uuid.uuid4()))

    @classmethod
    def for_image(cls, call: ImageCall, deployment: str, *, request_key: str | None = None) -> Self:
        """Return the call for an item's image.

        ``request_key`` names it to a service with a queue: a later delivery of the call fetches what was ordered,
        which is
        billed once, and so replaces the record.
        """
        recorder = cls(
            call.run_id, "image", call.product_id, call.attempt, deployment, call.resume_count, call.step.round
        )
        if request_key is not None:
            recorder.suffix = hashlib.sha256(request_key.encode()).hexdigest()[:16]
        return recorder

    @classmethod
    def for_refinement(cls, call: ImageCall, kind: Literal["text", "vision"], deployment: str) -> Self:
        """Return the call that looks at an item's image, or writes its prompt anew."""
        return cls(call.run_id, kind, call.product_id, call.attempt, deployment, call.resume_count, call.step.round)

    @classmethod
    def for_text(cls, call: TextCall, subject: str, deployment: str) -> Self:
        """Return the call for a batch, for the prompts of one, or for the categories."""
        return cls(call.run_id, "text", subject, call.attempt, deployment, call.resume_count)

    @property
    def call_id(self) -> str:
        """Names the call's record."""
        name = f"{self.kind}-{self.subject}-{self.resume_count}-{self.attempt}-{self.suffix}"
        return name.replace("/", "-")

    async def open(self, services: Services, cost: Cost) -> bool:
        """Record that the call is about to be made, with the cost that counts if this process dies before the answer.

        Returns:
            False where an earlier delivery has recorded the same call.

        Raises:
            StoreUnavailableError: the store does not answer; the call must not be made.
        """
        message = "the process ended before the answer was recorded; the call may have been billed"
        record = self._describe(cost, model=self.deployment, reason=Reason.INTERRUPTED, message=message)
        return await services.calls.open(services.store, self.run_id, record)

    async def time_answer(self, answer: Awaitable[AnswerT]) -> AnswerT:
        """Return the answer, and take its time."""
        self.started_at, started = datetime.now(UTC), time.perf_counter()
        try:
            return await answer
        finally:
            self.seconds = time.perf_counter() - started

    async def record_answer(
        self,
        services: Services,
        answer: TextAnswer[BaseModel] | ImageAnswer,
        cost: Cost,
        *,
        reason: Reason | None = None,
        message: str = "",
    ) -> None:
        """Record that it was answered; ``reason`` says why the answer cannot be used, if so."""
        await self._record(
            services, cost, model=answer.model, reason=reason, message=message, request_id=answer.request_id
        )

    async def record_failure(self, services: Services, error: ModelError, cost: Cost) -> None:
        """Record that it brought nothing."""
        await self._record(
            services,
            cost,
            model=self.deployment,
            reason=error.reason,
            message=error.message,
            request_id=error.request_id,
        )

    async def record_unsent_call(self, services: Services, error: StoreUnavailableError | DamagedFileError) -> None:
        """Record that the call was not made, so that its open record does not count as a billed one."""
        is_away = isinstance(error, StoreUnavailableError)
        reason = Reason.STORE_UNAVAILABLE if is_away else Reason.DAMAGED_FILE
        await self._record(
            services, Cost(), model=self.deployment, reason=reason, message=f"not called: {error}", request_id=None
        )

    async def _record(
        self,
        services: Services,
        cost: Cost,
        *,
        model: str,
        reason: Reason | None,
        message: str,
        request_id: str | None,
    ) -> None:
        record = self._describe(cost, model=model, reason=reason, message=message, request_id=request_id)
        await services.calls.write(services.store, self.run_id, record)

    def _describe(
        self, cost: Cost, *, model: str, reason: Reason | None, message: str = "", request_id: str | None = None
    ) -> CallRecord:
        return CallRecord(
            call_id=self.call_id,
            kind=self.kind,
            subject=self.subject,
            resume_count=self.resume_count,
            iteration=self.iteration,
            attempt=self.attempt,
            model=model,
            reason=reason,
            message=shorten(message),
            cost=cost,
            started_at=self.started_at,
            duration_ms=round(self.seconds * 1000),
            request_id=request_id,
        )
