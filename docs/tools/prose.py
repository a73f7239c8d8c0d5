"""Check prose and identifiers against the word list: ``python -m docs.tools.prose [--count] [PATH...]``.

Prose is: Markdown without code, docstrings, comments, and strings that contain white space. Identifiers are the names
of Python code, split at underscores and capitals. Tests, the word list and the glossary are exempt.
"""

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
CHECKED_FILES = ("*.md", "*.py", "*.bicep", "*.kql", "*.yml", "*.yaml", "*.toml", "Makefile", ".env.example")
EXEMPT = ("docs/glossary.md", "docs/tools/", "tests/", "CHANGELOG.md")
"""The word list and the glossary name the rejected words; the changelog names what earlier versions had."""

IDENTIFIER_TEXT = re.compile(r"\A\S*\Z")
SQL_TEXT = re.compile(r"\A\s*(?:CREATE|SELECT|INSERT|UPDATE|DELETE|WITH|PRAGMA|FROM|WHERE|JOIN)\b")
"""Strings that are identifiers or SQL are not prose. The columns of an audit are a contract."""

FENCE = re.compile(r"^[ >]*(```|~~~).*?^[ >]*\1[ ]*$", re.MULTILINE | re.DOTALL)
CODE_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
PICTURE_TAG = re.compile(r"</?picture>")
"""The element of HTML that shows one image in the light theme and another in the dark one."""

LINK_TARGET = re.compile(r"\]\([^)\s]*\)|<https?://[^>\s]*>")


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern to reject.

    Attributes:
        pattern: matched without regard to case.
        use: what to write instead.
        skip: path prefixes where the word has its ordinary meaning.
        allow: identifiers that a contract fixes.
    """

    pattern: re.Pattern[str]
    use: str
    skip: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WordList:
    """The rules for prose, and the rules for identifiers."""

    words: tuple[Rule, ...]
    identifiers: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A rejected word at a line of a file."""

    path: str
    line: int
    word: str
    use: str


def load_rules(path: Path = WORDS_FILE) -> WordList:
    """Read the word list."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))

    def read_rules(name: str) -> tuple[Rule, ...]:
        return tuple(
            Rule(
                re.compile(row["pattern"], re.IGNORECASE),
                row["use"],
                tuple(row.get("skip", ())),
                tuple(row.get("allow", ())),
            )
            for row in tables[name]
        )

    return WordList(read_rules("words"), read_rules("identifiers"))


def list_files(root: Path) -> list[str]:
    """Return the tracked documents and modules to check, relative to ``root``."""
    command = ["git", "-C", str(root), "ls-files", *CHECKED_FILES]
    tracked = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()  # noqa: S603
    return [path for path in tracked if not path.startswith(EXEMPT) and (root / path).is_file()]


def check_text(path: str, source: str, rules: WordList) -> Iterator[Finding]:
    """Yield what the rules reject in a file."""
    words = [rule for rule in rules.words if not path.startswith(rule.skip)]
    for line, text in iterate_texts(path, source):
        for rule in words:
            for match in rule.pattern.finditer(text):
                yield Finding(path, line, match.group(0), rule.use)
    if path.endswith(".py"):
        for line, name in iterate_identifiers(source):
            for rule in rules.identifiers:
                if rule.pattern.search(split_identifier(name)) and name not in rule.allow:
                    yield Finding(path, line, name, rule.use)


def iterate_texts(path: str, source: str) -> Iterator[tuple[int, str]]:
    """Yield the prose of a file as (line number, text)."""
    if path.endswith(".py"):
        yield from _iterate_python_texts(source)
    elif path.endswith(".md"):
        text = FENCE.sub(_blank, source)
        for pattern in (CODE_SPAN, LINK_TARGET, PICTURE_TAG):
            text = pattern.sub(_blank, text)
        yield from enumerate(text.splitlines(), start=1)
    else:
        yield from enumerate(source.splitlines(), start=1)


def iterate_identifiers(source: str) -> Iterator[tuple[int, str]]:
    """Yield each name of a module once, with the line where it stands first."""
    seen = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME and token.string not in seen:
            seen.add(token.string)
            yield token.start[0], token.string


def split_identifier(name: str) -> str:
    """Return the words of an identifier: ``MOST_image_calls`` and ``MostImageCalls`` become words with blanks."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_+", " ", name).strip()


def _iterate_python_texts(source: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and "noqa" not in token.string and "type: ignore" not in token.string:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_prose(node.value):
            for offset, line in enumerate(CODE_SPAN.sub(_blank, node.value).splitlines()):
                yield node.lineno + offset, line


def _is_prose(text: str) -> bool:
    return not (IDENTIFIER_TEXT.search(text) or SQL_TEXT.search(text) or "\x00" in text)


def _blank(match: re.Match[str]) -> str:
    """Replace a match by its line breaks alone, so that line numbers stay."""
    return " " + "\n" * match.group(0).count("\n")


def main(arguments: list[str] | None = None) -> int:
    """Print each finding, or with ``--count`` their number by word and folder; return 1 if there are any."""
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
