"""Decisions of reviewers about the images of a catalog, and how decisions from several processes merge. Pure."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final


class Verdict(StrEnum):
    """What a reviewer decided about an image."""

    APPROVED = "approved"
    REJECTED = "rejected"
    UNDECIDED = "undecided"
    """No reviewer has decided, or a reviewer withdrew the decision."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A reviewer's decision about one image of an item.

    Attributes:
        item_id: the internal id of the item (``Item.product_id``).
        verdict: what was decided.
        sha256: of the image that the decision is about, in hex; it says nothing about another image of the item.
        note: the reviewer's note, or None.
        reviewer: who decided, as the reviewer gave it, or None.
        at: when, with a time zone.
    """

    item_id: str
    verdict: Verdict
    sha256: str
    note: str | None
    reviewer: str | None
    at: datetime


ImageKey = tuple[str, str]
"""Internal id of an item, and SHA-256 of one of its images."""


class DecisionTable:
    """The latest decision about each image of each item. Immutable: `merge` returns a new table.

    Merging is commutative, associative and idempotent, so readers may merge the same decisions in any order, and more
    than once. Withdrawn decisions stay in the table: otherwise an earlier decision that is merged later would apply.
    Decisions about different images of an item never meet: a process that has not seen a new image yet may record one
    about the image before, and that one must not replace the rejection of the new image.

    Attributes:
        version: equal for tables with equal decisions, in every process.
    """

    def __init__(self, latest: Mapping[ImageKey, Decision] = MappingProxyType({}), digest: int = 0) -> None:
        self._latest: Final = latest
        self._digest: Final = digest
        self.version: Final = f"{digest:032x}"

    def merge(self, decisions: Iterable[Decision]) -> "DecisionTable":
        """Return a table with the later decision about each image; this table if nothing is later."""
        latest: dict[ImageKey, Decision] | None = None
        digest = self._digest
        for decision in decisions:
            key = (decision.item_id, decision.sha256)
            present = (self._latest if latest is None else latest).get(key)
            if present is not None and _order(present) >= _order(decision):
                continue
            if latest is None:
                latest = dict(self._latest)
            latest[key] = decision
            digest ^= _hash(decision) ^ (0 if present is None else _hash(present))
        return self if latest is None else DecisionTable(latest, digest)

    def find(self, item_id: str, sha256: str) -> Decision | None:
        """Return the decision about an image of an item; None if it is undecided.

        Args:
            item_id: the internal id of the item.
            sha256: of the image, in hex.
        """
        decision = self.find_latest(item_id, sha256)
        return None if decision is None or decision.verdict is Verdict.UNDECIDED else decision

    def find_latest(self, item_id: str, sha256: str) -> Decision | None:
        """Return the latest decision about an image of an item, also if it was withdrawn."""
        return self._latest.get((item_id, sha256))

    def __iter__(self) -> Iterator[Decision]:
        """Yield the latest decision about each image, withdrawn ones included."""
        return iter(self._latest.values())

    def __len__(self) -> int:
        return len(self._latest)


def write_decisions(decisions: Iterable[Decision]) -> dict[str, Any]:
    """Return the JSON data of a file of decisions."""
    return {
        "decisions": [
            {
                "itemId": decision.item_id,
                "decision": str(decision.verdict),
                "sha256": decision.sha256,
                "note": decision.note,
                "reviewer": decision.reviewer,
                "at": decision.at.astimezone(UTC).isoformat(),
            }
            for decision in decisions
        ]
    }


def parse_decisions(data: Any) -> list[Decision]:
    """Return the decisions of a file.

    Raises:
        KeyError, TypeError, ValueError: the data is not that of `write_decisions`.
    """
    return [_parse_decision(row) for row in data["decisions"]]


def _parse_decision(row: Any) -> Decision:
    match row:
        case {"itemId": str(item_id), "sha256": str(sha256), "decision": verdict, "at": at}:
            time = datetime.fromisoformat(at)
            if time.tzinfo is None:
                raise ValueError(f"the time {at!r} of a decision has no time zone")
            return Decision(
                item_id, Verdict(verdict), sha256, _read_text(row, "note"), _read_text(row, "reviewer"), time
            )
        case _:
            raise ValueError("a decision lacks a field")


def _read_text(row: dict[str, Any], name: str) -> str | None:
    value = row.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} of a decision is {value!r}; expected a text or null")
    return value


def _order(decision: Decision) -> tuple[datetime, str, str, str]:
    """Return what decides which of two decisions about an image is later: the time.

    The rest makes the order total, so that every process chooses the same one. Of two decisions in the same
    microsecond, a rejection counts as later than an approval.
    """
    return decision.at, decision.verdict, repr(decision.note), repr(decision.reviewer)


def _hash(decision: Decision) -> int:
    ids = (repr(decision.item_id), decision.sha256)
    text = "|".join((*ids, decision.at.astimezone(UTC).isoformat(), *_order(decision)[1:]))
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=16).digest(), "big")
