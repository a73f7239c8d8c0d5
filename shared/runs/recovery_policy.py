"""Decide what happens to a run whose root ended without ending the run: restart or end it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from shared.limits.retry_policy import decide_lost_worker_wait
from shared.messages.base import Failure
from shared.reasons import Reason
from shared.runs.lost_workers import is_worker_lost

TERMINATED = Failure(Reason.CANCELLED, "The run was terminated through its host's management API.")
MAX_MESSAGE_CHARACTERS = 300


class RecoveryAction(Enum):
    """What to do for a run."""

    WAIT = "wait"
    RESTART = "restart"
    END = "end"


@dataclass(frozen=True, slots=True)
class Recovery:
    """What to do for a run, and the failure that made it necessary."""

    action: RecoveryAction
    failure: Failure


@dataclass(frozen=True, slots=True)
class LostRoot:
    """A root that ended without ending its run.

    Attributes:
        is_terminated: it was terminated through the host's management API.
        output: its output, which is the text of its failure.
        stop: the run's stop record, if there is one.
        restarts: when the root was restarted before.
        last_success_at: when a model call of the run last succeeded.
    """

    is_terminated: bool
    output: str
    stop: Failure | None = None
    restarts: Sequence[datetime] = ()
    last_success_at: datetime | None = None


def decide_recovery(root: LostRoot, now: datetime) -> Recovery:
    """Return what to do for a run.

    A root whose worker process died is restarted, first at once and then after growing waits. Restarts count in a row:
    a model call that succeeded resets the count. The same holds for a root that ended because the store was unavailable
    for too long. After any other error of our code the run ends, because a restart would raise it again.
    """
    if root.is_terminated:
        return Recovery(RecoveryAction.END, TERMINATED)
    message = " ".join(root.output.split())[:MAX_MESSAGE_CHARACTERS]
    is_store_away = f"{Reason.STORE_UNAVAILABLE}: " in root.output  # the text of `RunStoppedError`
    if not is_store_away and not is_worker_lost(root.output):
        return Recovery(RecoveryAction.END, Failure(Reason.INTERNAL_ERROR, message))
    lost = Failure(Reason.STORE_UNAVAILABLE if is_store_away else Reason.WORKER_LOST, message)
    if root.stop is not None and root.stop.reason is Reason.CANCELLED:
        return Recovery(RecoveryAction.END, root.stop)
    in_a_row = [at for at in root.restarts if root.last_success_at is None or at > root.last_success_at]
    if not in_a_row:
        return Recovery(RecoveryAction.RESTART, lost)
    wait = decide_lost_worker_wait(len(in_a_row))
    if wait is None:
        return Recovery(RecoveryAction.END, lost)
    is_due = now >= max(in_a_row) + timedelta(seconds=wait)
    return Recovery(RecoveryAction.RESTART if is_due else RecoveryAction.WAIT, lost)
