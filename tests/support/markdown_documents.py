"""Read tables, fenced blocks and links of GitHub-flavoured Markdown."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HTML_LINK = re.compile(r'<\w+ [^>]*?\b(?:src|srcset|href)="([^"]+)"')


def read(name: str) -> str:
    """Return a document's text; ``name`` is its path from the root."""
    return (ROOT / name).read_text(encoding="utf-8")


def list_documents() -> list[str]:
    """Return the paths of all documents, from the root."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *(ROOT / "docs").rglob("*.md")]
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def find_table(text: str, first_heading: str) -> list[list[str]]:
    """Return the rows of the table with this first heading, as stripped cells."""
    lines = iter(text.splitlines())
    for line in lines:
        if _split_row(line)[:1] == [first_heading]:
            next(lines)  # the line below the headings
            break
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append(_split_row(line))
    return rows


def find_codes(cell: str) -> list[str]:
    """Return the code spans."""
    return re.findall(r"`([^`]+)`", cell)


def remove_blocks(text: str) -> str:
    """Return a document's text without its fenced blocks."""
    return _FENCE.sub("", text)


def find_blocks(text: str, *languages: str) -> list[str]:
    """Return the fenced blocks in these languages."""
    return [block for language, block in _FENCE.findall(text) if language in languages]


def find_commands(text: str) -> list[str]:
    """Return the commands in shell blocks, each on one line and without its comment."""
    commands = []
    for block in find_blocks(text, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            command = re.sub(r"\s+#.*$", "", line).strip()
            if command and not command.startswith("#"):
                commands.append(command)
    return commands


def find_links(text: str) -> Iterator[str]:
    """Yield the targets of links and images, also of those in HTML."""
    yield from _LINK.findall(remove_blocks(text))
    yield from _HTML_LINK.findall(remove_blocks(text))


def find_anchors(text: str) -> set[str]:
    """Return the anchors that GitHub derives from headings."""
    headings = re.findall(r"^#+ (.+)$", remove_blocks(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _split_row(line: str) -> list[str]:
    if not line.startswith("|"):
        return []
    return [cell.strip() for cell in line.strip("|").split("|")]
