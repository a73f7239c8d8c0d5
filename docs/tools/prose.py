"""Check prose against the word list: ``python -m docs.tools.prose [--count]``."""

import argparse
import ast
import io
import re
import subprocess
import sys
import tokenize
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

WORDS_FILE = Path(__file__).with_name("words.toml")
EXEMPT = ("docs/glossary.md", "docs/tools/", "tests/", "CHANGELOG.md")
"""The word list and the glossary name the rejected words; the changelog keeps the names that earlier versions had."""
UNCHECKED_TEXT = re.compile(r"\x00|\A\S*\Z")
"""Strings without white space are identifiers, not prose."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern to reject.

    Attributes:
        pattern: matched without regard to case.
        use: what to write instead.
        skip: path prefixes where the word has its ordinary meaning.
    """

    pattern: re.Pattern[str]
    use: str
    skip: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A rejected word at a line of a file."""

    path: str
    line: int
    word: str
    use: str


def load_rules(path: Path = WORDS_FILE) -> list[Rule]:
    """Read the word list."""
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["words"]
    return [Rule(re.compile(row["pattern"], re.IGNORECASE), row["use"], tuple(row.get("skip", ()))) for row in rows]


def list_files(root: Path) -> list[str]:
    """Return the tracked documents and modules to check, relative to ``root``."""
    command = [
        "git",
        "-C",
        str(root),
        "ls-files",
        "*.md",
        "*.py",
        "*.bicep",
        "*.kql",
        "*.yml",
        "Makefile",
        ".env.example",
    ]
    tracked = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()  # noqa: S603
    return [path for path in tracked if not path.startswith(EXEMPT) and (root / path).is_file()]


def iterate_texts(path: str, source: str) -> Iterator[tuple[int, str]]:
    """Yield the prose of a file as (line number, text)."""
    if not path.endswith(".py"):
        yield from enumerate(source.splitlines(), start=1)
        return
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and "noqa" not in token.string and "type: ignore" not in token.string:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and not UNCHECKED_TEXT.search(node.value):
            for offset, line in enumerate(node.value.splitlines()):
                yield node.lineno + offset, line


def check_text(path: str, source: str, rules: list[Rule]) -> Iterator[Finding]:
    """Yield what the rules reject in a file."""
    rules = [rule for rule in rules if not path.startswith(rule.skip)] if path else rules
    for line, text in iterate_texts(path, source):
        for rule in rules:
            for match in rule.pattern.finditer(text):
                yield Finding(path, line, match.group(0), rule.use)


def main(arguments: list[str] | None = None) -> int:
    """Print each finding, or with ``--count`` their number by word; exit 1 if there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", action="store_true", help="print the number of findings by word and by folder")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="checkout to check; default: the current folder")
    parser.add_argument("paths", nargs="*", help="check only paths that start with one of these")
    options = parser.parse_args(arguments)
    rules = load_rules()
    files = [path for path in list_files(options.root) if not options.paths or path.startswith(tuple(options.paths))]
    findings = [
        finding
        for path in files
        for finding in check_text(path, (options.root / path).read_text(encoding="utf-8"), rules)
    ]
    if options.count:
        for title, counts in (
            ("word", Counter(finding.word.casefold() for finding in findings)),
            ("folder", Counter("/".join(finding.path.split("/")[:2]) for finding in findings)),
        ):
            print(f"\n{title}: {sum(counts.values())} in all")
            for name, number in counts.most_common():
                print(f"{number:6} {name}")
    else:
        for finding in findings:
            print(f"{finding.path}:{finding.line}: {finding.word!r}: use {finding.use}")
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
