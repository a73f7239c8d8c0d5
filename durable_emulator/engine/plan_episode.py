"""One episode's decision: opens it, replays the orchestrator, and concludes what follows. Touches nothing."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from durable_emulator.engine import events
from durable_emulator.engine.actions import Decision
from durable_emulator.engine.episode_outcome import Continues, Ends, Message, Outcome, conclude
from durable_emulator.engine.errors import ReplayError, UnknownOrchestratorError
from durable_emulator.engine.events import Event
from durable_emulator.engine.history import History
from durable_emulator.engine.instances import Instance, RuntimeStatus
from durable_emulator.engine.replay import Orchestrator, replay

logger = logging.getLogger("durable_emulator.engine")


@dataclass(frozen=True, slots=True)
class Episode:
    """An episode that is decided and not written yet.

    Attributes:
        at: its moment; the orchestrator's ``current_utc_datetime``.
        messages: what it took from the inbox.
        new_events: the events that the orchestrator saw for the first time.
        outcome: what follows.
    """

    at: datetime
    messages: list[Message]
    new_events: list[Event]
    outcome: Outcome


def plan_episode(
    orchestrators: Mapping[str, Orchestrator],
    instance: Instance,
    history: History,
    messages: list[Message],
    at: datetime,
    *,
    lost_worker_message: str | None = None,
) -> Episode:
    """Return an instance's next episode; an orchestrator that cannot go on makes it one that ends Failed.

    Args:
        orchestrators: registered handlers by function name.
        instance: whose episode it is.
        history: up to the episode before.
        messages: what happened since.
        at: the episode's moment.
        lost_worker_message: how the worker died in this episode, before it gave an answer; None = it lives.
    """
    new_events = [events.make_orchestrator_started(at)]
    if not history.texts:
        new_events.append(events.make_execution_started(at, instance))
    new_events += [message.event for message in messages]
    try:
        orchestrator = orchestrators.get(instance.name)
        if orchestrator is None:
            raise UnknownOrchestratorError(instance.name, sorted(orchestrators))  # noqa: TRY301 - one way out for all
        texts = [*history.texts, *map(events.encode_event, new_events)]
        is_replaying = bool(history.texts)
        decision = (
            Decision(error=lost_worker_message)
            if lost_worker_message
            else replay(orchestrator, instance, texts, is_replaying=is_replaying)
        )
        outcome = conclude(instance, history, new_events, decision, at)
    except (ReplayError, UnknownOrchestratorError) as error:
        logger.warning("Instance %s failed: %s", instance.id, error)
        return Episode(at, messages, new_events, Ends(RuntimeStatus.FAILED, json.dumps(str(error)), None))
    if isinstance(outcome, Continues) and outcome.is_returned:
        logger.info("Instance %s (%s) has returned and stays Running until its tasks end", instance.id, instance.name)
    return Episode(at, messages, new_events, outcome)
