"""A run's budget: what was spent, what calls in flight may still come to, and whether one more call fits in.

Money is set aside before a call (`reserve`) and counted after it (`settle`). Pure: the store's part is
``shared/records/ledger.py``.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

NANO = 10**9


@dataclass(frozen=True, slots=True)
class Hold:
    """What is set aside for a call in flight.

    Attributes:
        delivery: which delivery of the call's message set it aside.
        nano_usd: the most that the call should come to.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    delivery: str
    nano_usd: int


@dataclass(frozen=True, slots=True)
class Budget:
    """A run's account; its size follows from the calls in flight, not from those made.

    A call is named by its subject, such as ``image/{productId}``: the tries for one result are made one after the
    other, so there is at most one hold a subject. The subject's first part is the call's kind.

    Attributes:
        spent_nano_usd: what settled calls came to.
        lost_nano_usd: what calls may have come to of which nobody will tell: their process died.
        holds: calls in flight, by subject.
        excess: by kind of call, how many times more than its limit a call came to: from then on so much more is set
            aside for such a call. So a price or a size that is not what was thought costs one call, not each of them.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    spent_nano_usd: int = 0
    lost_nano_usd: int = 0
    holds: Mapping[str, Hold] = field(default_factory=dict)
    excess: Mapping[str, float] = field(default_factory=dict)

    @property
    def counted_nano_usd(self) -> int:
        """What cannot be spent any more: spent, lost, and set aside."""
        return self.spent_nano_usd + self.lost_nano_usd + sum(hold.nano_usd for hold in self.holds.values())

    def set_aside(self, subject: str, hold: Hold) -> "Budget":
        """Return the budget with a call's limit set aside, whether it fits in or not: `counted_nano_usd` tells.

        A hold of another delivery was left by a process that died, or its message was delivered to two of them: that
        call may have been billed, too, and so its money is given up for lost rather than set aside a second time.
        """
        holds = dict(self.holds)
        left = holds.pop(subject, None)
        lost = left.nano_usd if left is not None and left.delivery != hold.delivery else 0
        limit = math.ceil(hold.nano_usd * self.excess.get(_find_kind(subject), 1.0))
        holds[subject] = replace(hold, nano_usd=limit)
        return replace(self, lost_nano_usd=self.lost_nano_usd + lost, holds=holds)

    def settle(self, subject: str, nano_usd: int) -> "Budget":
        """Return the budget after a call that came to so much (0 = it was refused); the second time it is the same.

        Whoever tells it first is heard, also where two deliveries pay: of the other one the limit is counted for lost.
        """
        hold = self.holds.get(subject)
        if hold is None:
            return self
        holds = {other: held for other, held in self.holds.items() if other != subject}
        excess = dict(self.excess)
        if nano_usd > hold.nano_usd > 0:
            kind = _find_kind(subject)
            excess[kind] = excess.get(kind, 1.0) * nano_usd / hold.nano_usd
        return replace(self, spent_nano_usd=self.spent_nano_usd + nano_usd, holds=holds, excess=excess)


def _find_kind(subject: str) -> str:
    return subject.partition("/")[0]
