"""The pace of this process's image calls: all runs and lanes in it take their turns here.

The quota belongs to the deployment, so what one call learns of it holds for all. Each process of a scaled-out app
keeps a pace of its own, learns the share that it gets, and together they come to the whole.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from shared.domain.pace import CallPace

PACED_RUNS = 16
"""Runs whose told pace a process keeps; one that was forgotten starts its pace anew."""


@dataclass(slots=True)
class ImagePace:
    """Makes image calls wait for their turn.

    Attributes:
        clock: steady seconds.
        sleep: waits for so many of them.
    """

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    _learned: CallPace = field(default_factory=CallPace)
    _told: OrderedDict[tuple[str, float], CallPace] = field(default_factory=OrderedDict)

    async def wait_for_turn(self, run_id: str, call: str, told_per_minute: float | None) -> float | None:
        """Wait for a call's turn, if it is near.

        Args:
            run_id: whose call it is.
            call: names the call, the same when it comes back.
            told_per_minute: what the run was told of its quota.

        Returns:
            None if the call may be made now, otherwise the seconds after which to come back.
        """
        name = f"{run_id}/{call}"
        told = None if told_per_minute is None else self._find_told(run_id, told_per_minute)
        while True:
            now = self.clock()
            turns = []
            for pace in [self._learned] if told is None else [told, self._learned]:
                turns.append(pace.take_turn(name, now))
                if not turns[-1].is_near:
                    if pace is self._learned and told is not None:
                        told.give_back()
                    return max(0.0, turns[-1].at - now)
            wait = max(turn.at for turn in turns) - now
            if wait > 0:
                await self.sleep(wait)
            if self._learned.is_open(self.clock()):
                return None

    @property
    def is_reported(self) -> bool:
        """Whether the service has said what its quota is: then turns keep to it."""
        return self._learned.is_reported

    def report(self, per_minute: float | None) -> None:
        """Take in the quota that an answer reports, if it does."""
        if per_minute is not None:
            self._learned.report(per_minute, self.clock())

    def forget(self, run_id: str) -> None:
        """Give up the turns of a run that ended or stopped: nobody will come for them."""
        self._learned.forget(f"{run_id}/", self.clock())
        for key in [key for key in self._told if key[0] == run_id]:
            del self._told[key]

    def start(self) -> float:
        """Count a call that is made now; returns what ``refuse`` wants to know."""
        now = self.clock()
        self._learned.start(now)
        return now

    def refuse(self, started: float, retry_after: float, told_per_minute: float | None) -> None:
        """Take in that the service answered 429: nobody here calls before ``retry_after`` seconds are over."""
        self._learned.refuse(started, self.clock(), retry_after, told_per_minute)

    def _find_told(self, run_id: str, per_minute: float) -> CallPace:
        key = (run_id, per_minute)
        if key not in self._told:
            self._told[key] = CallPace(told_per_minute=per_minute)
            while len(self._told) > PACED_RUNS:
                self._told.popitem(last=False)
        self._told.move_to_end(key)
        return self._told[key]
