"""Lost workers: how the durable host says that a function failed without our code having decided so. Pure.

The words are those of the Functions host and of the Durable extension 3.19. An activity is called again whatever it
failed with, since none of ours raises on purpose. An orchestrator is only started again for one of these: a fault of
its own code would come back at every replay.
"""

from shared.messages.base import Failure
from shared.reasons import Reason

LOST_WORKER_PHRASES = (
    "exited with code",  # WorkerProcessExitException: killed, out of memory, or ended by a deployment
    "non-deterministic workflow detected",  # the worker died in the middle of an answer
    "timeout value of",  # FunctionTimeoutException: functionTimeout ends the worker and all that runs in it
    "was canceled",  # TaskCanceledException: the host shuts down
    "was cancelled",
    "initialized language workers",  # no worker was up when the call came
    "worker process",
    "worker channel",
)

MAX_MESSAGE_CHARACTERS = 200


def is_worker_lost(text: str) -> bool:
    """Return whether a failure's text says that the worker was lost, and not that our code raised."""
    lowered = text.casefold()
    return any(words in lowered for words in LOST_WORKER_PHRASES)


def make_lost_worker_failure(name: str, error: object) -> Failure:
    """Return an undecided failure of an activity or a child as data; the first line of its text is kept."""
    first_line = next(iter(str(error).splitlines()), "") or type(error).__name__
    return Failure(Reason.WORKER_LOST, f"{name} failed: {first_line[:MAX_MESSAGE_CHARACTERS].strip()}")
