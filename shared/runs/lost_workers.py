"""Recognizes a worker process that died, from the host's failure text. Pure.

The phrases are those of the Functions host and of the Durable extension 3.19. An activity is retried after every
unexpected failure, because our activities return the expected ones as data. An orchestrator is restarted only after one
of these: an error of its own code would return at every replay. `orchestrators.activity_retry` retries the activities,
and `shared.runs.recover` restarts the orchestrator.
"""

from shared.messages.base import Failure
from shared.reasons import Reason

LOST_WORKER_PHRASES = (
    "exited with code",  # WorkerProcessExitException: killed, out of memory, or ended by a deployment
    "non-deterministic workflow detected",  # the worker died in the middle of an answer
    "timeout value of",  # FunctionTimeoutException: functionTimeout ends the worker and everything that runs in it
    "was canceled",  # TaskCanceledException: the host shuts down
    "was cancelled",
    "initialized language workers",  # no worker was up when the call arrived
    "worker process",
    "worker channel",
)

MAX_MESSAGE_CHARACTERS = 200


def is_worker_lost(text: str) -> bool:
    """Return whether a failure's text means that the worker process died, rather than that our code raised."""
    lowered = text.casefold()
    return any(phrase in lowered for phrase in LOST_WORKER_PHRASES)


def make_lost_worker_failure(name: str, error: object) -> Failure:
    """Return the unexpected failure of an activity or a child as data, with the first line of its text."""
    first_line = next(iter(str(error).splitlines()), "") or type(error).__name__
    return Failure(Reason.WORKER_LOST, f"{name} failed: {first_line[:MAX_MESSAGE_CHARACTERS].strip()}")
