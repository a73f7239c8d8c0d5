"""Strips markup from shop texts (tags, entities, styles, scripts, shortcodes), and recognizes null values."""

import re
from typing import Final

from shared.catalog.forbidden_words import decode_entities

NULL_WORDS: Final = frozenset(
    {"null", "nan", "na", "n/a", "n.a.", "n.a", "none", "nil", "undefined", "blank", "empty", "\\n"}
    | {"not available", "not applicable", "value!", "ref!", "name?", "div/0!", "num!"}
)
"""What exports write for a missing value; compared without case and without enclosing brackets or ``#``."""

_BARE_NULL_WORDS: Final = NULL_WORDS - {"blank", "empty", "value!", "ref!", "name?", "div/0!", "num!"}
"""Those that count without brackets or ``#``, too."""

_NULL_SIGNS: Final = re.compile(r"[-\u2010-\u2015_.?*\u2026]+")

TAGS: Final = frozenset(
    {
        "a", "abbr", "address", "article", "aside", "audio", "b", "big", "blockquote", "body", "br", "button",
        "caption", "center", "cite", "code", "col", "colgroup", "dd", "del", "details", "div", "dl", "dt", "em",
        "embed", "figcaption", "figure", "font", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "head",
        "header", "hr", "html", "i", "iframe", "img", "input", "ins", "label", "li", "link", "main", "map", "mark",
        "meta", "nav", "noscript", "object", "ol", "option", "p", "param", "path", "picture", "pre", "q", "s",
        "script", "section", "select", "small", "source", "span", "strike", "strong", "style", "sub", "summary",
        "sup", "svg", "table", "tbody", "td", "template", "textarea", "tfoot", "th", "thead", "time", "title", "tr",
        "tt", "u", "ul", "var", "video", "wbr",
    },
)  # fmt: skip
"""HTML's own tags; ``<XL>`` is text. Tags with a colon or a hyphen (Word, web components) count, too."""

DROPPED_ELEMENTS: Final = frozenset({"script", "style", "noscript", "template", "svg", "head", "iframe"})
"""Elements whose content is not shown as text."""

INLINE_TAGS: Final = frozenset(
    {"a", "abbr", "b", "big", "em", "font", "i", "mark", "s", "small", "span", "strong", "sub", "sup", "u", "wbr"},
)
"""Elements inside a word or a sentence."""

_SHORTCODE: Final = re.compile(
    r"\[/?[a-z][a-z0-9]*+[_-][a-z0-9_-]*+(?:\s[^\[\]]*+)?\]"
    r"|\[[a-z][a-z0-9]*+(?:\s++[a-z_]++=(?>\"[^\"\[]*+\"|'[^'\[]*+'|[^\s\[\]]++))++\s*+/?\]"
    r"|\[/[a-z][a-z0-9]*+\]"
)
"""Shortcodes of WordPress and its page builders: ``[vc_row]``, ``[gallery ids="1"]``, ``[/caption]``."""

_TAG: Final = re.compile(r"</?([A-Za-z][\w:.-]*)")
_TAG_MARK: Final = re.compile(r"[\"'<>]")
_ESCAPED_BREAK: Final = re.compile(r"(?<![:\\])\\[nrt]")


def is_null(text: str) -> bool:
    """Return whether a value stands for a missing one."""
    word = text.strip().casefold()
    if word in _BARE_NULL_WORDS or _NULL_SIGNS.fullmatch(word):
        return True
    return word[:1] in set("(<[{#") and word.strip("()<>[]{}#") in NULL_WORDS


def strip_markup(text: str) -> str:
    """Return a text on one line, without tags, comments, entities, shortcodes, styles and scripts.

    Decodes before and after removing tags, because feeds in XML encode markup twice.
    """
    if "\\" in text:
        text = _ESCAPED_BREAK.sub(" ", text)
    plain = text
    if "<" in text:
        text = _drop_tags(text.replace("<![CDATA[", " ").replace("]]>", " "))
    if "&" in text:
        text = decode_entities(text)
        if "<" in text:
            text = decode_entities(_drop_tags(text))
    if "[" in text:
        text = _SHORTCODE.sub(" ", text)
    line = " ".join(text.split())
    return line if text is plain else re.sub(r"\s+([,;:.!?])(?=\s|$)", r"\1", line)


def _drop_tags(text: str) -> str:
    """Return a text without tags, comments and dropped elements; visits each character once."""
    kept: list[str] = []
    position = 0
    while (start := text.find("<", position)) >= 0:
        kept.append(text[position:start])
        if text.startswith("<!--", start):
            end = text.find("-->", start)
            position = len(text) if end < 0 else end + 3
            continue
        found = _TAG.match(text, start)
        name = "" if found is None else found[1].casefold()
        if found is None or not (name in TAGS or ":" in name or "-" in name):
            kept.append("<")
            position = start + 1
            continue
        position = _find_tag_end(text, found.end())
        if name in DROPPED_ELEMENTS and not text.startswith("</", start) and text[position - 2 : position] != "/>":
            position = _pass_element(text, position, name)
        kept.append("" if name in INLINE_TAGS else " ")
    return "".join([*kept, text[position:]])


def _find_tag_end(text: str, position: int) -> int:
    """Return the offset after a tag's closing bracket; quoted attributes may contain brackets."""
    while position < len(text):
        found = _TAG_MARK.search(text, position)
        if found is None:
            return len(text)
        mark, position = found[0], found.end()
        if mark == ">":
            return position
        if mark == "<":  # the tag is not closed
            return position - 1
        end = text.find(mark, position)
        if end >= 0:
            position = end + 1
        else:
            closing = text.find(">", position)
            return len(text) if closing < 0 else closing + 1
    return len(text)


def _pass_element(text: str, position: int, name: str) -> int:
    """Return the offset after an element's closing tag, or the end of the text if it is not closed."""
    found = re.compile(rf"</{re.escape(name)}\s*>", re.IGNORECASE).search(text, position)
    return len(text) if found is None else found.end()
