"""The HTML of a gallery: texts stay texts, and the page allows itself nothing but its own style, script and images."""

import base64
import hashlib
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from cli.gallery.page import (
    GallerySummary,
    render_card,
    render_end,
    render_section_end,
    render_section_start,
    render_start,
)
from shared.browse.item_rows import ItemState
from shared.browse.views import DecisionView, FailureView, ImageView, ItemRow, SectionView

EVIL = "<img src=x onerror=alert(1)>"
CLOSING = '</script></style></main>"><script>alert(2)</script>'
WHEN = datetime(2026, 12, 1, 10, 20, tzinfo=UTC)
IMAGE = ImageView(
    sha256="00ff",
    bytes=1_400_000,
    width=1024,
    height=768,
    has_thumbnail=True,
    is_placeholder=False,
    score=87,
    run_id="run",
    round=1,
    cost_usd=0.0349,
)
ROW = ItemRow(
    product_id="P-1",
    item_id="p-1",
    name="Ann",
    category="Space Crew",
    description="A figure.",
    image_prompt="Photo of Ann",
    filename="p-1.png",
    state=ItemState.COMPLETE,
    image=IMAGE,
    failure=None,
    duplicate_group=None,
    decision=None,
)
VOID = {"meta", "img", "input", "link", "br"}


class Parsed(HTMLParser):
    """What a browser makes of a page: elements with their attributes, and the text of each kind of element."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def find(self, tag: str) -> list[dict[str, str]]:
        return [attributes for found, attributes in self.elements if found == tag]

    def read(self, tag: str) -> list[str]:
        return [text for found, text in self.texts if found == tag and text.strip()]


def make_page(
    *rows: ItemRow, catalog: str = "lego", category: str = "Space Crew", thumbnail: bytes | None = b"w"
) -> str:
    section = SectionView(key=category, items=len(rows))
    summary = GallerySummary(
        catalog, len(rows), 1, 2, only_approved=False, sections=[section, section], created_at=WHEN
    )
    cards = "".join(render_card(row, thumbnail) for row in rows)
    return (
        render_start(summary) + render_section_start(section, 1) + cards + render_section_end() + render_end(len(rows))
    )


def change(**changes: object) -> ItemRow:
    return ROW.model_copy(update=changes)


def hash_source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_allows_exactly_the_inline_style_and_script() -> None:
    page = make_page(ROW)
    (policy,) = [meta["content"] for meta in Parsed(page).find("meta") if meta.get("http-equiv")]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert directives == {
        "default-src": "'none'",
        "img-src": "data:",
        "style-src": hash_source(style),
        "script-src": hash_source(script),
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_the_page_refers_to_nothing_outside_itself() -> None:
    parsed = Parsed(make_page(ROW))
    addresses = [
        (tag, value)
        for tag, attributes in parsed.elements
        for name, value in attributes.items()
        if name in {"src", "href"}
    ]
    assert [tag for tag, value in addresses if not value.startswith(("data:image/webp;base64,", "#"))] == []
    assert "@import" not in "".join(parsed.read("style"))
    assert "url(" not in "".join(parsed.read("style"))


def test_nothing_in_the_page_needs_more_than_its_policy_allows() -> None:
    inline = [name for _, attributes in Parsed(make_page(ROW)).elements for name in attributes if name.startswith("on")]
    styled = [name for _, attributes in Parsed(make_page(ROW)).elements for name in attributes if name == "style"]
    assert (inline, styled) == ([], [])


@pytest.mark.parametrize("text", [EVIL, CLOSING, "a & b &lt; 'c' \"d\""])
def test_html_in_a_catalog_stays_text(text: str) -> None:
    row = change(
        name=text,
        category=text,
        description=text,
        image_prompt=text,
        filename=text,
        product_id=text,
        failure=FailureView(reason=text, message=text),
        decision=DecisionView(decision="approved", note=text, reviewer=text, at=WHEN),
    )
    harmless, evil = Parsed(make_page(ROW)), Parsed(make_page(row, catalog=text, category=text))
    assert [len(evil.find(tag)) for tag in ("img", "script", "style", "main")] == [1, 1, 1, 1]
    assert evil.open == harmless.open == []
    assert evil.read("h1") == evil.read("h3") == [text]
    assert evil.read("dd").count(text) >= 4
    assert evil.find("img")[0]["alt"] == text
    assert evil.read("option").count(text) == 2


def test_a_card_has_everything_that_is_known_of_an_item() -> None:
    decision = DecisionView(decision="rejected", note="No hat", reviewer="bob", at=WHEN)
    parsed = Parsed(make_page(change(decision=decision)))
    assert parsed.read("dt") == [
        *("Description", "Image prompt", "Decision", "Note", "Image", "File", "Product id"),
    ]
    assert parsed.read("dd") == [
        *("A figure.", "Photo of Ann", "rejected by bob, 2026-12-01 10:20 UTC", "No hat"),
        *("1024 \N{MULTIPLICATION SIGN} 768, 1.4 MB, $0.0349", "p-1.png", "P-1"),
    ]
    assert parsed.read("li")[-1] == "Score 87"
    assert parsed.find("article")[0]["data-state"] == "rejected"


@pytest.mark.parametrize(
    ("row", "thumbnail", "state", "shown"),
    [
        (ROW, b"w", "undecided", 1),
        (ROW, None, "undecided", 0),
        (change(image=None, failure=FailureView(reason="content_policy", message="m")), None, "none", 0),
        (change(image=IMAGE.model_copy(update={"is_placeholder": True})), b"w", "none", 1),
    ],
)
def test_an_item_without_an_image_is_shown_as_such(
    row: ItemRow, thumbnail: bytes | None, state: str, shown: int
) -> None:
    parsed = Parsed(make_page(row, thumbnail=thumbnail))
    assert parsed.find("article")[0]["data-state"] == state
    assert len(parsed.find("img")) == shown
    assert len([text for text in parsed.read("p") if "image" in text.casefold()]) == 1 - shown


def test_controls_have_names_and_the_page_its_landmarks() -> None:
    parsed = Parsed(make_page(ROW))
    assert [control["aria-label"] != "" for tag in ("input", "select") for control in parsed.find(tag)] == [True] * 3
    assert [len(parsed.find(tag)) for tag in ("main", "header", "footer", "nav", "h1")] == [1] * 5
    assert parsed.find("html") == [{"lang": "en"}]
    assert "hidden" in next(one for one in parsed.find("div") if one.get("role") == "search")
