"""A run's budget: what was spent, what calls in flight may still come to, and whether one more call fits in.

Money is set aside before a call (`reserve`) and counted after it (`settle`). Pure: the store's part is
``shared/limits/budget_ledger.py``.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

NANO_PER_USD = 10**9


@dataclass(frozen=True, slots=True)
class Reservation:
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
        reservations: calls in flight, by subject.
        overruns: by kind of call, how many times more than its limit a call came to: from then on so much more is set
            aside for such a call. So a price or a size that is not what was thought costs one call, not each of them.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    spent_nano_usd: int = 0
    lost_nano_usd: int = 0
    reservations: Mapping[str, Reservation] = field(default_factory=dict)
    overruns: Mapping[str, float] = field(default_factory=dict)

    @property
    def committed_nano_usd(self) -> int:
        """What cannot be spent any more: spent, lost, and set aside."""
        return (
            self.spent_nano_usd
            + self.lost_nano_usd
            + sum(reservation.nano_usd for reservation in self.reservations.values())
        )

    def reserve(self, subject: str, reservation: Reservation) -> "Budget":
        """Return the budget with a call's limit set aside, whether it fits in or not: `committed_nano_usd` tells.

        A hold of another delivery was left by a process that died, or its message was delivered to two of them: that
        call may have been billed, too, and so its money is given up for lost rather than set aside a second time.
        """
        reservations = dict(self.reservations)
        previous = reservations.pop(subject, None)
        lost = previous.nano_usd if previous is not None and previous.delivery != reservation.delivery else 0
        limit = math.ceil(reservation.nano_usd * self.overruns.get(_find_kind(subject), 1.0))
        reservations[subject] = replace(reservation, nano_usd=limit)
        return replace(self, lost_nano_usd=self.lost_nano_usd + lost, reservations=reservations)

    def settle(self, subject: str, nano_usd: int) -> "Budget":
        """Return the budget after a call that came to so much (0 = it was refused); the second time it is the same.

        Whoever tells it first is heard, also where two deliveries pay: of the other one the limit is counted for lost.
        """
        reservation = self.reservations.get(subject)
        if reservation is None:
            return self
        reservations = {other: reserved for other, reserved in self.reservations.items() if other != subject}
        overruns = dict(self.overruns)
        if nano_usd > reservation.nano_usd > 0:
            kind = _find_kind(subject)
            overruns[kind] = overruns.get(kind, 1.0) * nano_usd / reservation.nano_usd
        return replace(
            self, spent_nano_usd=self.spent_nano_usd + nano_usd, reservations=reservations, overruns=overruns
        )


def _find_kind(subject: str) -> str:
    return subject.partition("/")[0]
