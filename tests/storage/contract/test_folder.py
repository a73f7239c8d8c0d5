"""What only the folder store has: sidecars, temporary files, and a file system that can be in the way."""

import asyncio
import errno
import json
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.errors import StoreConflictError, StoreUnavailableError
from shared.storage.folder import FolderStore
from shared.storage.protocol import Store
from tests.storage.contract.store_calls import IMAGE_PATH as PATH
from tests.storage.contract.store_calls import JSON, PNG, list_refusals

METADATA = {"width": "1024"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def folder(root: Path) -> FolderStore:
    return FolderStore(root)


async def read_metadata(store: Store, path: str) -> dict[str, str]:
    info = await store.describe(path)
    assert info is not None
    listed = [info async for info in store.list_files(path)]
    assert listed[0] == info
    return dict(info.metadata)


def visible_files(root: Path) -> list[str]:
    return sorted(
        file.relative_to(root).as_posix() for file in root.rglob("*") if file.is_file() and ".seeder" not in file.parts
    )


def temporary_files(root: Path) -> list[Path]:
    return list((root / ".seeder" / "tmp").glob("*"))


async def test_the_visible_tree_is_what_blob_storage_would_hold(folder: FolderStore, root: Path) -> None:
    await folder.write(PATH, b"png", content_type=PNG, metadata=METADATA)
    await folder.create("runs/r/request.json", b"{}", content_type=JSON)
    await folder.write("catalogs/lego/catalog.json", b"[]", content_type=JSON)
    await folder.move("catalogs/lego/catalog.json", "catalogs/lego/catalog.json.damaged-r")
    assert visible_files(root) == ["catalogs/lego/catalog.json.damaged-r", PATH, "runs/r/request.json"]


async def test_no_temporary_file_stays_behind(folder: FolderStore, root: Path) -> None:
    async def break_off() -> AsyncIterator[bytes]:
        yield b"half"
        raise RuntimeError("the source broke")

    await folder.write(PATH, b"1", content_type=PNG, metadata=METADATA)
    await folder.create(PATH, b"2", content_type=PNG)
    await folder.probe()
    with pytest.raises(StoreConflictError):
        await folder.write(PATH, b"3", content_type=PNG, if_match="old")
    with pytest.raises(RuntimeError, match="the source broke"):
        await folder.write_chunks(PATH, break_off(), content_type=PNG)
    assert temporary_files(root) == []


async def test_a_cancelled_write_in_pieces_leaves_nothing(folder: FolderStore, root: Path) -> None:
    started, never = asyncio.Event(), asyncio.Event()

    async def hang() -> AsyncIterator[bytes]:
        yield b"half"
        started.set()
        await never.wait()

    task = asyncio.create_task(folder.write_chunks(PATH, hang(), content_type=PNG))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (visible_files(root), temporary_files(root)) == ([], [])


async def test_a_sweep_removes_what_a_killed_process_left(folder: FolderStore, root: Path) -> None:
    await folder.write(PATH, b"png", content_type=PNG, metadata=METADATA)
    for name in ("one", "two"):
        (root / ".seeder" / "tmp" / name).write_bytes(b"half")
    assert await folder.sweep() == 2
    assert (visible_files(root), temporary_files(root)) == ([PATH], [])
    assert await read_metadata(folder, PATH) == METADATA


async def test_there_is_nothing_to_sweep_in_a_new_folder(folder: FolderStore) -> None:
    assert await folder.sweep() == 0


# --- metadata can be missing, and is never wrong --------------------------------------------------------------------


@pytest.mark.parametrize("edited", [b"PNG", b"another size"])
async def test_a_file_edited_by_hand_has_no_metadata(folder: FolderStore, root: Path, edited: bytes) -> None:
    await folder.write(PATH, b"png", content_type=PNG, metadata=METADATA)
    (root / PATH).write_bytes(edited)
    assert await read_metadata(folder, PATH) == {}


async def test_a_kill_before_the_file_follows_its_sidecar_leaves_the_old_file_without_metadata(
    folder: FolderStore,
    root: Path,
) -> None:
    await folder.write(PATH, b"old", content_type=PNG, metadata={"width": "1"})
    old = (root / PATH).read_bytes(), (root / PATH).stat()
    await folder.write(PATH, b"new", content_type=PNG, metadata={"width": "2"})
    (root / PATH).write_bytes(old[0])
    os.utime(root / PATH, ns=(old[1].st_mtime_ns, old[1].st_mtime_ns))
    assert await read_metadata(folder, PATH) == {}


async def test_a_sidecar_without_its_file_is_ignored(folder: FolderStore, root: Path) -> None:
    await folder.write(PATH, b"png", content_type=PNG, metadata=METADATA)
    (root / PATH).unlink()
    assert await folder.describe(PATH) is None
    assert [info async for info in folder.list_files("catalogs/")] == []


async def test_a_damaged_sidecar_is_as_good_as_none(folder: FolderStore, root: Path) -> None:
    await folder.write(PATH, b"png", content_type=PNG, metadata=METADATA)
    sidecar = root / ".seeder" / "facts" / f"{PATH}.json"
    for damaged in (b"", b"\xff", b"[1]", b'{"etag": 1}'):
        sidecar.write_bytes(damaged)
        assert await read_metadata(folder, PATH) == {}


async def test_a_copied_folder_keeps_its_metadata_and_reads_each_file_once_for_that(
    folder: FolderStore,
    root: Path,
    tmp_path: Path,
) -> None:
    await folder.write(PATH, b"png", content_type=PNG, metadata=METADATA)
    copy = tmp_path / "copy"
    shutil.copytree(root, copy, copy_function=shutil.copy)  # new times, new file numbers
    copied = FolderStore(copy)
    assert await read_metadata(copied, PATH) == METADATA
    info = await copied.describe(PATH)
    assert info is not None
    assert json.loads((copy / ".seeder" / "facts" / f"{PATH}.json").read_bytes())["etag"] == info.etag


async def test_readers_during_replacements_see_each_version_with_its_own_metadata(folder: FolderStore) -> None:
    async def replace_often() -> None:
        for number in range(60):
            await folder.write(PATH, b"x" * number, content_type=PNG, metadata={"size": str(number)})

    async def look(writer: "asyncio.Task[None]") -> set[bool]:
        seen = set()
        while not writer.done():
            info = await folder.describe(PATH)
            if info is not None:
                seen.add(info.metadata == {"size": str(info.size)})
            await asyncio.sleep(0)
        return seen

    writer = asyncio.create_task(replace_often())
    assert await look(writer) == {True}


# --- versions --------------------------------------------------------------------------------------------------------


async def test_two_stores_on_one_folder_respect_each_others_etags(root: Path) -> None:
    stores = [FolderStore(root), FolderStore(root)]
    etag = await stores[0].write(PATH, b"start", content_type=PNG)

    async def take_over(number: int) -> bool:
        try:
            await stores[number % 2].write(PATH, b"%02d" % number, content_type=PNG, if_match=etag)
        except StoreConflictError:
            return False
        return True

    assert sum(await asyncio.gather(*map(take_over, range(20)))) == 1


async def test_versions_of_one_moment_and_one_size_differ(folder: FolderStore) -> None:
    etags = {await folder.write(PATH, b"same size", content_type=PNG) for _ in range(100)}
    assert len(etags) == 100


async def test_create_only_holds_where_there_are_no_hard_links(
    folder: FolderStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    monkeypatch.setattr(os, "link", refuse)
    outcomes = await asyncio.gather(
        *(
            folder.create(PATH, b"%02d" % number, content_type=PNG, metadata={"by": str(number)})
            for number in range(20)
        ),
    )
    content = await folder.read(PATH)
    assert outcomes.count(True) == 1
    assert content is not None
    assert content.data == b"%02d" % outcomes.index(True)
    assert await read_metadata(folder, PATH) == {"by": str(outcomes.index(True))}


async def test_create_only_holds_against_another_process_too(
    folder: FolderStore,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    link = os.link

    def be_slower(source: Path, target: Path) -> None:
        (root / PATH).write_bytes(b"the other process")
        link(source, target)

    monkeypatch.setattr(os, "link", be_slower)
    assert not await folder.create(PATH, b"ours", content_type=PNG, metadata=METADATA)
    assert (root / PATH).read_bytes() == b"the other process"
    assert await read_metadata(folder, PATH) == {}


# --- what other programs leave in the folder --------------------------------------------------------------------------


async def test_names_that_no_store_can_hold_are_not_listed(folder: FolderStore, root: Path) -> None:
    await folder.write(PATH, b"png", content_type=PNG)
    (root / PATH).with_name("what?.png").write_bytes(b"")
    assert [info.path async for info in folder.list_files("catalogs/")] == [PATH]


async def test_a_linked_folder_is_read_and_listed(folder: FolderStore, root: Path, tmp_path: Path) -> None:
    await folder.write(PATH, b"png", content_type=PNG)
    shutil.move(root / "catalogs/lego/images", tmp_path / "large-disk")
    (root / "catalogs/lego/images").symlink_to(tmp_path / "large-disk")
    content = await folder.read(PATH)
    assert content is not None
    assert [info.path async for info in folder.list_files("catalogs/")] == [PATH]


# --- a file system in the way ----------------------------------------------------------------------------------------


async def test_a_file_in_the_folders_place_makes_the_store_unavailable(tmp_path: Path) -> None:
    root = tmp_path / "data"
    root.touch()
    messages = await list_refusals(FolderStore(root))
    assert all(str(root) in message and "\n" not in message for message in messages)
    assert all(PATH in message for message in messages[:7])


async def test_a_folder_that_was_removed_is_an_empty_store(folder: FolderStore, root: Path) -> None:
    await folder.write(PATH, b"png", content_type=PNG, metadata=METADATA)
    shutil.rmtree(root)
    assert await folder.read(PATH) is None
    await folder.write(PATH, b"new", content_type=PNG)
    assert visible_files(root) == [PATH]


async def test_a_full_disk_makes_the_store_unavailable_and_keeps_the_old_file(
    folder: FolderStore,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    await folder.write(PATH, b"old", content_type=PNG, metadata=METADATA)
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StoreUnavailableError, match=f"could not write '{PATH}': No space left on device"):
        await folder.write(PATH, b"new", content_type=PNG)
    assert (root / PATH).read_bytes() == b"old"
    assert await read_metadata(folder, PATH) == METADATA
    assert temporary_files(root) == []


async def test_a_path_below_a_file_cannot_be_written(folder: FolderStore) -> None:
    await folder.write(PATH, b"png", content_type=PNG)
    with pytest.raises(StoreUnavailableError, match=f"{PATH}/x"):
        await folder.write(f"{PATH}/x", b"1", content_type=PNG)


async def test_a_large_write_does_not_block_the_loop(folder: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk answers only after the loop has run on: a write on the loop itself would wait for ever."""
    loop = asyncio.get_running_loop()
    fsync = os.fsync

    def wait_for_loop(descriptor: int) -> None:
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(timeout=300)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", wait_for_loop)
    await folder.write(PATH, b"x" * 1_500_000, content_type=PNG, metadata=METADATA)
    assert await read_metadata(folder, PATH) == METADATA
