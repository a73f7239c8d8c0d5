"""Writes a gallery page by page, so that a large catalog takes no more memory than a small one."""

import os
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TextIO

from cli.errors import CliError, WrongUsageError
from cli.gallery.page import (
    GallerySummary,
    render_card,
    render_end,
    render_section_end,
    render_section_start,
    render_start,
)
from cli.gallery.sources import GallerySource
from shared.browse.item_query import ItemQuery
from shared.browse.views import ItemList, ItemRow, SectionView
from shared.storage.read_in_order import read_in_order

ITEMS_PER_PAGE = 100
MAX_CONCURRENT_THUMBNAILS = 8

MAX_MAIL_BYTES = 20_000_000
"""Mail servers commonly refuse messages above 20 to 25 MB."""


@dataclass(frozen=True, slots=True)
class WrittenGallery:
    """A gallery that was written: number of items and images, and size of the file."""

    items: int
    images: int
    bytes: int


async def write_gallery(
    source: GallerySource, catalog: str, file: Path, *, only_approved: bool = False, max_images: int | None = None
) -> WrittenGallery:
    """Write a catalog as one HTML file, which appears when it is complete; replaces a file of that name.

    Args:
        source: holds the catalog.
        catalog: name of the catalog.
        file: the HTML file.
        only_approved: leave out all other items.
        max_images: maximum number of images in the file; items beyond it are listed without one.

    Raises:
        WrongUsageError: the file cannot be written.
        CliError: no item is approved; the app cannot be reached, or refused a call.
        RequestError: the catalog does not exist.
        StoreUnavailableError: the store does not answer.
    """
    partial = file.with_name(f"{file.name}.part")
    try:
        written = await _write(source, catalog, partial, only_approved, max_images)
        partial.replace(file)
    except OSError as error:
        raise WrongUsageError(f"--output: {file} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    return written


def advise_on_size(written: WrittenGallery) -> str | None:
    """Return what to do about a file that is too large to mail; None if it is not."""
    if written.bytes <= MAX_MAIL_BYTES:
        return None
    fitting = MAX_MAIL_BYTES * written.images // written.bytes
    advice = f"--max-images {fitting} or --only approved" if fitting else "--only approved"
    return f"mail servers refuse files of more than about {MAX_MAIL_BYTES // 1_000_000} MB; use {advice}"


async def _write(
    source: GallerySource, catalog: str, file: Path, only_approved: bool, max_images: int | None
) -> WrittenGallery:
    query = ItemQuery(sort="category", limit=ITEMS_PER_PAGE, decision="approved" if only_approved else None)
    first = await source.list_items(query)
    if not first.items:
        what = "approved item" if only_approved else "item"
        raise CliError(f"catalog {catalog!r} has no {what}; expected one at least", reason="nothing_to_show")
    summary = GallerySummary(
        catalog=catalog,
        items=first.total,
        approved=await _count_decisions(source, "approved"),
        rejected=await _count_decisions(source, "rejected"),
        only_approved=only_approved,
        sections=first.sections or [],
        created_at=datetime.now(UTC),
    )
    with file.open("w", encoding="utf-8", errors="replace", newline="\n") as opened:
        page = _Page(opened, max_images)
        page.start(summary)

        async def read(row: ItemRow) -> tuple[ItemRow, bytes | None]:
            return row, None if page.is_full else await source.read_thumbnail(row)

        rows = _iterate_items(source, query, first)
        async for row, thumbnail in read_in_order(rows, read, max_concurrent=MAX_CONCURRENT_THUMBNAILS):
            page.add(row, thumbnail)
        page.finish()
        opened.flush()
        return WrittenGallery(page.items, page.images, os.fstat(opened.fileno()).st_size)


async def _count_decisions(source: GallerySource, decision: Literal["approved", "rejected"]) -> int:
    return (await source.list_items(ItemQuery(decision=decision, limit=1))).total


class _Page:
    """A page that is being written; items of a category are added together.

    Attributes:
        items: number of items so far.
        images: number of images so far.
    """

    def __init__(self, file: TextIO, max_images: int | None) -> None:
        self._file = file
        self._max_images = max_images
        self._sections: dict[str, SectionView] = {}
        self._numbers: dict[str, int] = {}
        self._category: str | None = None
        self.items = 0
        self.images = 0

    @property
    def is_full(self) -> bool:
        """Whether no further image may be added."""
        return self._max_images is not None and self.images >= self._max_images

    def start(self, summary: GallerySummary) -> None:
        self._sections = {section.key: section for section in summary.sections}
        self._numbers = {section.key: number for number, section in enumerate(summary.sections, start=1)}
        self._file.write(render_start(summary))

    def add(self, row: ItemRow, thumbnail: bytes | None) -> None:
        if row.category != self._category:
            self._start_section(row.category)
        is_left_out = self.is_full
        shown = None if is_left_out else thumbnail
        self._file.write(render_card(row, shown, is_left_out=is_left_out))
        self.items += 1
        self.images += shown is not None

    def finish(self) -> None:
        self._file.write(render_section_end() + render_end(self.images))

    def _start_section(self, category: str) -> None:
        """Begin a category; one that a run has added meanwhile is not in the list at the top."""
        if self._category is not None:
            self._file.write(render_section_end())
        self._category = category
        number = self._numbers.setdefault(category, len(self._numbers) + 1)
        section = self._sections.get(category) or SectionView(key=category, items=1)
        self._file.write(render_section_start(section, number))


async def _iterate_items(source: GallerySource, query: ItemQuery, first: ItemList) -> AsyncIterator[ItemRow]:
    page = first
    while True:
        for row in page.items:
            yield row
        if page.continuation is None:
            return
        page = await source.list_items(query.model_copy(update={"continuation": page.continuation}))
