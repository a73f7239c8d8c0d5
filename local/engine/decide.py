"""One episode's decision: opens it, replays the orchestrator, and concludes what follows. Touches nothing."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from local.engine import events
from local.engine.actions import Decision
from local.engine.episode import Continues, Ends, Message, Outcome, conclude
from local.engine.errors import ReplayError, UnknownOrchestratorError
from local.engine.events import Event
from local.engine.history import History
from local.engine.instances import Instance, RuntimeStatus
from local.engine.replay import Orchestrator, replay

logger = logging.getLogger("local.engine")


@dataclass(frozen=True, slots=True)
class Episode:
    """An episode that is decided and not written yet.

    Attributes:
        at: its moment; the orchestrator's ``current_utc_datetime``.
        messages: what it took from the inbox.
        opening: the events that the orchestrator saw for the first time.
        outcome: what follows.
    """

    at: datetime
    messages: list[Message]
    opening: list[Event]
    outcome: Outcome


def decide(
    orchestrators: Mapping[str, Orchestrator],
    instance: Instance,
    history: History,
    messages: list[Message],
    at: datetime,
    *,
    death: str | None = None,
) -> Episode:
    """Return an instance's next episode; an orchestrator that cannot go on makes it one that ends Failed.

    Args:
        orchestrators: registered handlers by function name.
        instance: whose episode it is.
        history: up to the episode before.
        messages: what happened since.
        at: the episode's moment.
        death: how the worker died in this episode, before it gave an answer; None = it lives.
    """
    opening = [events.started_episode(at)]
    if not history.texts:
        opening.append(events.started_execution(at, instance))
    opening += [message.event for message in messages]
    try:
        orchestrator = orchestrators.get(instance.name)
        if orchestrator is None:
            raise UnknownOrchestratorError(instance.name, sorted(orchestrators))  # noqa: TRY301 - one way out for all
        texts = [*history.texts, *map(events.encode_event, opening)]
        is_replaying = bool(history.texts)
        decision = Decision(error=death) if death else replay(orchestrator, instance, texts, is_replaying=is_replaying)
        outcome = conclude(instance, history, opening, decision, at)
    except (ReplayError, UnknownOrchestratorError) as error:
        logger.warning("Instance %s failed: %s", instance.id, error)
        return Episode(at, messages, opening, Ends(RuntimeStatus.FAILED, json.dumps(str(error)), None))
    if isinstance(outcome, Continues) and outcome.is_returned:
        logger.info("Instance %s (%s) has returned and stays Running until its tasks end", instance.id, instance.name)
    return Episode(at, messages, opening, outcome)
