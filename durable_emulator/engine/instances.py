"""Orchestration instances: their states and properties, and filters over them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4


class RuntimeStatus(StrEnum):
    """The states of an instance, spelled as the durable client's ``OrchestrationRuntimeStatus``."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUSPENDED = "Suspended"
    COMPLETED = "Completed"
    FAILED = "Failed"
    TERMINATED = "Terminated"

    @property
    def is_finished(self) -> bool:
        """Whether the instance has reached a final state."""
        return self in {RuntimeStatus.COMPLETED, RuntimeStatus.FAILED, RuntimeStatus.TERMINATED}

    @property
    def is_runnable(self) -> bool:
        """Whether the instance runs episodes; a suspended one only collects messages."""
        return self in {RuntimeStatus.PENDING, RuntimeStatus.RUNNING}


@dataclass(frozen=True, slots=True)
class Instance:
    """One orchestration instance, as stored in the journal.

    Attributes:
        id: unique among all instances.
        name: the orchestrator function.
        input: JSON text; None without an input.
        status: its state.
        custom_status: JSON text of the last ``set_custom_status``; None before the first.
        output: JSON text of the result, of the failure message (Failed) or of the reason (Terminated).
        created: start time.
        updated: time of its latest episode; strictly increasing, even if the clock is not.
        generation: how often it continued as new.
        waits: how many external events of each name it can take.
        execution_id: identifies its generation; never reused.
        parent_id: the instance that started it as a sub-orchestration.
        parent_token: task token of the parent that its end consumes.
        parent: description of the parent in its first event, as JSON data.
        trace_parent: W3C ``traceparent`` of the caller that started it, inherited by children; None without one.
    """

    id: str
    name: str
    input: str | None
    status: RuntimeStatus
    custom_status: str | None
    output: str | None
    created: datetime
    updated: datetime
    generation: int
    waits: Mapping[str, int]
    execution_id: str
    parent_id: str | None = None
    parent_token: int | None = None
    parent: Mapping[str, Any] | None = None
    trace_parent: str | None = None


def make_instance(
    instance_id: str,
    name: str,
    input_: str | None,
    at: datetime,
    *,
    parent_id: str | None = None,
    parent_token: int | None = None,
    parent: Mapping[str, Any] | None = None,
    trace_parent: str | None = None,
) -> Instance:
    """Return an instance that has not run an episode yet."""
    return Instance(
        id=instance_id,
        name=name,
        input=input_,
        status=RuntimeStatus.PENDING,
        custom_status=None,
        output=None,
        created=at,
        updated=at,
        generation=0,
        waits={},
        execution_id=str(uuid4()) if parent_id is None else uuid4().hex,  # formats of the extension
        parent_id=parent_id,
        parent_token=parent_token,
        parent=parent,
        trace_parent=trace_parent,
    )


@dataclass(frozen=True, slots=True)
class InstanceFilter:
    """Which instances to list; None and empty values match all.

    Attributes:
        statuses: in one of these states.
        created_from: created at or after.
        created_to: created at or before.
        id_prefix: start of the id.
        after_id: only ids that sort after this one, to continue a listing.
        limit: maximum number, in order of ids.
    """

    statuses: frozenset[RuntimeStatus] = frozenset()
    created_from: datetime | None = None
    created_to: datetime | None = None
    id_prefix: str = ""
    after_id: str = ""
    limit: int | None = None
