"""The page asks for its modules at once, not for one after another has named it."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.web_references import WEB

ENTRIES = ("main.js", "views/review.js")
IMPORT = re.compile(r"""\bfrom\s*"(\.[^"]+)\"""")
PRELOAD = re.compile(r'<link rel="modulepreload" href="([^"]+)" />')


def list_imports(path: Path) -> Iterator[Path]:
    for name in IMPORT.findall(path.read_text(encoding="utf-8")):
        yield (path.parent / name).resolve()


def collect_modules(entries: tuple[str, ...]) -> set[str]:
    """Return the entries and everything that they import, directly or not."""
    waiting, found = [(WEB / entry).resolve() for entry in entries], set[Path]()
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting.extend(list_imports(path))
    return {path.relative_to(WEB.resolve()).as_posix() for path in found}


def test_the_modules_of_the_review_are_preloaded() -> None:
    preloaded = PRELOAD.findall((WEB / "index.html").read_text(encoding="utf-8"))
    assert sorted(preloaded) == sorted(collect_modules(ENTRIES) - {"main.js"})
