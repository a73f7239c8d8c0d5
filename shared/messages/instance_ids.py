"""Ids of a run's orchestrations, and names of the events that its root waits for. Pure.

The root's instance id is the run id. All other ids and names follow from it and from counts, so that a replay, a status
query and a recovery all name the same instance. Azure Storage allows 100 characters.
"""

import re

CHECK_EVENT = "check"
"""The event on which ``generate_image_batches`` checks its batches at once. A late or second one costs one check."""

_RESUME_COUNT = re.compile(r":resume-(\d+)")


def make_writer_id(run_id: str, writer_index: int, resume_count: int) -> str:
    """Return the instance id of an item writer or a prompt writer."""
    return f"{run_id}:writer-{writer_index}{_make_resume_suffix(resume_count)}"


def make_image_worker_id(run_id: str, worker_index: int, resume_count: int) -> str:
    """Return the instance id of an image worker."""
    return f"{run_id}:image-worker-{worker_index}{_make_resume_suffix(resume_count)}"


def make_fallback_id(batches_id: str, number: int) -> str:
    """Return the instance id of an image worker for the images that batches left out.

    Args:
        batches_id: of the instance of ``generate_image_batches`` that starts it.
        number: of the worker, from 1.
    """
    return f"{batches_id}:fallback-{number}"


def make_probe_id(run_id: str, resume_count: int) -> str:
    """Return the instance id of the image worker that makes the first call of a resumed run."""
    return f"{run_id}:probe{_make_resume_suffix(resume_count)}"


def make_finish_id(run_id: str) -> str:
    """Return the instance id of ``finish_run``, which ends a run whose root cannot."""
    return f"{run_id}:finish"


def make_restart_id(child_id: str, restarts: int) -> str:
    """Return the instance id of a child that was restarted ``restarts`` times after it was lost."""
    return f"{child_id}:restart-{restarts}" if restarts else child_id


def find_resume_count(child_id: str) -> int:
    """Return the resume count in a child's instance id."""
    found = _RESUME_COUNT.search(child_id)
    return 0 if found is None else int(found[1])


def make_resume_event(resume_count: int) -> str:
    """Return the name of the event that ends a pause and resumes the run.

    Event names hold the resume count, so that a late event ends no later pause.
    """
    return f"resume-{resume_count}"


def make_cancel_event(resume_count: int) -> str:
    """Return the name of the event that ends a pause and cancels the run."""
    return f"cancel-{resume_count}"


def make_wake_event(resume_count: int) -> str:
    """Return the name of the event on which a root checks its children again."""
    return f"wake-{resume_count}"


def _make_resume_suffix(resume_count: int) -> str:
    return f":resume-{resume_count}" if resume_count else ""
