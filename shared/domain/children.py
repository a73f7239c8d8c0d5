"""Which children a run's root has, from the custom status that it publishes: one typed rule for all who look. Pure."""

from collections.abc import Mapping
from typing import Any

from shared.domain.paths import name_lane, name_probe, name_restart, name_writer


def list_children(run_id: str, custom: Mapping[str, Any]) -> list[str]:
    """Return the instance ids of the children that a run's root has at work, those that ended among them.

    Args:
        run_id: the run.
        custom: the root's custom status; its counts are those of `Crew.describe`, ``probe`` is how often the probing
            lane was started again.
    """
    leg = int(custom.get("leg", 0))
    if "probe" in custom:
        return [name_restart(name_probe(run_id, leg), int(custom["probe"]))]
    if "lanes" not in custom:
        return []
    writers, restarts = int(custom.get("writers", 1)), custom.get("restarts", {})
    first = [
        # One more than there are writers by category: the one that fills up what they left short.
        *(name_writer(run_id, lane, leg) for lane in range(writers + (writers > 1))),
        *(name_lane(run_id, lane, leg) for lane in range(int(custom["lanes"]))),
    ]
    return [name_restart(name, int(restarts.get(name.removeprefix(run_id), 0))) for name in first]
