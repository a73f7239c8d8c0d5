"""The page loads nothing from another origin, and has no inline code: its content security policy allows neither."""

from pathlib import Path

import pytest

from tests.support.web_references import WEB, find_problems, list_web_files

FILES = list_web_files(".html", ".css", ".js", ".svg")


def test_the_page_has_files_of_each_kind() -> None:
    assert {path.suffix for path in FILES} == {".html", ".css", ".js", ".svg"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(WEB).as_posix())
def test_a_file_loads_only_files_of_the_page(path: Path) -> None:
    assert list(find_problems(path.relative_to(WEB).as_posix(), path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", list_web_files(".svg"), ids=lambda path: path.name)
def test_a_drawing_contains_no_script_and_no_link(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not [part for part in ("<script", "href", "onload", "<style") if part in text]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.js", 'import { h } from "preact";'),
        ("a.js", 'import { h } from "https://cdn.example/preact.js";'),
        ("a.js", 'const page = await import("/views/a.js");'),
        ("a.js", 'fetch("https://telemetry.example/x")'),
        ("a.js", 'const root = "//cdn.example/x";'),
        ("a.js", "const root = `wss://${host}/x`; new WebSocket('wss://a.example/x')"),
        ("a.js", "element.innerHTML = name;"),
        ("a.css", "body { background: url(https://cdn.example/a.png) }"),
        ("a.css", '@import "//fonts.example/a.css";'),
        ("a.html", '<script src="https://cdn.example/a.js"></script>'),
        ("a.html", "<script>alert(1)</script>"),
        ("a.html", '<p style="color: red">'),
        ("a.html", '<p onclick="go()">'),
        ("a.html", '<link rel="stylesheet" href="/styles/a.css">'),
    ],
)
def test_what_leaves_the_page_is_found(name: str, text: str) -> None:
    assert list(find_problems(name, text)) != []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.js", 'import { h } from "../vendor/preact.js";\n// see https://example.com/why\nconst x = a / b;'),
        ("a.js", '/** @type {import("./types.js").Item} see http://example.com */\nconst y = "a//b";'),
        ("vendor/a.js", 'n="http://www.w3.org/2000/svg";e.innerHTML=t'),
        ("a.css", "body { color: red }"),
        ("a.html", '<script type="module" src="main.js"></script>'),
    ],
)
def test_what_stays_is_not_reported(name: str, text: str) -> None:
    assert list(find_problems(name, text)) == []
