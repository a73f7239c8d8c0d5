"""How many image jobs a lane claims at a time, and how early: much at first, little towards the end. Pure.

Pages get smaller towards the end so that all lanes end together (guided self-scheduling: Polychronopoulos and Kuck,
1987), and the last round is dealt out job by job to the slots that are free. A job that waits in one lane for a last
round of its own, while slots of other lanes are free, costs a whole round.
"""

import math
from dataclasses import dataclass

from shared.domain.image_messages import ClaimInput

FINE_ROUNDS = 4
"""So many rounds of the whole window before the end, a lane begins to claim only what its next round needs."""

CLAIM_AHEAD = 1
"""A page is claimed while so many jobs a slot are still ready, so that slots do not wait for the claim."""


def size_page(claim: ClaimInput, target_count: int, seen: int) -> int:
    """Return how many jobs a page gets, at most what was asked for; 0 = none before a slot of the lane is free.

    That is half of an even share of what is left; of the last round, what the lane can start at once. A catalog that
    holds more than was asked for is dealt out in whole pages.
    """
    left = target_count - seen
    if left <= 0:
        return claim.size
    if claim.lanes == 1:
        return min(claim.size, left)
    if left <= claim.window:
        return min(claim.size, claim.free, left)
    return min(claim.size, math.ceil(left / (2 * claim.lanes)))


@dataclass(frozen=True, slots=True)
class Share:
    """What a lane knows of the work that is left.

    Attributes:
        width: the lane's slots.
        lanes: how many lanes share the window.
        left: jobs that no lane had claimed when this one last did, at most; None = not known.
    """

    width: int
    lanes: int
    left: int | None = None

    @property
    def window(self) -> int:
        """The slots of all lanes."""
        return self.width * self.lanes

    def find_claim_size(self, ready: int, slots: int, free: int) -> int:
        """Return how many jobs to claim; 0 = none yet.

        Args:
            ready: jobs of the lane that could start.
            slots: how many may run at a time.
            free: how many more could start now than are ready.
        """
        if self.left is None or self.lanes == 1 or self.left > FINE_ROUNDS * self.window:
            return 2 * self.width if ready <= CLAIM_AHEAD * slots else 0
        if self.left <= self.window:
            return free
        return slots - ready if ready <= slots // 2 else 0
