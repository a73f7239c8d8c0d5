"""An order book in memory."""

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True)
class MemoryOrders:
    """The `OrderBook` port without a store.

    Attributes:
        orders: the order by job.
        struck: the jobs whose order was struck.
        entered: set by the first order.
    """

    orders: dict[str, str] = field(default_factory=dict)
    struck: list[str] = field(default_factory=list)
    entered: asyncio.Event = field(default_factory=asyncio.Event)

    async def find(self, job: str) -> str | None:
        return self.orders.get(job)

    async def enter(self, job: str, order_id: str) -> None:
        self.orders[job] = order_id
        self.entered.set()

    async def strike(self, job: str) -> None:
        self.orders.pop(job, None)
        self.struck.append(job)
