"""Finds what the files of the review page load: nothing may come from another origin, and nothing may be inline."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

WEB = Path(__file__).resolve().parents[2] / "web"

NAMESPACES = {
    "http://www.w3.org/1998/Math/MathML",
    "http://www.w3.org/1999/xhtml",
    "http://www.w3.org/2000/svg",
    "http://www.w3.org/1999/xlink",
    "http://www.w3.org/XML/1998/namespace",
}
"""Names of XML vocabularies, which nothing loads."""

ADDRESS = re.compile(r"""(?:\b[a-z][a-z0-9+.-]*:|(?<=["'`]))//[\w\[][^\s"'`<>)\\]*""", re.IGNORECASE)
IMPORT = re.compile(r"""\b(?:from|import)\s*\(?\s*["'`]([^"'`]*)["'`]""")
COMMENT = re.compile(r"/\*.*?\*/|(?<![:\w\"'`/])//[^\n]*", re.DOTALL)
CSS_URL = re.compile(r"url\(\s*[\"']?([^\"')]+)|@import\s+[\"']([^\"']+)")
UNSAFE = re.compile(r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write|eval)\b")


class _Page(HTMLParser):
    """Collects addresses and inline code of an HTML file."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if (tag == "script" and "src" not in values) or tag in {"style", "base"}:
            self.problems.append(f"<{tag}>")
        for name, value in attrs:
            is_inline = name == "style" or name.startswith("on")
            is_foreign = name in {"src", "href", "action", "srcset", "poster"} and re.match(r"\w+:|/", value or "")
            if is_inline or is_foreign:
                self.problems.append(f"<{tag} {name}={value!r}>")


def find_problems(name: str, text: str) -> Iterator[str]:
    """Yield what a file loads from another origin or an absolute path, and code that is no text.

    Args:
        name: the file's name; its ending decides how it is read.
        text: its content.
    """
    if name.endswith(".html"):
        page = _Page()
        page.feed(text)
        yield from page.problems
    if name.endswith(".css"):
        yield from ("".join(match) for match in CSS_URL.findall(text) if re.match(r"\w+:|/", "".join(match)))
    if name.endswith(".js"):
        code = COMMENT.sub("", text)
        yield from (target for target in IMPORT.findall(code) if not re.match(r"\.\.?/[\w./-]+\.js$", target))
        yield from (address for address in ADDRESS.findall(code) if address not in NAMESPACES)
        if "vendor/" not in name:
            yield from UNSAFE.findall(code)


def list_web_files(*endings: str) -> list[Path]:
    """Return the files of the page with these endings."""
    return [path for path in sorted(WEB.rglob("*")) if path.suffix in endings]
