"""The durable client as services use it: a port that the SDK's `DurableOrchestrationClient` satisfies."""

from datetime import datetime
from typing import Any, Protocol


class DurableClient(Protocol):
    """Starts, reads and ends orchestrations. Instances are the SDK's `DurableOrchestrationStatus`."""

    async def get_status(self, instance_id: str, /) -> Any:
        """Return an instance; one without a runtime status is unknown to the durable host."""

    async def get_status_by(
        self, created_time_from: datetime, created_time_to: datetime, runtime_status: list[Any], /
    ) -> Any:
        """Return at most 100 instances with one of the runtime statuses, created between two times."""

    async def start_new(self, orchestration_function_name: str, instance_id: str, client_input: Any, /) -> Any:
        """Start an orchestration.

        Raises:
            Exception: an instance with this id has not finished, or the durable host does not answer.
        """

    async def raise_event(self, instance_id: str, event_name: str, /) -> None:
        """Send an event to an instance.

        Raises:
            Exception: the instance has finished, or the durable host does not answer.
        """

    async def resume(self, instance_id: str, reason: str, /) -> None:
        """Resume a suspended instance."""

    async def terminate(self, instance_id: str, reason: str, /) -> None:
        """Terminate an instance; its children continue."""

    async def purge_instance_history(self, instance_id: str, /) -> Any:
        """Delete a finished instance; the result has the number of deleted instances."""
