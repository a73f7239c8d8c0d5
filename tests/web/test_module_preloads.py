"""The page asks for its modules at once, not for one after another has named it."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.web_references import WEB

FIRST = "review/first_items.js"
"""Asks for the first items; runs as soon as its modules are there."""

SCRIPTS = (FIRST, "main.js")
VIEW = "views/review.js"
IMPORT = re.compile(r"""\bfrom\s*"(\.[^"]+)\"""")
PRELOAD = re.compile(r'<link rel="modulepreload" href="([^"]+)" />')
SCRIPT = re.compile(r'<script type="module"( async)? src="([^"]+)"></script>')


def list_imports(path: Path) -> Iterator[Path]:
    for name in IMPORT.findall(path.read_text(encoding="utf-8")):
        yield (path.parent / name).resolve()


def collect_modules(*entries: str) -> set[str]:
    """Return the entries and everything that they import, directly or not."""
    waiting, found = [(WEB / entry).resolve() for entry in entries], set[Path]()
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting.extend(list_imports(path))
    return {path.relative_to(WEB.resolve()).as_posix() for path in found}


def read_page() -> str:
    return (WEB / "index.html").read_text(encoding="utf-8")


def test_the_modules_of_the_review_are_preloaded() -> None:
    assert sorted(PRELOAD.findall(read_page())) == sorted(collect_modules(*SCRIPTS, VIEW) - set(SCRIPTS))


def test_the_modules_that_ask_for_the_first_items_come_first() -> None:
    modules = collect_modules(FIRST) - {FIRST}
    assert set(PRELOAD.findall(read_page())[: len(modules)]) == modules


def test_the_script_that_asks_for_the_first_items_is_first_and_waits_for_no_other() -> None:
    page = read_page()
    assert SCRIPT.findall(page) == [(" async", FIRST), ("", "main.js")]
    assert page.index(FIRST) < page.index("modulepreload")
