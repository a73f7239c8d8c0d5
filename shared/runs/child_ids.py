"""Which children a run's root has, from the custom status that it publishes: one typed rule for all who look. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.messages.runs import Counters
from shared.storage.paths import make_image_worker_id, make_probe_id, make_restart_id, make_writer_id


def list_children(run_id: str, custom: Mapping[str, Any]) -> list[str]:
    """Return the instance ids of the children that a run's root has at work, those that ended among them.

    Args:
        run_id: the run.
        custom: the root's custom status; its counts are those of `Crew.describe`, ``probe`` is how often the probing
            image worker was started again.
    """
    return [make_restart_id(name, restarts) for name, restarts in _list_restarts(run_id, custom).items()]


def list_writers(run_id: str, custom: Mapping[str, Any]) -> list[str]:
    """Return the instance ids of the writers among `list_children`."""
    writers = set(_list_first_writers(run_id, custom)) if "workers" in custom else set()
    return [make_restart_id(name, count) for name, count in _list_restarts(run_id, custom).items() if name in writers]


def make_wake_event(resume_count: int) -> str:
    """Return the event that makes a root look again at what became of its children."""
    return f"wake-{resume_count}"


def list_lost_children(run_id: str, custom: Mapping[str, Any]) -> dict[str, str]:
    """Return which instance was lost before, by the id of the child that was started again for it."""
    return {
        make_restart_id(name, restarts): make_restart_id(name, restarts - 1)
        for name, restarts in _list_restarts(run_id, custom).items()
        if restarts
    }


def sum_counters(
    root: Mapping[str, Any], children: Mapping[str, Mapping[str, Any]], lost: Mapping[str, str]
) -> Counters:
    """Add up what a root and its children have published of what they did.

    A child that was started again has done at least what the lost instance had, and counts it again page by page.

    Args:
        root: the root's custom status.
        children: custom statuses by instance id, those of the lost instances included.
        lost: see `list_lost_children`.
    """
    active = {name: read_counters(custom) for name, custom in children.items() if name not in lost.values()}
    for name, before in lost.items():
        if name in active:
            active[name] = active[name].raise_to(read_counters(children.get(before, {})))
    return _sum_counters(active.values(), read_counters(root))


def read_counters(custom: Mapping[str, Any]) -> Counters:
    """Return the tally in an instance's custom status."""
    return Counters.from_json(custom.get("counters", {}))


def _sum_counters(counters_by_instance: Iterable[Counters], start: Counters) -> Counters:
    return sum(counters_by_instance, start)


def _list_restarts(run_id: str, custom: Mapping[str, Any]) -> dict[str, int]:
    """Return how often each child was started again, by the id of its first instance."""
    resume_count = int(custom.get("resume_count", 0))
    if "probe" in custom:
        return {make_probe_id(run_id, resume_count): int(custom["probe"])}
    if "workers" not in custom:
        return {}
    restarts = custom.get("restarts", {})
    first = [
        *_list_first_writers(run_id, custom),
        *(make_image_worker_id(run_id, worker, resume_count) for worker in range(int(custom["workers"]))),
    ]
    return {name: int(restarts.get(name.removeprefix(run_id), 0)) for name in first}


def _list_first_writers(run_id: str, custom: Mapping[str, Any]) -> list[str]:
    writers = int(custom.get("writers", 1))
    # One more than there are writers by category: the one that fills up what they left short.
    return [
        make_writer_id(run_id, worker, int(custom.get("resume_count", 0))) for worker in range(writers + (writers > 1))
    ]
