"""A durable client without a host: knows the started instances, and fails on demand."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import azure.durable_functions as df

from tests.support.durable_client import UnexpectedDurableClient
from tests.support.memory_store import KilledError

RuntimeStatus = df.OrchestrationRuntimeStatus


@dataclass(slots=True)
class ScriptedHost(UnexpectedDurableClient):
    """A durable client that knows the instances that it started.

    Attributes:
        instances: runtime status by instance id.
        starts: how often each id was started.
        inputs: what each was started with.
        dies_before_start: the process is killed instead of starting.
        dies_after_start: the process is killed as soon as it has started.
        is_blind: it starts instances, but does not see them yet.
        error: what a start meets.
    """

    instances: dict[str, Any] = field(default_factory=dict)
    starts: Counter[str] = field(default_factory=Counter)
    inputs: dict[str, Any] = field(default_factory=dict)
    dies_before_start: bool = False
    dies_after_start: bool = False
    is_blind: bool = False
    error: Exception | None = None

    async def start_new(self, name: str, instance_id: str, client_input: Any) -> str:
        assert name in {"seed_catalog", "finish_run"}
        await asyncio.sleep(0)
        if self.dies_before_start:
            raise KilledError(instance_id)
        if self.error is not None:
            raise self.error
        if self.instances.get(instance_id) is RuntimeStatus.Running:
            self.is_blind = False
            raise RuntimeError(f"an instance {instance_id} is running already")
        self.instances[instance_id] = RuntimeStatus.Running
        self.starts[instance_id] += 1
        self.inputs[instance_id] = client_input
        if self.dies_after_start:
            raise KilledError(instance_id)
        return instance_id

    async def get_status(self, instance_id: str) -> Any:
        await asyncio.sleep(0)
        status = None if self.is_blind else self.instances.get(instance_id)
        return SimpleNamespace(runtime_status=status, custom_status=None, output=None)

    async def get_status_by(self, since: Any, until: Any, statuses: list[Any]) -> list[Any]:
        assert since < until
        found = {name: status for name, status in self.instances.items() if status in statuses}
        return [SimpleNamespace(instance_id=name, runtime_status=status) for name, status in found.items()]
