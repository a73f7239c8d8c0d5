"""Blob Storage instead of a folder: the same app, the same tree."""

import re
from collections import Counter
from pathlib import Path

import pytest

from shared.config import StoreSettings
from shared.storage.blob import BlobStore
from tests.support.azurite import Azurite
from tests.support.running_app import run_app

pytestmark = pytest.mark.azurite

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|\d{13}-[0-9a-f]{8}")


def hide_ids(paths: list[str]) -> Counter[str]:
    return Counter(ID.sub("ID", path) for path in paths)


async def list_blobs(settings: StoreSettings) -> list[str]:
    store = BlobStore.from_settings(settings)
    try:
        return [info.path for container in settings.containers async for info in store.list_files(f"{container}/")]
    finally:
        await store.close()


async def test_a_run_on_blob_storage_leaves_the_same_tree_as_in_a_folder(tmp_path: Path, azurite: Azurite) -> None:
    blob = azurite.make_settings()
    request = {"targetCount": 8, "categoryCount": 2, "batchSize": 4}
    async with run_app(tmp_path / "blob", store=blob) as app:
        status = await app.run(**request)
        again = await app.run(**request)
        billed = app.simulator.stats()["billedImageCount"]
    async with run_app(tmp_path / "folder") as app:
        await app.run(**request)
        await app.run(**request)
    folder = tmp_path / "folder"
    visible = [
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and ".seeder" not in path.parts
    ]
    assert (status["status"], again["status"], billed) == ("Completed", "Completed", 8)
    # How many pages the image workers claimed, and how many jobs each, depends on who came first; nothing else does.
    tree, expected = hide_ids(await list_blobs(blob)), hide_ids(visible)
    for names in (tree, expected):
        for page in [name for name in names if "/pages/" in name]:
            del names[page]
    assert tree == expected
