"""What is known of an orchestration instance."""

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
        """Whether the instance takes no further step, ever."""
        return self in {RuntimeStatus.COMPLETED, RuntimeStatus.FAILED, RuntimeStatus.TERMINATED}

    @property
    def is_runnable(self) -> bool:
        """Whether the instance takes steps now; a suspended one collects messages and waits."""
        return self in {RuntimeStatus.PENDING, RuntimeStatus.RUNNING}


@dataclass(frozen=True, slots=True)
class Instance:
    """One orchestration instance as the journal has it.

    Attributes:
        id: unique among all instances.
        name: the orchestrator function.
        input: the input's JSON text; None when it was started without one.
        status: where it is.
        custom_status: JSON text of what ``set_custom_status`` got last; None before the first.
        output: JSON text of the result, of the failure message (Failed) or of the reason (Terminated).
        created: when it was started.
        updated: when it took its latest step; strictly increasing, also where the clock is not.
        generation: how often it continued as new.
        waits: names of events that it waits for, and how many of each it can take.
        execution_id: names its generation; unique for ever.
        parent_id: the instance that started it as a sub-orchestration.
        parent_ticket: the parent's ticket that its end redeems.
        parent: what its first event says of the parent, as JSON data.
        trace_parent: W3C ``traceparent`` of whoever started it, handed down to children; None without one.
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
    parent_ticket: int | None = None
    parent: Mapping[str, Any] | None = None
    trace_parent: str | None = None


def make_instance(
    instance_id: str,
    name: str,
    input_: str | None,
    at: datetime,
    *,
    parent_id: str | None = None,
    parent_ticket: int | None = None,
    parent: Mapping[str, Any] | None = None,
    trace_parent: str | None = None,
) -> Instance:
    """Return an instance that has not taken a step yet."""
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
        execution_id=str(uuid4()) if parent_id is None else uuid4().hex,  # each as the extension writes it
        parent_id=parent_id,
        parent_ticket=parent_ticket,
        parent=parent,
        trace_parent=trace_parent,
    )


@dataclass(frozen=True, slots=True)
class InstanceFilter:
    """Which instances to list; None and empty mean any.

    Attributes:
        statuses: any of these.
        created_from: created at or after.
        created_to: created at or before.
        id_prefix: the id starts with it.
        after_id: only ids that sort after it, to continue a listing.
        limit: at most this many, in order of ids.
    """

    statuses: frozenset[RuntimeStatus] = frozenset()
    created_from: datetime | None = None
    created_to: datetime | None = None
    id_prefix: str = ""
    after_id: str = ""
    limit: int | None = None
