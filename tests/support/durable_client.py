"""A base for durable clients of tests: a method that a test does not expect fails the test."""
# ruff: noqa: ARG002 - the signatures of the port

from datetime import datetime
from typing import Any


class UnexpectedDurableClient:
    """A durable client whose every call is a failure; tests override what they expect."""

    async def get_status(self, instance_id: str) -> Any:
        raise AssertionError(instance_id)

    async def get_status_by(self, since: datetime, until: datetime, statuses: list[Any]) -> list[Any]:
        raise AssertionError(statuses)

    async def start_new(self, name: str, instance_id: str, client_input: Any) -> str:
        raise AssertionError(instance_id)

    async def raise_event(self, instance_id: str, event: str) -> None:
        raise AssertionError(event)

    async def resume(self, instance_id: str, reason: str) -> None:
        raise AssertionError(instance_id)

    async def terminate(self, instance_id: str, reason: str) -> None:
        raise AssertionError(instance_id)

    async def purge_instance_history(self, instance_id: str) -> Any:
        raise AssertionError(instance_id)
