"""Records the decisions of a reviewer, each bound to the image that the reviewer has seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from shared.errors import InvalidRequestError
from shared.images.image_table import describe_stored_image
from shared.reviews.decision_request import (
    DecisionEntry,
    DecisionRequest,
    DecisionResult,
    RecordedDecision,
    RefusalReason,
    RefusedDecision,
)
from shared.reviews.decisions import Decision, DecisionTable, Verdict
from shared.runs.hold_catalog import read_catalog_name
from shared.services.container import Services
from shared.storage import paths
from shared.storage.protocol import Store
from shared.storage.read_in_order import read_in_order

if TYPE_CHECKING:
    from shared.browse.catalog_index import CatalogIndex

MAX_CHECKED_IMAGES: Final = 100
"""Decisions of a request whose images are all described; larger requests trust the index for images that match it.

Describing 1,000 images in Blob Storage would take most of a second."""

TICK: Final = timedelta(microseconds=1)
"""The resolution of decisions' times."""


@dataclass(frozen=True, slots=True)
class _Subject:
    """The item that an entry names.

    Attributes:
        entry: the entry.
        item_id: internal id; None = the catalog has no such item.
        public_id: id as in catalog.json.
        filename: of its image.
        sha256: of its image; None without an image.
    """

    entry: DecisionEntry
    item_id: str | None = None
    public_id: str = ""
    filename: str = ""
    sha256: str | None = None

    @property
    def refusal(self) -> RefusalReason | None:
        """Why a decision about the entry's image cannot be recorded, or None."""
        if self.item_id is None:
            return RefusalReason.UNKNOWN_ITEM
        if self.sha256 is None:
            return RefusalReason.NO_IMAGE
        return None if self.sha256 == self.entry.sha256 else RefusalReason.IMAGE_CHANGED


async def record_decisions(services: Services, catalog: str, body: Mapping[str, Any]) -> DecisionResult:
    """Record decisions about items of a catalog, also while a run works on it.

    A decision about another image than the item's current one is refused by name, and the others are recorded. An
    image may be replaced just after that check; then the decision is about an earlier image, and the item is undecided.

    Args:
        services: the services.
        catalog: name of the catalog.
        body: JSON data of a `DecisionRequest`.

    Raises:
        ValidationError: the body breaks the schema.
        InvalidRequestError: two decisions name the same item.
        UnknownCatalogError: the catalog has no items.
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    name = read_catalog_name(catalog)
    request = DecisionRequest.model_validate(dict(body))
    subjects = await _find_subjects(services, name, request.decisions)
    _check_duplicates(subjects)
    table = await services.decisions.load(name)
    now = services.clock()
    decisions = [
        Decision(
            subject.item_id,
            Verdict(subject.entry.decision),
            subject.entry.sha256,
            subject.entry.note or None,
            request.reviewer or None,
            _choose_time(table, subject.item_id, subject.entry.sha256, now),
        )
        for subject in subjects
        if subject.item_id is not None and subject.refusal is None
    ]
    await services.decisions.append(name, decisions)
    public_ids = {subject.item_id: subject.public_id for subject in subjects}
    return DecisionResult(
        recorded=len(decisions),
        decisions=[
            RecordedDecision(
                product_id=public_ids[decision.item_id],
                item_id=decision.item_id,
                decision=decision.verdict.value,
                sha256=decision.sha256,
                note=decision.note,
                at=decision.at,
            )
            for decision in decisions
        ],
        refused=[
            RefusedDecision(product_id=subject.entry.product_id, reason=subject.refusal, sha256=subject.sha256)
            for subject in subjects
            if subject.refusal is not None
        ],
    )


async def _find_subjects(services: Services, catalog: str, entries: Sequence[DecisionEntry]) -> list[_Subject]:
    """Return what the entries name, by the index of the catalog; a doubt is settled in the store.

    The index may be a minute old: it is read again for unknown items, and images are described that do not match it, or
    all if they are few: another process may have replaced one.
    """
    index = await services.catalog_indexes.load(catalog)
    if any(index.find_number(entry.product_id) is None for entry in entries):
        services.catalog_indexes.forget(catalog)
        index = await services.catalog_indexes.load(catalog)
    indexed = [_find_subject(index, entry) for entry in entries]
    are_few = len(entries) <= MAX_CHECKED_IMAGES

    async def settle(subject: _Subject) -> _Subject:
        if subject.item_id is None or (subject.refusal is None and not are_few):
            return subject
        sha256 = await _read_image_sha256(services.store, catalog, subject.filename)
        return _Subject(subject.entry, subject.item_id, subject.public_id, subject.filename, sha256)

    return [subject async for subject in read_in_order(indexed, settle)]


def _find_subject(index: "CatalogIndex", entry: DecisionEntry) -> _Subject:
    number = index.find_number(entry.product_id)
    if number is None:
        return _Subject(entry)
    item, image = index.items[number], index.find_image(number)
    sha256 = None if image is None or image.is_placeholder else image.sha256
    return _Subject(entry, item.item_id, item.public_id, item.filename, sha256)


async def _read_image_sha256(store: Store, catalog: str, filename: str) -> str | None:
    info = await store.describe(paths.image_file(catalog, filename))
    image = None if info is None else describe_stored_image(info)
    return None if image is None or image.is_placeholder else image.sha256


def _check_duplicates(subjects: Sequence[_Subject]) -> None:
    """Raise InvalidRequestError if two entries name the same item, by the same id or by both of its ids."""
    first: dict[str, int] = {}
    for number, subject in enumerate(subjects):
        earlier = first.setdefault(subject.item_id or subject.entry.product_id, number)
        if earlier != number:
            field = f"decisions.{number}.productId"
            raise InvalidRequestError(field, f"names the item of decisions.{earlier} again; expected each item once")


def _choose_time(table: DecisionTable, item_id: str, sha256: str, now: datetime) -> datetime:
    """Return a time after the latest known decision about an image: a clock that is behind loses no decision."""
    latest = table.find_latest(item_id, sha256)
    return now if latest is None else max(now, latest.at + TICK)
