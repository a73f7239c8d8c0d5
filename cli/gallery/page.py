"""The HTML of a gallery, in pieces from top to bottom. Pure.

The page makes no request: thumbnails are data URIs, and its content security policy allows nothing but them and the
page's own style and script, by their hashes. Each text of a catalog is escaped.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from html import escape
from importlib.resources import files
from typing import Final

from shared.browse.views import ItemRow, SectionView
from shared.version import __version__

MAX_OPEN_CATEGORIES: Final = 24
"""With more categories, the list of categories is closed at first."""

THUMBNAIL_TYPE: Final = "image/webp"

MARKS: Final = {"approved": "\N{CHECK MARK} Approved", "rejected": "\N{MULTIPLICATION X} Rejected"}
STATES: Final = {"approved": "Approved", "rejected": "Rejected", "undecided": "Undecided", "none": "Without an image"}
"""Filters of the page: by decision, or without an image that could be decided about."""


@dataclass(frozen=True, slots=True)
class GallerySummary:
    """What the top of the page says.

    Attributes:
        catalog: name of the catalog.
        items: number of items on the page.
        approved: number of approved items.
        rejected: number of rejected items.
        only_approved: whether the page has approved items only.
        sections: the categories in the order of the page, with their number of items.
        created_at: when the gallery was made.
    """

    catalog: str
    items: int
    approved: int
    rejected: int
    only_approved: bool
    sections: Sequence[SectionView]
    created_at: datetime


def render_start(summary: GallerySummary) -> str:
    """Return the page up to its first category."""
    style, script = _read_asset("gallery.css"), _read_asset("gallery.js")
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    title = escape(summary.catalog)
    kind = "approved item" if summary.only_approved else "item"
    parts = [
        f"{_count(summary.items, kind, f'{kind}s')} in {_count(len(summary.sections), 'category', 'categories')}",
        *([] if summary.only_approved else [f"{summary.approved:,} approved", f"{summary.rejected:,} rejected"]),
        f"{summary.created_at:%Y-%m-%d %H:%M} UTC",
    ]
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>{title} - catalog gallery</title>
<style>{style}</style>
</head>
<body>
<header>
<div class="wrap">
<h1>{title}</h1>
<p class="summary">{", ".join(parts)}</p>
{_render_navigation(summary.sections)}</div>
</header>
{_render_bar(summary)}<main class="wrap">
"""


def render_section_start(section: SectionView, number: int) -> str:
    """Return the heading of a category, with its number on the page from 1."""
    return (
        f'<section id="c{number}" aria-labelledby="h{number}">\n'
        f'<h2 id="h{number}"><bdi>{escape(section.key)}</bdi> <span>{section.items:,}</span></h2>\n<div class="grid">\n'
    )


def render_section_end() -> str:
    """Return the end of a category."""
    return "</div>\n</section>\n"


def render_card(row: ItemRow, thumbnail: bytes | None, *, is_left_out: bool = False) -> str:
    """Return an item.

    Args:
        row: the item.
        thumbnail: its image as WebP; None = it has none that can be shown.
        is_left_out: whether the image is left out to keep the page small.
    """
    name = escape(row.name)
    return (
        f'<article data-state="{_find_state(row)}">\n'
        f'<div class="frame">{_render_image(row, thumbnail, is_left_out)}</div>\n'
        f'<div class="text">\n<h3 dir="auto">{name}</h3>\n{_render_marks(row)}'
        f'<details><summary>Details<span class="sr"> of {name}</span></summary>\n{_render_details(row)}</details>\n'
        "</div>\n</article>\n"
    )


def render_end(images: int) -> str:
    """Return the end of a page with this number of images."""
    script = _read_asset("gallery.js")
    note = f"{_count(images, 'image', 'images')} of at most 256 pixels"
    return f"""</main>
<footer>
<div class="wrap">{note}. Made by Catalog Seeder {escape(__version__)}; the page is complete and loads nothing.</div>
</footer>
<script>{script}</script>
</body>
</html>
"""


def _render_navigation(sections: Sequence[SectionView]) -> str:
    if len(sections) < 2:  # noqa: PLR2004 - one category needs no list
        return ""
    links = "".join(
        f'<li><a href="#c{number}"><bdi>{escape(section.key)}</bdi> {section.items:,}</a></li>\n'
        for number, section in enumerate(sections, start=1)
    )
    state = " open" if len(sections) <= MAX_OPEN_CATEGORIES else ""
    return (
        f'<nav aria-label="Categories"><details{state}><summary>Categories</summary>\n'
        f"<ul>\n{links}</ul></details></nav>\n"
    )


def _render_bar(summary: GallerySummary) -> str:
    """Return the search and the filters, hidden until the script shows them."""
    categories = [(f"c{number}", section.key) for number, section in enumerate(summary.sections, start=1)]
    return f"""<div class="bar" role="search" aria-label="Items" hidden>
<div class="wrap">
<input id="search" type="search" aria-label="Search names and texts" placeholder="Search" autocomplete="off">
<select id="category" aria-label="Category">
{_render_options("All categories", categories)}</select>
<select id="decision" aria-label="Decision">
{_render_options("All decisions", STATES.items())}</select>
<output id="count" aria-live="polite"></output>
</div>
</div>
"""


def _render_options(every: str, options: Iterable[tuple[str, str]]) -> str:
    return "".join(
        f'<option value="{escape(value)}">{escape(text)}</option>\n' for value, text in [("", every), *options]
    )


def _render_image(row: ItemRow, thumbnail: bytes | None, is_left_out: bool) -> str:
    if thumbnail is not None:
        data = base64.b64encode(thumbnail).decode()
        return (
            f'<img alt="{escape(row.name)}" loading="lazy" decoding="async" src="data:{THUMBNAIL_TYPE};base64,{data}">'
        )
    if is_left_out and row.image is not None:
        return "<p>Image left out to keep the page small</p>"
    return "<p>Image cannot be shown</p>" if row.image is not None else "<p>No image</p>"


def _render_marks(row: ItemRow) -> str:
    marks = []
    if row.decision is not None:
        marks.append(f'<li class="{row.decision.decision}">{MARKS[row.decision.decision]}</li>')
    if row.image is not None and row.image.is_placeholder:
        marks.append('<li class="problem">Placeholder</li>')
    if row.failure is not None:
        marks.append(f'<li class="problem">{escape(row.failure.reason)}</li>')
    if row.image is not None and row.image.score is not None:
        marks.append(f"<li>Score {row.image.score}</li>")
    if row.image is not None and row.image.likeness is not None:
        marks.append(f"<li>Likeness {row.image.likeness}</li>")
    return f'<ul class="marks">{"".join(marks)}</ul>\n' if marks else ""


def _render_details(row: ItemRow) -> str:
    values = [("Description", row.description), ("Image prompt", row.image_prompt)]
    if row.failure is not None:
        values.append(("Failure", f"{row.failure.reason}: {row.failure.message}"))
    if row.decision is not None:
        by = f" by {row.decision.reviewer}" if row.decision.reviewer else ""
        values.append(("Decision", f"{row.decision.decision}{by}, {row.decision.at:%Y-%m-%d %H:%M} UTC"))
        values.append(("Note", row.decision.note or ""))
    if row.image is not None:
        cost = "" if row.image.cost_usd is None else f", ${row.image.cost_usd:.4f}"
        size = f"{row.image.width} \N{MULTIPLICATION SIGN} {row.image.height}, {format_bytes(row.image.bytes)}"
        values.append(("Image", f"{size}{cost}"))
    values += [("File", row.filename), ("Product id", row.product_id)]
    rows = "".join(f'<dt>{label}</dt><dd dir="auto">{escape(text)}</dd>\n' for label, text in values if text)
    return f"<dl>\n{rows}</dl>\n"


def _find_state(row: ItemRow) -> str:
    if row.decision is not None:
        return row.decision.decision
    return "undecided" if row.image is not None and not row.image.is_placeholder else "none"


def format_bytes(count: int) -> str:
    """Return a size in the unit that suits it."""
    if count < 1_000_000:  # noqa: PLR2004 - a megabyte
        return f"{count / 1000:.0f} kB"
    return f"{count / 1_000_000:.1f} MB"


def _count(number: int, singular: str, plural: str) -> str:
    return f"{number:,} {singular if number == 1 else plural}"


def _hash(text: str) -> str:
    """Return the source of a content security policy that allows exactly this inline text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _read_asset(name: str) -> str:
    """Return a file beside this module, with the line ends that a browser hashes."""
    text = files("cli.gallery").joinpath(name).read_text(encoding="utf-8").replace("\r\n", "\n")
    return f"\n{text}"
