"""The budget of a run: what it has spent, what its calls in flight may still cost, and whether one more call fits.

Each call reserves its maximum cost (`reserve`), and is settled with its actual cost (`settle`). Pure;
``shared/limits/budget_ledger.py`` stores the budget.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar

from pydantic import AliasChoices, ConfigDict, Field
from pydantic.alias_generators import to_camel


@dataclass(frozen=True, slots=True)
class Reservation:
    """The reservation of a call in flight.

    Attributes:
        delivery: identifies the delivery of the call's message that made the reservation.
        nano_usd: the maximum cost of the call.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    delivery: str
    nano_usd: int


@dataclass(frozen=True, slots=True)
class Budget:
    """The account of a run. Its size depends on the calls in flight, not on all calls.

    A call is named by its subject, such as ``image/{productId}``; the first part is the kind of the call. Attempts for
    one result are made one after the other, so each subject has at most one reservation.

    Attributes:
        spent_nano_usd: total cost of the settled calls.
        lost_nano_usd: maximum cost of the calls whose process died, and whose actual cost is unknown.
        reservations: the calls in flight, by subject.
        overruns: by kind of call, the factor by which its calls exceeded their maximum. Later reservations of this kind
            are multiplied by it, so a price or size that is higher than expected affects one call, not each of them.
            In the files of version 0.3, the two mappings are ``holds`` and ``excess``.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    spent_nano_usd: int = 0
    lost_nano_usd: int = 0
    reservations: Annotated[
        Mapping[str, Reservation], Field(validation_alias=AliasChoices("reservations", "holds"))
    ] = field(default_factory=dict)
    overruns: Annotated[Mapping[str, float], Field(validation_alias=AliasChoices("overruns", "excess"))] = field(
        default_factory=dict
    )

    @property
    def committed_nano_usd(self) -> int:
        """What cannot be spent any more: spent, lost and reserved."""
        return (
            self.spent_nano_usd
            + self.lost_nano_usd
            + sum(reservation.nano_usd for reservation in self.reservations.values())
        )

    def reserve(self, subject: str, reservation: Reservation) -> "Budget":
        """Return the budget with a call reserved, whether it fits or not: compare `committed_nano_usd` with the limit.

        A reservation of another delivery was left by a process that died, or its message was delivered to two
        processes. That call may have been billed as well, so its maximum cost counts as lost.
        """
        reservations = dict(self.reservations)
        previous = reservations.pop(subject, None)
        lost = previous.nano_usd if previous is not None and previous.delivery != reservation.delivery else 0
        limit = math.ceil(reservation.nano_usd * self.overruns.get(_find_kind(subject), 1.0))
        reservations[subject] = replace(reservation, nano_usd=limit)
        return replace(self, lost_nano_usd=self.lost_nano_usd + lost, reservations=reservations)

    def settle(self, subject: str, nano_usd: int) -> "Budget":
        """Return the budget after a call with this cost (0 = it was refused). Settling a subject again changes nothing.

        If two deliveries were billed, the first one to settle counts, and the maximum of the other one counts as lost.
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
