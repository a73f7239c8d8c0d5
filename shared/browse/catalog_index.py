"""What browsing keeps of a catalog in memory: its items, their images, and why images failed. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

from shared.browse.duplicate_groups import group_near_duplicates
from shared.browse.item_rows import IndexedItem, ItemFailure, ItemState
from shared.browse.listed_images import (
    ListedImage,
    RunNames,
    is_packed_placeholder,
    pack_image,
    read_dhash,
    read_distance,
    read_modified_ms,
    read_round,
    read_run_number,
    read_sha256,
    unpack_image,
)
from shared.reviews.decisions import DecisionTable, Verdict
from shared.runs.status import is_run_id
from shared.storage.protocol import FileInfo


@dataclass(frozen=True, slots=True)
class Marks:
    """ETags of files that change with a catalog; None = there is no such file.

    Attributes:
        claim: of the run claim.
        request: of the request of the last run.
        last_run: of the record of the last run.
        change: of the mark that promote, prune and publish change.
    """

    claim: str | None = None
    request: str | None = None
    last_run: str | None = None
    change: str | None = None

    @property
    def has_claim(self) -> bool:
        """Whether a run, or another operation, holds the catalog."""
        return self.claim is not None


@dataclass(frozen=True, slots=True)
class ScannedBatch:
    """A batch: the ETag of its file, the run that wrote it, and its items."""

    etag: str
    run_id: str
    items: tuple[IndexedItem, ...]


@dataclass(frozen=True, slots=True)
class ScannedImages:
    """The images and placeholders of a catalog.

    Attributes:
        packed: by file name; see ``listed_images``.
        runs: the runs that the packed images refer to by number.
        digest: changes whenever an image is added, replaced or deleted; equal in every process.
    """

    packed: Mapping[str, bytes]
    runs: tuple[str, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class RunFailures:
    """The failed images of a run.

    Attributes:
        run_id: the run; None = the catalog had none.
        by_public_id: the failures, by the items' ids for callers.
        etags: of the files that were read, by path.
        earlier: those of the last run about all items, if this one was about named items only.
    """

    run_id: str | None = None
    by_public_id: Mapping[str, ItemFailure] = field(default_factory=dict)
    etags: Mapping[str, str] = field(default_factory=dict)
    earlier: "RunFailures | None" = None

    def find(self, public_id: str, *, has_image: bool) -> ItemFailure | None:
        """Return why an item's image failed, or None. An earlier run's failure counts while there is no image."""
        found = self.by_public_id.get(public_id)
        if found is not None or self.earlier is None or has_image:
            return found
        return self.earlier.by_public_id.get(public_id)

    def list_etags(self) -> list[tuple[str, str]]:
        """Return the ETags of all files that were read, by path."""
        earlier = [] if self.earlier is None else self.earlier.list_etags()
        return [*sorted(self.etags.items()), *earlier]


@dataclass(frozen=True, slots=True)
class Grouping:
    """The near-duplicate groups of a catalog.

    Attributes:
        digest: of the perceptual hashes that were grouped.
        firsts: the first item of the group of each item that is in one.
    """

    digest: str
    firsts: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class CatalogScan:
    """What one scan of a catalog found; ``marks`` are the ETags of the catalog when the scan began."""

    catalog: str
    batches: Mapping[int, ScannedBatch]
    images: ScannedImages
    failed: RunFailures
    marks: Marks

    def hash_contents(self) -> str:
        """Return what changes whenever the scan would find anything else; equal in every process."""
        digest = hashlib.blake2b(digest_size=16)
        for number, batch in self.batches.items():
            digest.update(f"{number} {batch.etag}\n".encode())
        failures = self.failed.list_etags()
        digest.update(f"{self.images.digest}\n{self.failed.run_id}\n{failures}\n{self.marks}".encode())
        return digest.hexdigest()


@dataclass(frozen=True)
class CatalogIndex:
    """What a catalog holds. Items are numbers from 0, in acceptance order.

    Attributes:
        catalog: its name.
        batches: its batches by number.
        items: its items.
        positions: batch of each item and its index there.
        images: packed image or placeholder of each item, or None.
        runs: the runs that the packed images refer to by number.
        failed: what was read of the last run.
        images_digest: changes whenever an image is added, replaced or deleted.
        grouping: near-duplicate groups of the items.
        marks: the ETags of the catalog when the scan began.
        version: changes whenever any of this may have changed; equal in every process.
    """

    catalog: str
    batches: Mapping[int, ScannedBatch]
    items: tuple[IndexedItem, ...]
    positions: tuple[tuple[int, int], ...]
    images: tuple[bytes | None, ...]
    runs: tuple[str, ...]
    failed: RunFailures
    images_digest: str
    grouping: Grouping
    marks: Marks
    version: str

    @classmethod
    def build(cls, scan: CatalogScan, known: Grouping | None = None) -> Self:
        """Return the index of what was scanned.

        Args:
            scan: the catalog.
            known: groups that were found before. If hashes have changed, finding the groups takes seconds for the
                largest catalogs.
        """
        batches, images = scan.batches, scan.images
        items = tuple(item for batch in batches.values() for item in batch.items)
        packed = tuple(images.packed.get(item.filename) for item in items)
        hashes = {
            number: dhash
            for number, image in enumerate(packed)
            if image is not None and (dhash := read_dhash(image)) is not None
        }
        digest = hashlib.blake2b(repr(hashes).encode(), digest_size=16).hexdigest()
        index = cls(
            catalog=scan.catalog,
            batches=batches,
            items=items,
            positions=tuple((number, place) for number, batch in batches.items() for place in range(len(batch.items))),
            images=packed,
            runs=images.runs,
            failed=scan.failed,
            images_digest=images.digest,
            grouping=(
                known
                if known is not None and known.digest == digest
                else Grouping(digest, group_near_duplicates(hashes))
            ),
            marks=scan.marks,
            version=scan.hash_contents(),
        )
        index.prepare()
        return index

    def replace_image(self, filename: str, info: FileInfo | None, change: str) -> "CatalogIndex":
        """Return the index with another image of an item; its near-duplicates are found by the next scan.

        Args:
            filename: of the image.
            info: the present file, or None.
            change: ETag of the mark of this change.
        """
        runs = RunNames(self.runs)
        image = None if info is None else pack_image(info, runs)
        images = tuple(
            image if item.filename == filename else present
            for item, present in zip(self.items, self.images, strict=True)
        )
        digest = hashlib.blake2b(self.images_digest.encode(), digest_size=16)
        digest.update(f"{filename}\n{None if info is None else info.etag}".encode("utf-8", "surrogatepass"))
        version = hashlib.blake2b(f"{self.version}\n{digest.hexdigest()}".encode(), digest_size=16).hexdigest()
        index = replace(
            self,
            images=images,
            runs=runs.list_ids(),
            images_digest=digest.hexdigest(),
            marks=replace(self.marks, change=change),
            version=version,
        )
        index.prepare()
        return index

    def prepare(self) -> None:
        """Calculate what each page needs, so that no page waits for it."""
        _ = self.numbers_by_item_id, self.numbers_by_public_id, self.failures, self.states, self.modified_ms
        _ = self.distances

    @property
    def groups(self) -> Mapping[int, int]:
        """The first item of the near-duplicate group of each item that is in one."""
        return self.grouping.firsts

    @cached_property
    def numbers_by_item_id(self) -> Mapping[str, int]:
        """The items by internal id."""
        return {item.item_id: number for number, item in enumerate(self.items)}

    @cached_property
    def numbers_by_public_id(self) -> Mapping[str, int]:
        """The items by their ids for callers, as far as these differ from the internal ones."""
        return {item.public_id: number for number, item in enumerate(self.items) if item.public_id is not item.item_id}

    @cached_property
    def failures(self) -> Mapping[int, ItemFailure]:
        """Why images failed in the last run, unless it generated them after all."""
        if not self.failed.by_public_id and self.failed.earlier is None:
            return {}
        return {
            number: failure
            for number, item in enumerate(self.items)
            if (failure := self.failed.find(item.public_id, has_image=self._has_image(number))) is not None
            and self._is_failed(number)
        }

    @cached_property
    def states(self) -> tuple[ItemState, ...]:
        """Whether each item has an image."""
        return tuple(self._find_state(number) for number in range(len(self.items)))

    @cached_property
    def modified_ms(self) -> tuple[int, ...]:
        """When each image was written; 0 without an image."""
        return tuple(0 if image is None else read_modified_ms(image) for image in self.images)

    @cached_property
    def refined_rounds(self) -> Mapping[int, tuple[str, int]]:
        """Run and round of each image that a run refined."""
        return {
            number: (self.runs[read_run_number(image)], round_)
            for number, image in enumerate(self.images)
            if image is not None and (round_ := read_round(image)) and is_run_id(self.runs[read_run_number(image)])
        }

    @cached_property
    def distances(self) -> Mapping[int, int]:
        """The distances of images from their style references, in ten thousandths."""
        return {
            number: distance
            for number, image in enumerate(self.images)
            if image is not None and (distance := read_distance(image)) is not None
        }

    def find_number(self, product_id: str) -> int | None:
        """Return the item with this id, internal or public, or None."""
        number = self.numbers_by_item_id.get(product_id)
        return self.numbers_by_public_id.get(product_id) if number is None else number

    def find_image(self, number: int) -> ListedImage | None:
        """Return the image or the placeholder of an item, or None."""
        packed = self.images[number]
        return None if packed is None else unpack_image(packed, self.runs)

    def list_reviews(self, decisions: DecisionTable) -> list[Verdict | None]:
        """Return the state of the review of each item; None without an image."""
        return [self._find_review(number, decisions) for number in range(len(self.items))]

    def _find_review(self, number: int, decisions: DecisionTable) -> Verdict | None:
        image = self.images[number]
        if image is None or is_packed_placeholder(image):
            return None
        found = decisions.find(self.items[number].item_id, read_sha256(image))
        return Verdict.UNDECIDED if found is None else found.verdict

    def _has_image(self, number: int) -> bool:
        image = self.images[number]
        return image is not None and not is_packed_placeholder(image)

    def _is_failed(self, number: int) -> bool:
        image = self.images[number]
        return image is None or is_packed_placeholder(image) or self.runs[read_run_number(image)] != self.failed.run_id

    def _find_state(self, number: int) -> ItemState:
        image = self.images[number]
        if image is not None:
            return ItemState.PLACEHOLDER if is_packed_placeholder(image) else ItemState.COMPLETE
        return ItemState.FAILED if number in self.failures else ItemState.MISSING
