"""The engine: runs instances through their episodes, and resumes them after a crash or restart."""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

from durable_emulator.engine import events
from durable_emulator.engine.activity_workers import Activity, ActivityWorkers
from durable_emulator.engine.clock import AlarmTable, Clock, SystemClock
from durable_emulator.engine.episode import Continues, ContinuesAsNew, History, choose_messages, plan_episode
from durable_emulator.engine.events import Event, EventType
from durable_emulator.engine.fault_injection import FaultInjector, FaultPoint, SimulatedKillError
from durable_emulator.engine.instances import Instance, InstanceFilter, RuntimeStatus, make_instance
from durable_emulator.engine.journal import Journal, WorkItem
from durable_emulator.engine.journal_writer import Effects, JournalWriter
from durable_emulator.engine.progress import ChangeSignal, ChangeWatch, EngineStatistics
from durable_emulator.engine.replay import Orchestrator
from durable_emulator.errors import EngineStoppedError, UnknownOrchestratorError
from durable_emulator.sdk_internals import check_sdk_version, replace_timestamp_parser

DEFAULT_GRACE_SECONDS = 2.0
"""How long running activities may continue when the engine stops; cancelled ones run again at the next start."""

logger = logging.getLogger("durable_emulator.engine")


class Engine:
    """Runs orchestrations from one journal on the running event loop. A journal has one engine at a time.

    Everything but activities runs in short steps on the event loop: a step reads the journal, decides, and commits.

    Args:
        journal_path: the SQLite file, created if it is missing.
        orchestrators: registered handlers by function name.
        activities: by function name.
        clock: source of time; None = the machine's clock.
        faults: fault injection of a test.
        max_concurrent_activities: ``maxConcurrentActivityFunctions`` of host.json; None = no limit.

    Attributes:
        statistics: counters since the engine was created.

    Raises:
        JournalError: the journal cannot be used.
        SdkVersionError: the installed SDK is not the checked version.
    """

    def __init__(
        self,
        journal_path: Path,
        orchestrators: Mapping[str, Orchestrator],
        activities: Mapping[str, Activity],
        *,
        clock: Clock | None = None,
        faults: FaultInjector | None = None,
        max_concurrent_activities: int | None = None,
    ) -> None:
        check_sdk_version()
        replace_timestamp_parser()
        self._orchestrators = orchestrators
        self._clock: Clock = clock or SystemClock()
        self._faults = faults or FaultInjector()
        self._open_journal = Journal(journal_path)
        self._is_closed = False
        self._writer = JournalWriter(self._open_journal, self._faults)
        self._changes = ChangeSignal()
        self.statistics = EngineStatistics()
        self._workers = ActivityWorkers(
            activities,
            on_completion=self._on_completion,
            is_wanted=self._is_wanted,
            now=self._clock.now,
            faults=self._faults,
            on_kill=self.abandon,
            changes=self._changes,
            statistics=self.statistics,
            max_concurrent=max_concurrent_activities,
        )
        self._histories: dict[str, History] = {}
        self._alarms = AlarmTable(self._clock)
        self._ready: dict[str, None] = {}  # an ordered set
        self._next_step: asyncio.Handle | None = None
        self._is_running = False
        self._failure: Exception | None = None

    # --- lifecycle ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start, and resume everything that an earlier engine left unfinished. Needs a running event loop."""
        self._is_running = True
        for work in self._journal.list_work():
            self._dispatch(work)
        for instance_id in self._journal.list_runnable():
            self._wake(instance_id)

    async def stop(self, grace_seconds: float = DEFAULT_GRACE_SECONDS) -> None:
        """Stop episodes, wait ``grace_seconds`` for running activities, and close the journal.

        Results that arrive meanwhile are recorded; cancelled activities run again at the next start.
        """
        self._stop_steps()
        self._changes.notify()
        await self._workers.drain(grace_seconds)
        self._close()

    def abandon(self) -> None:
        """Stop at once, as a kill would: used when the journal cannot be written, and by tests."""
        self._stop_steps()
        self._workers.cancel()
        self._close()
        self._changes.notify()

    @property
    def failure(self) -> Exception | None:
        """The error that stopped the engine, such as a journal that cannot be written; None without one."""
        return self._failure

    # --- client operations -----------------------------------------------------------------------------------------

    def start_instance(
        self,
        name: str,
        input_: str | None = None,
        instance_id: str | None = None,
        *,
        trace_parent: str | None = None,
    ) -> str:
        """Start an orchestration and return its id.

        Args:
            name: the orchestrator function.
            input_: the input's JSON text.
            instance_id: None = a random one. A finished instance with this id is replaced.
            trace_parent: trace of its activities and of its children's activities.

        Raises:
            UnknownOrchestratorError: the app has no orchestrator with this name.
            InstanceExistsError: an unfinished instance has this id.
            EngineStoppedError: the engine is stopped. All other methods raise it, too.
        """
        self._check_open()
        if name not in self._orchestrators:
            raise UnknownOrchestratorError(name, sorted(self._orchestrators))
        instance = make_instance(instance_id or uuid4().hex, name, input_, self._clock.now(), trace_parent=trace_parent)
        self._writer.start(instance)
        self._histories.pop(instance.id, None)
        self._faults.reach(FaultPoint.INSTANCE_CREATED, instance.id)
        self._wake(instance.id)
        return instance.id

    def find_instance(self, instance_id: str) -> Instance | None:
        """Return an instance, or None if the id is unknown."""
        return self._journal.find_instance(instance_id)

    def list_instances(self, wanted: InstanceFilter | None = None) -> list[Instance]:
        """Return the instances that match a filter, children included, in order of ids."""
        return self._journal.list_instances(wanted or InstanceFilter())

    def read_history(self, instance_id: str) -> list[Event]:
        """Return the history of an unfinished instance's current generation; finished instances keep none."""
        return [json.loads(text) for text in self._journal.read_history(instance_id)]

    def raise_event(self, instance_id: str, name: str, data: str) -> bool:
        """Send an external event (``data`` is JSON text); False if the instance is unknown or finished.

        The event stays in the inbox, across continue-as-new too, until the orchestrator waits for its name.
        """
        if self._find_unfinished(instance_id) is None:
            return False
        self._writer.record_raised_event(instance_id, events.make_event_raised(self._clock.now(), name, data))
        self._wake(instance_id)
        return True

    def terminate(self, instance_id: str, reason: str) -> bool:
        """End an instance at once; False if it is unknown or finished.

        As in Azure, its children and running activities continue; their results are dropped.
        """
        instance = self._find_unfinished(instance_id)
        if instance is None:
            return False
        self._histories.pop(instance_id, None)
        self._apply_effects(self._writer.record_termination(instance, reason, self._get_next_time(instance)))
        return True

    def suspend(self, instance_id: str) -> bool:
        """Stop an instance's episodes; its inbox keeps new messages. False if it is unknown or finished."""
        return self._set_status(instance_id, RuntimeStatus.SUSPENDED)

    def resume(self, instance_id: str) -> bool:
        """Resume a suspended instance; False if it is unknown or finished."""
        return self._set_status(instance_id, RuntimeStatus.RUNNING)

    def purge(self, wanted: InstanceFilter) -> int:
        """Delete matching finished instances with their finished children; return the number, children excluded."""
        finished = [i.id for i in self._journal.list_instances(wanted) if i.status.is_finished]
        self._writer.purge(finished)
        return len(finished)

    def purge_instance(self, instance_id: str) -> bool:
        """Delete a finished instance and its finished children; False if it is unknown or unfinished."""
        instance = self._journal.find_instance(instance_id)
        if instance is None or not instance.status.is_finished:
            return False
        self._writer.purge([instance_id])
        return True

    async def wait_for_completion(self, instance_id: str) -> Instance:
        """Return an instance once it is finished.

        Raises:
            LookupError: the instance does not exist.
            EngineStoppedError: the engine stopped first.
        """

        def is_finished() -> bool:
            self._check_running()
            return self._get_instance(instance_id).status.is_finished

        await self._changes.wait_until(is_finished)
        return self._get_instance(instance_id)

    async def wait_until_idle(self) -> None:
        """Return once no activity runs and all instances wait for timers or events only.

        Raises:
            EngineStoppedError: the engine stopped first.
        """

        def is_idle() -> bool:
            self._check_running()
            return not self._ready and not self._workers.running

        await self._changes.wait_until(is_idle)

    async def wait_until_stopped(self) -> None:
        """Return once the engine has stopped, by a call or by a `failure`."""
        await self._changes.wait_until(lambda: not self._is_running)

    def watch_changes(self) -> ChangeWatch:
        """Return a watch for changes of instances and activities, the end of the engine included."""
        return ChangeWatch(self._changes)

    # --- episodes ----------------------------------------------------------------------------------------------------

    def _wake(self, instance_id: str) -> None:
        self._ready[instance_id] = None
        self._schedule_step()

    def _schedule_step(self) -> None:
        if self._is_running and self._ready and self._next_step is None:
            self._next_step = asyncio.get_running_loop().call_soon(self._step)

    def _step(self) -> None:
        """Run one episode, then yield to the event loop: HTTP and activities share it."""
        self._next_step = None
        instance_id = next(iter(self._ready))
        del self._ready[instance_id]
        with self._as_step():
            self._run_episode(instance_id)
        self._changes.notify()
        self._schedule_step()

    def _run_episode(self, instance_id: str) -> None:
        instance = self._journal.find_instance(instance_id)
        if instance is None or not instance.status.is_runnable:
            return
        history = self._histories.get(instance_id)
        if history is None:
            history = self._histories[instance_id] = History(self._journal.read_history(instance_id))
        messages = choose_messages(instance.waits, self._journal.read_inbox(instance_id))
        if history.texts and not messages:
            return

        cpu_started = time.thread_time()
        at, lost_worker_message = self._get_next_time(instance), self._workers.lose_worker_in_episode(instance_id)
        episode = plan_episode(
            self._orchestrators, instance, history, messages, at, lost_worker_message=lost_worker_message
        )
        self._faults.reach(FaultPoint.EPISODE_DECIDED, instance_id)
        effects = self._writer.record_episode(instance, history, episode)
        self._faults.reach(FaultPoint.EPISODE_COMMITTED, instance_id)

        self.statistics.episodes += 1
        replayed = len(history.texts) + len(episode.new_events)
        self.statistics.max_history_events = max(self.statistics.max_history_events, replayed)
        outcome = episode.outcome
        if isinstance(outcome, Continues):
            scheduled = [task.event for task in outcome.scheduled]
            history.extend([*episode.new_events, *scheduled, events.make_orchestrator_completed(episode.at)])
            history.cancelled |= outcome.cancelled
            if self._journal.has_messages(instance_id):
                effects.woken.append(instance_id)
        else:
            del self._histories[instance_id]
            if isinstance(outcome, ContinuesAsNew):
                effects.woken.append(instance_id)
        self._apply_effects(effects)
        self.statistics.orchestrator_cpu_seconds += time.thread_time() - cpu_started

    # --- work items --------------------------------------------------------------------------------------------------

    def _apply_effects(self, effects: Effects) -> None:
        for token in effects.cancelled:
            self._alarms.cancel(token)
        for work in effects.started:
            self._dispatch(work)
        for instance_id in effects.woken:
            self._wake(instance_id)
        self._changes.notify()

    def _dispatch(self, work: WorkItem) -> None:
        if work.event["EventType"] == EventType.TASK_SCHEDULED:
            self._workers.deliver(work)
        elif work.event["EventType"] == EventType.TIMER_CREATED:
            self._alarms.set(work.token, events.parse_time(work.event["FireAt"]), partial(self._fire, work))

    def _fire(self, work: WorkItem) -> None:
        with self._as_step():
            self._faults.reach(FaultPoint.TIMER_DUE, work.instance_id)
            fire_at = work.event["FireAt"]
            self._complete(work, lambda task_id: events.make_timer_fired(self._clock.now(), task_id, fire_at))

    def _on_completion(self, work: WorkItem, make_event: Callable[[int], Event]) -> None:
        if self._is_closed:  # the activity outlived its cancellation; it runs again at the next start
            return
        with self._as_step():
            self._complete(work, make_event)

    def _complete(self, work: WorkItem, make_event: Callable[[int], Event]) -> None:
        instance_id = self._writer.record_completion(work.token, make_event)
        if instance_id is not None:
            self._faults.reach(FaultPoint.COMPLETION_COMMITTED, instance_id)
            self._wake(instance_id)

    def _is_wanted(self, work: WorkItem) -> bool:
        return self._is_running and self._journal.has_token(work.token)

    # --- helpers ------------------------------------------------------------------------------------------------

    @contextmanager
    def _as_step(self) -> Iterator[None]:
        """Stop the engine when a step fails: it must not continue as if the journal had been written."""
        try:
            yield
        except SimulatedKillError:
            self.abandon()
        except Exception as error:
            self._failure = error  # before logging: a log handler may read it
            logger.exception("A step of the durable engine failed; the engine stops")
            self.abandon()

    def _stop_steps(self) -> None:
        self._is_running = False
        if self._next_step is not None:
            self._next_step.cancel()
            self._next_step = None
        self._alarms.cancel_all()

    def _close(self) -> None:
        self._is_closed = True
        self._open_journal.close()

    @property
    def _journal(self) -> Journal:
        self._check_open()
        return self._open_journal

    def _check_open(self) -> None:
        if self._is_closed:
            raise EngineStoppedError("the durable engine is stopped") from self._failure

    def _check_running(self) -> None:
        if not self._is_running:
            raise EngineStoppedError("the durable engine is not running") from self._failure

    def _get_instance(self, instance_id: str) -> Instance:
        instance = self._journal.find_instance(instance_id)
        if instance is None:
            raise LookupError(f"instance {instance_id!r} does not exist")
        return instance

    def _find_unfinished(self, instance_id: str) -> Instance | None:
        instance = self._journal.find_instance(instance_id)
        return None if instance is None or instance.status.is_finished else instance

    def _set_status(self, instance_id: str, status: RuntimeStatus) -> bool:
        instance = self._find_unfinished(instance_id)
        if instance is None:
            return False
        if (status is RuntimeStatus.SUSPENDED) == instance.status.is_runnable:
            self._writer.record_status(instance, status, self._get_next_time(instance))
            self._wake(instance_id)
            self._changes.notify()
        return True

    def _get_next_time(self, instance: Instance) -> datetime:
        """Return the current time, but later than the previous episode: the SDK derives ``new_uuid`` from it."""
        return max(self._clock.now(), instance.updated + timedelta(microseconds=1))
