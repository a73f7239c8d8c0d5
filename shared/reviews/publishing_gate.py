"""Which items of a catalog are published: a rejected item never is, and on request only approved ones are. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from shared.catalog.items import Item
from shared.images.image_table import StoredImage
from shared.reviews.decisions import DecisionTable, Verdict

MAX_EXAMPLES: Final = 20
"""Items that a report names per reason; it counts all of them."""

ONLY_APPROVED: Final = "approved"
"""Value of ``only`` in requests and answers: approved items are published, and no others."""


class LeftOutReason(StrEnum):
    """Why an item is not published."""

    REJECTED = "rejected"
    """A reviewer rejected its image."""

    UNDECIDED = "undecided"
    """No reviewer has decided about its image, and only approved items are published."""

    NO_IMAGE = "no_image"
    """It has no image, or, if only approved items are published, a placeholder."""


REVIEW_REASONS: Final = frozenset({LeftOutReason.REJECTED, LeftOutReason.UNDECIDED})


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The items that are not published for one reason.

    Attributes:
        reason: the reason.
        count: number of items.
        examples: the first of them.
    """

    reason: LeftOutReason
    count: int
    examples: tuple[Item, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the group as JSON data."""
        return {
            "reason": str(self.reason),
            "count": self.count,
            "examples": [
                {"productId": item.public_id, "itemId": item.product_id, "name": item.name} for item in self.examples
            ],
        }


@dataclass(frozen=True, slots=True)
class PublishingGate:
    """Decides for each item whether it is published.

    Attributes:
        decisions: of the reviewers.
        approved_only: publish approved items only.
        with_images: False counts items without an image as complete, as in a dry run.
    """

    decisions: DecisionTable = field(default_factory=DecisionTable)
    approved_only: bool = False
    with_images: bool = True

    @property
    def only(self) -> str | None:
        """What is published: ``approved`` items, or all that are not rejected (None)."""
        return ONLY_APPROVED if self.approved_only else None

    def find_reason(self, item: Item, image: StoredImage | None) -> LeftOutReason | None:
        """Return why an item is left out, or None.

        Args:
            item: the item.
            image: its image, or the placeholder to publish instead.
        """
        if image is None or image.is_placeholder:
            return self.choose_reason(None, has_image=False, has_placeholder=image is not None)
        decision = self.decisions.find(item.product_id, image.sha256)
        return self.choose_reason(None if decision is None else decision.verdict, has_image=True, has_placeholder=False)

    def choose_reason(self, verdict: Verdict | None, *, has_image: bool, has_placeholder: bool) -> LeftOutReason | None:
        """Return why an item with these properties is left out, or None.

        Args:
            verdict: of the reviewers about its image; None = undecided.
            has_image: whether it has an image.
            has_placeholder: whether it has a placeholder to publish instead.
        """
        if has_image and verdict is Verdict.REJECTED:
            return LeftOutReason.REJECTED
        if has_image and verdict is Verdict.APPROVED:
            return None
        if self.approved_only:
            return LeftOutReason.UNDECIDED if has_image else LeftOutReason.NO_IMAGE
        is_missing = self.with_images and not has_image and not has_placeholder
        return LeftOutReason.NO_IMAGE if is_missing else None

    def admits(self, item: Item, image: StoredImage | None) -> bool:
        """Return whether an item may have rows in published files.

        An input row without an image has one, unless only approved items are published.
        """
        reason = self.find_reason(item, image)
        return reason is None or (reason is LeftOutReason.NO_IMAGE and not self.approved_only)

    def admit_undecided(self) -> "PublishingGate":
        """Return the gate of files that are read for a review: only rejected items are left out."""
        return replace(self, approved_only=False)


@dataclass(slots=True)
class LeftOutCounter:
    """Counts the items that are left out, by reason, and keeps the first ones of each."""

    _counts: dict[LeftOutReason, int] = field(default_factory=lambda: dict.fromkeys(LeftOutReason, 0))
    _examples: dict[LeftOutReason, list[Item]] = field(default_factory=lambda: {reason: [] for reason in LeftOutReason})

    def add(self, item: Item, reason: LeftOutReason) -> None:
        """Count an item."""
        self._counts[reason] += 1
        if len(self._examples[reason]) < MAX_EXAMPLES:
            self._examples[reason].append(item)

    def list_groups(self) -> tuple[LeftOut, ...]:
        """Return the reasons for which items are left out."""
        return tuple(
            LeftOut(reason, count, tuple(self._examples[reason])) for reason, count in self._counts.items() if count
        )


def count_left_out_by_review(groups: Iterable[LeftOut]) -> dict[str, int]:
    """Return the number of items that reviews keep from being published, by reason."""
    return {str(group.reason): group.count for group in groups if group.reason in REVIEW_REASONS}
