"""A request log in memory."""

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True)
class MemoryRequestLog:
    """The `RequestLog` port without a store.

    Attributes:
        request_log: the request id by job.
        removed: the jobs whose entry was removed.
        entered: set by the first entry.
    """

    request_log: dict[str, str] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    entered: asyncio.Event = field(default_factory=asyncio.Event)

    async def find(self, job: str) -> str | None:
        return self.request_log.get(job)

    async def record(self, job: str, provider_request_id: str) -> None:
        self.request_log[job] = provider_request_id
        self.entered.set()

    async def remove(self, job: str) -> None:
        self.request_log.pop(job, None)
        self.removed.append(job)
