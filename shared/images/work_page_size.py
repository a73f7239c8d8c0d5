"""How many image jobs an image worker claims at a time: many at first, few near the end. Pure.

Pages get smaller near the end so that all image workers end together (guided self-scheduling: Polychronopoulos and
Kuck, 1987), and the jobs of the last round go to free slots one by one. A job that waits in one image worker while
slots of others are free costs a whole round.
"""

import math
from dataclasses import dataclass

from shared.messages.images import ClaimWorkPageInput

FINE_CLAIM_ROUNDS = 4
"""Rounds of the whole window before the end at which an image worker begins to claim only what its next round needs."""

CLAIM_AHEAD_JOBS_PER_SLOT = 1
"""A page is claimed while this many jobs per slot are still ready, so that no slot waits for the claim."""


def choose_work_page_size(claim: ClaimWorkPageInput, target_count: int, seen: int) -> int:
    """Return how many jobs a work page gets.

    That is half of an even share of the unclaimed jobs; in the last round, what the image worker can start at once. A
    catalog that holds more items than the target is claimed in whole pages.

    Args:
        claim: the request for a page.
        target_count: number of items that the catalog has to reach.
        seen: items that image workers have already claimed or passed over.

    Returns:
        At most ``claim.size``; 0 = none before the image worker has a free slot.
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
    """What an image worker knows about the remaining jobs.

    Attributes:
        width: the image worker's slots.
        worker_count: number of image workers that share the window.
        unclaimed: upper bound of the jobs that were unclaimed at its last claim; None = unknown.
    """

    width: int
    worker_count: int
    unclaimed: int | None = None

    @property
    def window(self) -> int:
        """Slots of all image workers together."""
        return self.width * self.worker_count

    def find_claim_size(self, ready: int, slots: int, free_slots: int) -> int:
        """Return how many jobs to claim; 0 = none yet.

        Args:
            ready: claimed jobs that could start.
            slots: jobs that may run at a time.
            free_slots: jobs that could start now in addition to the ready ones.
        """
        if self.unclaimed is None or self.worker_count == 1 or self.unclaimed > FINE_CLAIM_ROUNDS * self.window:
            return 2 * self.width if ready <= CLAIM_AHEAD_JOBS_PER_SLOT * slots else 0
        if self.unclaimed <= self.window:
            return free_slots
        return slots - ready if ready <= slots // 2 else 0
