"""``seeder gallery``: the command around the page."""

import asyncio
from pathlib import Path

import pytest

from shared.storage.folder import FolderStore
from tests.cli.command_line import CommandLine
from tests.cli.deployed_app import DeployedApp, describe_problem
from tests.support.browsed_catalogs import store_image, store_thumbnail_of
from tests.support.catalogs import write_batches


async def _write_catalog(folder: Path) -> None:
    store = FolderStore(folder)
    for item in await write_batches(store, ["Ann", "Bob"]):
        await store_thumbnail_of(store, item, await store_image(store, item))


@pytest.fixture
def catalog(tmp_path: Path) -> str:
    """A catalog of two items in the default folder."""
    asyncio.run(_write_catalog(tmp_path / "data_seed"))
    return "lego"


def test_a_gallery_is_written_beside_the_command(seeder: CommandLine, catalog: str) -> None:
    ended = seeder("gallery", catalog)
    page = Path("lego-gallery.html").read_text(encoding="utf-8")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.splitlines()[1].split(maxsplit=1) == ["items", "2, 2 with an image"]
    assert page.count("<article ") == 2


def test_the_document_names_the_file(seeder: CommandLine, catalog: str) -> None:
    document = seeder("gallery", catalog, "--output", "sent.html", "--max-images", "1", "--json").document
    file = Path("sent.html").absolute()
    assert document == {
        "catalog": "lego",
        "items": 2,
        "images": 1,
        "bytes": file.stat().st_size,
        "gallery": str(file),
        "error": None,
    }


def test_a_file_that_is_too_large_to_mail_is_noted(
    seeder: CommandLine, catalog: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.gallery.write.MAX_MAIL_BYTES", 8_000)
    ended = seeder("gallery", catalog)
    label, note = ended.out.splitlines()[-1].split(maxsplit=1)
    assert (ended.status, label) == (0, "note")
    assert "--max-images" in note


def test_what_cannot_be_shown_is_one_line(seeder: CommandLine, catalog: str) -> None:
    for arguments, status in (
        (("nothing",), 1),
        ((catalog, "--only", "approved"), 1),
        ((catalog, "--output", "nowhere/a.html"), 2),
        (("Big Shop",), 2),
        ((catalog, "--max-images", "-1"), 2),
    ):
        ended = seeder("gallery", *arguments)
        assert (ended.status, ended.out, len(ended.error_lines)) == (status, "", 1), arguments
    assert not list(Path().glob("*.html*"))


def test_a_gallery_of_a_deployed_app_sends_the_key(seeder: CommandLine, deployed_app: DeployedApp) -> None:
    deployed_app.answer("GET /api/catalogs/lego/items", describe_problem(404, "unknown-catalog", "there is none"))
    ended = seeder("gallery", "lego", "--url", deployed_app.url, "--key", "the-key")
    assert (ended.status, ended.error_lines) == (1, ["error: there is none"])
    assert [asked.key for asked in deployed_app.asked] == ["the-key"]
    assert deployed_app.asked[0].query["sort"] == "category"
