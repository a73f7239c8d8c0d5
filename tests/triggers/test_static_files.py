"""The review page and the OpenAPI document are served as files, with the headers that confine the page."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import UnknownFileError
from shared.static_files import MEDIA_TYPES, read_static_file
from tests.strategies import THOROUGH
from tests.support.running_app import RunningApp, run_app
from triggers.static_files import PAGE_FOLDER, PAGE_HEADERS

PAGE_FILES = sorted(
    path.relative_to(PAGE_FOLDER).as_posix() for path in PAGE_FOLDER.rglob("*") if path.suffix in MEDIA_TYPES
)
HIDDEN = [
    ".env",
    "lib/.hidden.js",
    "tsconfig.json",
    "package.json",
    "lib/types.d.ts",
    "main.py",
    "notes",
    "main.js.map",
]
ESCAPES = [
    "../host.json",
    "lib/../../host.json",
    "..%2fhost.json",
    "%2e%2e%2fhost.json",
    "%252e%252e%252fhost.json",
    "..%5chost.json",
    "lib//api.js",
    "/etc/passwd.txt",
    "%00main.js",
    "main.js%00.html",
    "C:/main.js",
    "main.js/",
]


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[RunningApp]:
    async with run_app(tmp_path, functions_key="a-function-key") as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with files that are served, hidden ones, and one outside of it."""
    page = tmp_path / "page"
    (page / "lib").mkdir(parents=True)
    for name in ("main.js", "lib/api.js", *HIDDEN):
        (page / name).write_text("content", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    (page / "link.txt").symlink_to(tmp_path / "secret.txt")
    return page


@pytest.mark.parametrize("path", ["main.js", "lib/api.js"])
async def test_a_file_is_read_with_its_type_and_an_etag_of_its_content(folder: Path, path: str) -> None:
    first, again = await read_static_file(folder, path), await read_static_file(folder, path)
    (folder / path).write_text("changed", encoding="utf-8")
    changed = await read_static_file(folder, path)
    assert (first.data, first.media_type) == (b"content", "text/javascript")
    assert first == again
    assert changed.etag != first.etag
    assert first.etag.startswith('"')


@pytest.mark.parametrize("path", [*HIDDEN, "link.txt", "", "lib", "lib/", "../secret.txt", "missing.js"])
async def test_what_is_no_file_of_the_page_is_not_read(folder: Path, path: str) -> None:
    with pytest.raises(UnknownFileError):
        await read_static_file(folder, path)


@given(
    path=st.lists(
        st.sampled_from(["..", ".", "", "lib", "main.js", "secret.txt", "\\", "%2e%2e", "~", "C:", "\x00", "page"])
        | st.text(max_size=6),
        max_size=6,
    ).map("/".join)
)
@THOROUGH
async def test_no_path_reads_a_file_outside_of_the_folder(tmp_path_factory: pytest.TempPathFactory, path: str) -> None:
    root = tmp_path_factory.getbasetemp() / "served"
    (root / "page" / "lib").mkdir(parents=True, exist_ok=True)
    (root / "secret.txt").write_text("secret", encoding="utf-8")
    try:
        file = await read_static_file(root / "page", path)
    except UnknownFileError:
        return
    assert file.data != b"secret"


async def test_every_file_of_the_page_is_served_without_a_key_and_confined(app: RunningApp) -> None:
    for name in PAGE_FILES:
        async with app.session.get(f"{app.host.url}/api/review/{name}") as answer:
            assert answer.status == 200, name
            assert await answer.read() == (PAGE_FOLDER / name).read_bytes()
            assert answer.content_type == MEDIA_TYPES[Path(name).suffix], name
            assert PAGE_HEADERS.items() <= dict(answer.headers).items(), name
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_policy_allows_this_origin_alone(app: RunningApp) -> None:
    async with app.session.get(f"{app.host.url}/api/review/") as answer:
        directives = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    sources = {source for name, value in directives.items() if name.endswith("-src") for source in value.split()}
    assert sources == {"'self'", "'none'", "blob:"}
    assert [name for name, value in directives.items() if "blob:" in value] == ["img-src"]
    assert directives["default-src"] == directives["frame-ancestors"] == directives["base-uri"] == "'none'"


async def test_the_address_without_a_slash_leads_to_the_page(app: RunningApp) -> None:
    url = f"{app.host.url}/api/review"
    async with app.session.get(url, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (307, "review/")
        assert PAGE_HEADERS.items() <= dict(answer.headers).items()
    async with app.session.get(url) as answer:
        assert answer.url.path == "/api/review/"
        assert await answer.read() == (PAGE_FOLDER / "index.html").read_bytes()


@pytest.mark.parametrize("path", ["/api/review/main.js", "/api/openapi.json"])
async def test_an_unchanged_file_is_not_sent_again(app: RunningApp, path: str) -> None:
    async with app.session.get(app.host.url + path) as answer:
        etag = answer.headers["ETag"]
        assert answer.headers["Cache-Control"] == "no-cache"
    async with app.session.get(app.host.url + path, headers={"If-None-Match": etag}) as answer:
        assert (answer.status, await answer.read(), answer.headers["ETag"]) == (304, b"", etag)
        assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", [*ESCAPES, *(quote(name) for name in HIDDEN)])
async def test_nothing_else_is_served(app: RunningApp, path: str) -> None:
    answer = await app.call("GET", f"/api/review/{path}")
    assert answer.status == 404
    if answer.body is not None:  # aiohttp's client resolves plain dots, so such a call reaches no route
        assert answer.body["type"] == "urn:catalog-seeder:problem:unknown-file"
        assert PAGE_HEADERS.items() <= dict(answer.headers).items()


async def test_declarations_of_types_are_for_developers_alone(app: RunningApp) -> None:
    found = [path.relative_to(PAGE_FOLDER).as_posix() for path in PAGE_FOLDER.rglob("*.d.ts")]
    assert found
    assert {(await app.call("GET", f"/api/review/{name}")).status for name in found} == {404}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_files_can_only_be_read(app: RunningApp, method: str) -> None:
    assert (await app.call(method, "/api/review/main.js")).status == 405
