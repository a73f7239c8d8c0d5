"""Write each step of the engine to the journal as one transaction."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import uuid4

from durable_emulator.engine import events
from durable_emulator.engine.episode import Continues, ContinuesAsNew, Ends, Episode, History
from durable_emulator.engine.events import Event, EventType
from durable_emulator.engine.fault_injection import FaultInjector, FaultPoint
from durable_emulator.engine.instances import Instance, RuntimeStatus, make_instance
from durable_emulator.engine.journal import Journal, WorkItem
from durable_emulator.errors import InstanceExistsError


@dataclass(slots=True)
class Effects:
    """What the engine does after a commit.

    Attributes:
        started: work items to dispatch.
        cancelled: tokens that became invalid.
        woken: instances with new messages.
    """

    started: list[WorkItem] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    woken: list[str] = field(default_factory=list)


class JournalWriter:
    """Writes steps to a journal.

    Args:
        journal: the journal.
        faults: fault injection of a test.
    """

    def __init__(self, journal: Journal, faults: FaultInjector) -> None:
        self._journal = journal
        self._faults = faults

    def start(self, instance: Instance) -> None:
        """Add a new instance; replace a finished one with the same id.

        Raises:
            InstanceExistsError: an unfinished instance has the same id.
        """
        with self._journal.transaction():
            self._replace(instance)

    def record_completion(self, token: int, make_event: Callable[[int], Event]) -> str | None:
        """Consume a token, queue the completion, and return the instance to wake; None if the token is invalid.

        Args:
            token: of the finished work item.
            make_event: returns the completion event for a task number.
        """
        with self._journal.transaction():
            owner = self._journal.consume_token(token)
            if owner is None:
                return None
            instance_id, task_id = owner
            self._journal.add_message(instance_id, make_event(task_id), task_id=task_id)
            self._faults.reach(FaultPoint.COMPLETION_WRITTEN, instance_id)
        return instance_id

    def record_raised_event(self, instance_id: str, event: Event) -> None:
        """Queue an external event for an instance."""
        with self._journal.transaction():
            self._journal.add_message(instance_id, event, task_id=None)

    def record_episode(self, instance: Instance, history: History, episode: Episode) -> Effects:
        """Write an episode: history, status, taken messages and new work items.

        Args:
            instance: the instance before the episode.
            history: up to the previous episode; the caller extends it after the commit.
            episode: the planned episode.
        """
        effects = Effects()
        with self._journal.transaction():
            self._journal.delete_messages(message.number for message in episode.messages)
            outcome = episode.outcome
            stepped = replace(
                instance,
                status=RuntimeStatus.RUNNING,
                custom_status=outcome.custom_status or instance.custom_status,
                updated=episode.at,
            )
            match outcome:
                case Continues():
                    self._continue_instance(stepped, history, episode.new_events, outcome, effects)
                case ContinuesAsNew():
                    effects.cancelled += self._journal.clear_generation(instance.id)
                    renewed = replace(
                        stepped,
                        input=outcome.next_input,
                        generation=instance.generation + 1,
                        execution_id=uuid4().hex,
                        waits={},
                    )
                    self._journal.update_instance(renewed)
                case Ends():
                    self._finish(replace(stepped, status=outcome.status, output=outcome.output), effects)
            self._faults.reach(FaultPoint.EPISODE_WRITTEN, instance.id)
        return effects

    def record_termination(self, instance: Instance, reason: str, at: datetime) -> Effects:
        """Terminate an instance. As in Azure, its children continue."""
        effects = Effects()
        with self._journal.transaction():
            ended = replace(instance, status=RuntimeStatus.TERMINATED, output=json.dumps(reason), updated=at)
            self._finish(ended, effects)
        return effects

    def record_status(self, instance: Instance, status: RuntimeStatus, at: datetime) -> None:
        """Suspend or resume an instance."""
        with self._journal.transaction():
            self._journal.update_instance(replace(instance, status=status, updated=at))

    def purge(self, instance_ids: list[str]) -> None:
        """Delete finished instances and their finished children."""
        with self._journal.transaction():
            for instance_id in instance_ids:
                self._delete(instance_id)

    def _delete(self, instance_id: str) -> None:
        for child in self._journal.list_children(instance_id):
            if child.status.is_finished:
                self._delete(child.id)
        self._journal.delete_instance(instance_id)

    def _replace(self, instance: Instance) -> None:
        existing = self._journal.find_instance(instance.id)
        if existing is not None:
            if not existing.status.is_finished:
                raise InstanceExistsError(instance.id, existing.status)
            self._delete(instance.id)
        self._journal.insert_instance(instance)

    def _continue_instance(
        self,
        instance: Instance,
        history: History,
        new_events: list[Event],
        outcome: Continues,
        effects: Effects,
    ) -> None:
        scheduled = [task.event for task in outcome.scheduled]
        recorded = [*new_events, *scheduled, events.make_orchestrator_completed(instance.updated)]
        self._journal.append_history(instance.id, len(history.texts), map(events.mark_played, recorded))
        self._journal.update_instance(replace(instance, waits=outcome.waits))
        for task_id in outcome.cancelled:
            effects.cancelled += self._journal.cancel_work(instance.id, task_id)
        for task in outcome.scheduled:
            if not task.is_cancelled:
                self._add_work_item(instance, task.event | {"Input": task.input}, effects)

    def _add_work_item(self, instance: Instance, event: Event, effects: Effects) -> None:
        work = self._journal.add_work(instance.id, event, trace_parent=instance.trace_parent)
        if event["EventType"] != EventType.SUB_ORCHESTRATION_CREATED:
            effects.started.append(work)
            return
        child = make_instance(
            event["InstanceId"],
            event["Name"],
            event["Input"],
            instance.updated,
            parent_id=instance.id,
            parent_token=work.token,
            parent=events.describe_parent(instance, event["EventId"]),
            trace_parent=instance.trace_parent,
        )
        try:
            self._replace(child)
            effects.woken.append(child.id)
        except InstanceExistsError as error:
            reason = str(error)
            self._notify_parent(
                work.token,
                lambda task_id: events.make_sub_orchestration_failed(instance.updated, task_id, reason),
                effects,
            )

    def _finish(self, instance: Instance, effects: Effects) -> None:
        """Write the end of an instance, delete its history and messages, and notify its parent."""
        self._journal.update_instance(replace(instance, waits={}))
        effects.cancelled += self._journal.clear_generation(instance.id)
        self._journal.delete_messages(message.number for message in self._journal.read_inbox(instance.id))
        if instance.parent_token is not None:
            self._notify_parent(
                instance.parent_token, lambda task_id: _make_completion_event(instance, task_id), effects
            )

    def _notify_parent(self, token: int, make_event: Callable[[int], Event], effects: Effects) -> None:
        owner = self._journal.consume_token(token)
        if owner is not None:
            parent_id, task_id = owner
            self._journal.add_message(parent_id, make_event(task_id), task_id=task_id)
            effects.woken.append(parent_id)


def _make_completion_event(child: Instance, task_id: int) -> Event:
    output = child.output or "null"
    if child.status is RuntimeStatus.COMPLETED:
        return events.make_sub_orchestration_completed(child.updated, task_id, output)
    return events.make_sub_orchestration_failed(child.updated, task_id, json.loads(output))
