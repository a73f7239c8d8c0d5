"""Which children a run's root has, from the custom status that it publishes: one typed rule for all who look. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.domain.messages import Tally
from shared.domain.paths import name_lane, name_probe, name_restart, name_writer


def list_children(run_id: str, custom: Mapping[str, Any]) -> list[str]:
    """Return the instance ids of the children that a run's root has at work, those that ended among them.

    Args:
        run_id: the run.
        custom: the root's custom status; its counts are those of `Crew.describe`, ``probe`` is how often the probing
            lane was started again.
    """
    return [name_restart(name, restarts) for name, restarts in _list_restarts(run_id, custom).items()]


def list_writers(run_id: str, custom: Mapping[str, Any]) -> list[str]:
    """Return the instance ids of the writers among `list_children`."""
    writers = set(_list_first_writers(run_id, custom)) if "lanes" in custom else set()
    return [name_restart(name, count) for name, count in _list_restarts(run_id, custom).items() if name in writers]


def name_wake_event(leg: int) -> str:
    """Return the event that makes a root look again at what became of its children."""
    return f"wake-{leg}"


def list_lost_children(run_id: str, custom: Mapping[str, Any]) -> dict[str, str]:
    """Return which instance was lost before, by the id of the child that was started again for it."""
    return {
        name_restart(name, restarts): name_restart(name, restarts - 1)
        for name, restarts in _list_restarts(run_id, custom).items()
        if restarts
    }


def sum_tallies(root: Mapping[str, Any], children: Mapping[str, Mapping[str, Any]], lost: Mapping[str, str]) -> Tally:
    """Add up what a root and its children have published of what they did.

    A child that was started again has done at least what the lost instance had, and counts it again page by page.

    Args:
        root: the root's custom status.
        children: custom statuses by instance id, those of the lost instances included.
        lost: see `list_lost_children`.
    """
    at_work = {name: read_tally(custom) for name, custom in children.items() if name not in lost.values()}
    for name, before in lost.items():
        if name in at_work:
            at_work[name] = at_work[name].at_least(read_tally(children.get(before, {})))
    return _add(at_work.values(), read_tally(root))


def read_tally(custom: Mapping[str, Any]) -> Tally:
    """Return the tally in an instance's custom status."""
    return Tally.from_json(custom.get("tally", {}))


def _add(tallies: Iterable[Tally], start: Tally) -> Tally:
    return sum(tallies, start)


def _list_restarts(run_id: str, custom: Mapping[str, Any]) -> dict[str, int]:
    """Return how often each child was started again, by the id of its first instance."""
    leg = int(custom.get("leg", 0))
    if "probe" in custom:
        return {name_probe(run_id, leg): int(custom["probe"])}
    if "lanes" not in custom:
        return {}
    restarts = custom.get("restarts", {})
    first = [
        *_list_first_writers(run_id, custom),
        *(name_lane(run_id, lane, leg) for lane in range(int(custom["lanes"]))),
    ]
    return {name: int(restarts.get(name.removeprefix(run_id), 0)) for name in first}


def _list_first_writers(run_id: str, custom: Mapping[str, Any]) -> list[str]:
    writers = int(custom.get("writers", 1))
    # One more than there are writers by category: the one that fills up what they left short.
    return [name_writer(run_id, lane, int(custom.get("leg", 0))) for lane in range(writers + (writers > 1))]
