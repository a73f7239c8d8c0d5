"""How many image jobs an image worker claims at a time, and how early: much at first, little towards the end. Pure.

Pages get smaller towards the end so that all image workers end together (guided self-scheduling: Polychronopoulos and
Kuck,
1987), and the last round is dealt out job by job to the slots that are free. A job that waits in one image worker for
a last
round of its own, while slots of other image workers are free, costs a whole round.
"""

import math
from dataclasses import dataclass

from shared.messages.images import ClaimWorkPageInput

FINE_CLAIM_ROUNDS = 4
"""So many rounds of the whole window before the end, an image worker begins to claim only what its next round needs."""

CLAIM_AHEAD_JOBS_PER_SLOT = 1
"""A page is claimed while so many jobs a slot are still ready, so that slots do not wait for the claim."""


def choose_work_page_size(claim: ClaimWorkPageInput, target_count: int, seen: int) -> int:
    """Return how many jobs a page gets, at most what was asked for; 0 = none before a slot of the image worker is free.

    That is half of an even share of what is left; of the last round, what the image worker can start at once. A
    catalog that
    holds more than was asked for is dealt out in whole pages.
    """
    unclaimed = target_count - seen
    if unclaimed <= 0:
        return claim.size
    if claim.worker_count == 1:
        return min(claim.size, unclaimed)
    if unclaimed <= claim.window:
        return min(claim.size, claim.free_slots, unclaimed)
    return min(claim.size, math.ceil(unclaimed / (2 * claim.worker_count)))


@dataclass(frozen=True, slots=True)
class RemainingWork:
    """What an image worker knows of the work that is left.

    Attributes:
        width: the image worker's slots.
        image workers: how many image workers share the window.
        unclaimed: jobs that no image worker had claimed when this one last did, at most; None = not known.
    """

    width: int
    worker_count: int
    unclaimed: int | None = None

    @property
    def window(self) -> int:
        """The slots of all image workers."""
        return self.width * self.worker_count

    def find_claim_size(self, ready: int, slots: int, free_slots: int) -> int:
        """Return how many jobs to claim; 0 = none yet.

        Args:
            ready: jobs of the image worker that could start.
            slots: how many may run at a time.
            free_slots: how many more could start now than are ready.
        """
        if self.unclaimed is None or self.worker_count == 1 or self.unclaimed > FINE_CLAIM_ROUNDS * self.window:
            return 2 * self.width if ready <= CLAIM_AHEAD_JOBS_PER_SLOT * slots else 0
        if self.unclaimed <= self.window:
            return free_slots
        return slots - ready if ready <= slots // 2 else 0
