"""What every store does with files and their versions: the `Store` port as tests, for folder and Blob Storage."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import StoreConflictError, StoreUnavailableError
from shared.storage.protocol import Store
from tests.storage.contract.store_calls import JSON, PNG, list_paths, write_files

PATH = "catalogs/lego/catalog.json"


async def read_bytes(store: Store, path: str) -> bytes | None:
    content = await store.read(path)
    return None if content is None else content.data


# --- reading and writing ---------------------------------------------------------------------------------------------


async def test_a_file_is_read_back_with_the_etag_it_was_written_with(store: Store) -> None:
    etag = await store.write(PATH, b"[]", content_type=JSON)
    content = await store.read(PATH)
    assert content is not None
    assert (content.data, content.etag) == (b"[]", etag)


async def test_a_missing_file_is_none(store: Store) -> None:
    assert await store.read(PATH) is None
    assert await store.describe(PATH) is None


async def test_a_missing_file_beside_another_one_is_none(store: Store) -> None:
    await write_files(store, "catalogs/lego/categories.json")
    assert await store.read(PATH) is None
    assert await store.describe(PATH) is None


@pytest.mark.parametrize("path", ["catalogs/lego", "catalogs/lego/catalog.json/x"])
async def test_neither_a_folder_nor_what_would_be_below_a_file_is_a_file(store: Store, path: str) -> None:
    await write_files(store, PATH)
    assert await store.read(path) is None
    assert await store.describe(path) is None


async def test_a_write_replaces_the_file_and_changes_its_etag_even_with_the_same_content(store: Store) -> None:
    etags = {await store.write(PATH, b"same", content_type=JSON) for _ in range(5)}
    assert len(etags) == 5
    assert await read_bytes(store, PATH) == b"same"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param("Käse, 中文, עברית, 🧱👩‍🚀".encode(), id="unicode"),
        pytest.param(bytes(range(256)) * 40, id="binary"),
        pytest.param(os.urandom(1_500_000), id="picture-sized"),
    ],
)
async def test_every_content_comes_back_as_it_was(store: Store, data: bytes) -> None:
    await store.write(PATH, data, content_type=JSON)
    info = await store.describe(PATH)
    assert await read_bytes(store, PATH) == data
    assert info is not None
    assert info.size == len(data)


async def test_names_may_hold_any_letters(store: Store) -> None:
    path = "catalogs/lego/images/Käpt'n #1 100% & 中文 🧱+=.png"
    await store.write(path, b"png", content_type=PNG)
    assert await read_bytes(store, path) == b"png"
    assert await list_paths(store, "catalogs/") == [path]


async def test_the_time_of_writing_is_reported_with_its_zone(store: Store) -> None:
    await write_files(store, PATH)
    info = await store.describe(PATH)
    assert info is not None
    assert abs(datetime.now(UTC) - info.modified) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"[]", id="small"),
        pytest.param(os.urandom(4 * 1024 * 1024), id="exactly-one-block"),
        pytest.param(os.urandom(9_000_000), id="several-blocks"),
    ],
)
async def test_a_file_can_be_read_in_pieces(store: Store, data: bytes) -> None:
    await store.write(PATH, data, content_type=JSON)
    read = [piece async for piece in store.read_chunks(PATH)]
    assert b"".join(read) == data
    assert read
    assert max(map(len, read)) <= 4 * 1024 * 1024


async def test_a_missing_file_has_no_pieces(store: Store) -> None:
    await write_files(store, "catalogs/lego/categories.json")
    assert [piece async for piece in store.read_chunks(PATH)] == []


async def test_pieces_are_never_of_two_versions(store: Store) -> None:
    await store.write(PATH, b"a" * 9_000_000, content_type=JSON)
    read: list[bytes] = []
    with contextlib.suppress(StoreUnavailableError):  # begin again: the version of before is gone
        async for piece in store.read_chunks(PATH):
            if not read:
                await store.write(PATH, b"b" * 9_000_000, content_type=JSON)
            read.append(piece)
    assert set(b"".join(read)) == {ord("a")}


async def test_a_file_that_was_not_read_to_its_end_can_be_moved(store: Store) -> None:
    await store.write(PATH, b"a" * 9_000_000, content_type=JSON)
    async with contextlib.aclosing(store.read_chunks(PATH)) as read:
        await anext(read)
    await store.move(PATH, f"{PATH}.damaged-r")
    assert [piece async for piece in read] == []
    assert await list_paths(store, "catalogs/") == [f"{PATH}.damaged-r"]


# --- ETag conditions -------------------------------------------------------------------------------------------------


async def test_a_write_that_matches_the_etag_goes_through(store: Store) -> None:
    etag = await store.write(PATH, b"1", content_type=JSON)
    await store.write(PATH, b"2", content_type=JSON, if_match=etag)
    assert await read_bytes(store, PATH) == b"2"


async def test_a_write_with_an_old_etag_is_a_conflict_and_changes_nothing(store: Store) -> None:
    old = await store.write(PATH, b"1", content_type=JSON)
    await store.write(PATH, b"2", content_type=JSON)
    with pytest.raises(StoreConflictError, match=PATH):
        await store.write(PATH, b"3", content_type=JSON, if_match=old)
    assert await read_bytes(store, PATH) == b"2"


async def test_a_write_with_the_etag_of_a_deleted_file_is_a_conflict(store: Store) -> None:
    etag = await store.write(PATH, b"1", content_type=JSON)
    await store.delete(PATH)
    with pytest.raises(StoreConflictError):
        await store.write(PATH, b"2", content_type=JSON, if_match=etag)
    assert await store.read(PATH) is None


async def test_of_many_writers_with_one_etag_one_wins(store: Store) -> None:
    etag = await store.write(PATH, b"start", content_type=JSON)

    async def take_over(number: int) -> bytes | None:
        data = b"writer %02d" % number
        try:
            await store.write(PATH, data, content_type=JSON, if_match=etag)
        except StoreConflictError:
            return None
        return data

    winners = [data for data in await asyncio.gather(*map(take_over, range(20))) if data is not None]
    assert winners == [await read_bytes(store, PATH)]


async def test_all_reads_return_the_same_etag(store: Store) -> None:
    etag = await store.write(PATH, b"1", content_type=JSON)
    described = await store.describe(PATH)
    listed = [info async for info in store.list_files("catalogs/")]
    assert described is not None
    assert [described.etag, listed[0].etag] == [etag, etag]


# --- create-only -----------------------------------------------------------------------------------------------------


async def test_create_writes_a_new_file_and_leaves_an_old_one_alone(store: Store) -> None:
    assert await store.create(PATH, b"first", content_type=JSON, metadata={"by": "first"})
    assert not await store.create(PATH, b"second", content_type=JSON, metadata={"by": "second"})
    info = await store.describe(PATH)
    assert await read_bytes(store, PATH) == b"first"
    assert info is not None
    assert info.metadata == {"by": "first"}


async def test_of_twenty_creators_at_once_one_wins(store: Store) -> None:
    async def create(number: int) -> bool:
        return await store.create(PATH, b"%02d" % number, content_type=JSON, metadata={"by": str(number)})

    outcomes = await asyncio.gather(*map(create, range(20)))
    winner = outcomes.index(True)
    info = await store.describe(PATH)
    assert outcomes.count(True) == 1
    assert await read_bytes(store, PATH) == b"%02d" % winner
    assert info is not None
    assert info.metadata == {"by": str(winner)}


async def test_a_deleted_file_can_be_created_again(store: Store) -> None:
    await store.create(PATH, b"1", content_type=JSON)
    await store.delete(PATH)
    assert await store.create(PATH, b"2", content_type=JSON)


# --- delete ----------------------------------------------------------------------------------------------------------


async def test_delete_returns_whether_there_was_a_file(store: Store) -> None:
    await write_files(store, PATH)
    assert await store.delete(PATH)
    assert not await store.delete(PATH)
    assert await store.read(PATH) is None


async def test_delete_of_another_version_is_a_conflict(store: Store) -> None:
    old = await store.write(PATH, b"1", content_type=JSON)
    new = await store.write(PATH, b"2", content_type=JSON)
    with pytest.raises(StoreConflictError):
        await store.delete(PATH, if_match=old)
    assert await store.delete(PATH, if_match=new)
    assert not await store.delete(PATH, if_match=new)


# --- metadata --------------------------------------------------------------------------------------------------------


async def test_metadata_is_stored_with_the_file(store: Store) -> None:
    metadata = {"sha256": "ab" * 32, "width": "1024", "content_type": "image/png", "note": " 100% Käse; 中文 🧱\n"}
    await store.write(PATH, b"png", content_type=PNG, metadata=metadata)
    described = await store.describe(PATH)
    listed = [info async for info in store.list_files("catalogs/lego/")]
    assert described is not None
    assert [described.metadata, listed[0].metadata] == [metadata, metadata]


async def test_a_replaced_file_has_the_new_metadata_only(store: Store) -> None:
    await store.write(PATH, b"1", content_type=PNG, metadata={"width": "1", "old": "yes"})
    await store.write(PATH, b"2", content_type=PNG, metadata={"width": "2"})
    info = await store.describe(PATH)
    assert info is not None
    assert info.metadata == {"width": "2"}


async def test_a_write_without_metadata_removes_the_previous_metadata_even_for_the_same_content(store: Store) -> None:
    await store.write(PATH, b"same", content_type=PNG, metadata={"width": "1"})
    await store.write(PATH, b"same", content_type=PNG)
    info = await store.describe(PATH)
    assert info is not None
    assert info.metadata == {}


@pytest.mark.parametrize("metadata", [{"Width": "1"}, {"a-b": "1"}, {"": "1"}, {"width": ""}, {"note": "x" * 9000}])
async def test_metadata_that_one_store_cannot_keep_is_refused(store: Store, metadata: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="store metadata"):
        await store.write(PATH, b"1", content_type=PNG, metadata=metadata)
    assert await store.read(PATH) is None


# --- move ------------------------------------------------------------------------------------------------------------


async def test_a_moved_file_keeps_content_and_metadata_under_its_new_name_only(store: Store) -> None:
    await store.write(PATH, b"damaged", content_type=JSON, metadata={"width": "7"})
    await store.move(PATH, f"{PATH}.damaged-run1")
    info = await store.describe(f"{PATH}.damaged-run1")
    assert await list_paths(store, "catalogs/") == [f"{PATH}.damaged-run1"]
    assert await read_bytes(store, f"{PATH}.damaged-run1") == b"damaged"
    assert info is not None
    assert info.metadata == {"width": "7"}


async def test_a_move_replaces_an_existing_file_and_its_metadata(store: Store) -> None:
    await store.write("runs/a/x.json", b"new", content_type=JSON)
    await store.write("runs/b/x.json", b"old", content_type=JSON, metadata={"width": "7"})
    await store.move("runs/a/x.json", "runs/b/x.json")
    info = await store.describe("runs/b/x.json")
    assert await read_bytes(store, "runs/b/x.json") == b"new"
    assert info is not None
    assert info.metadata == {}


async def test_a_repeated_move_finds_that_it_was_done(store: Store) -> None:
    await write_files(store, PATH)
    for _ in range(2):
        await store.move(PATH, f"{PATH}.damaged-run1")
    assert await list_paths(store, "catalogs/") == [f"{PATH}.damaged-run1"]


async def test_a_move_to_its_own_name_keeps_the_file(store: Store) -> None:
    await store.write(PATH, b"1", content_type=JSON, metadata={"width": "7"})
    await store.move(PATH, PATH)
    assert await read_bytes(store, PATH) == b"1"


async def test_a_large_file_moves_whole(store: Store) -> None:
    data = os.urandom(9_000_000)
    await store.write("runs/a/large.bin", data, content_type="application/octet-stream")
    await store.move("runs/a/large.bin", "runs/b/large.bin")
    assert await read_bytes(store, "runs/b/large.bin") == data


async def test_a_move_to_another_container_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="same container"):
        await store.move(PATH, "runs/a/catalog.json")


# --- pieces ----------------------------------------------------------------------------------------------------------


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param((), id="none"),
        pytest.param((b"[", b"", b"]"), id="small"),
        pytest.param((os.urandom(3_000_000),) * 4, id="several-blocks"),
        pytest.param((b"x" * 4 * 1024 * 1024,), id="exactly-one-block"),
    ],
)
async def test_a_file_can_be_written_in_pieces(store: Store, chunks: tuple[bytes, ...]) -> None:
    await store.write_chunks(PATH, pieces(*chunks), content_type=JSON)
    assert await read_bytes(store, PATH) == b"".join(chunks)


@pytest.mark.parametrize("piece", [b"half", b"x" * 5_000_000])
async def test_an_interrupted_write_in_pieces_leaves_the_old_file(store: Store, piece: bytes) -> None:
    async def break_off() -> AsyncIterator[bytes]:
        yield piece
        yield piece
        raise RuntimeError("the source broke")

    etag = await store.write(PATH, b"old", content_type=JSON, metadata={"width": "1"})
    with pytest.raises(RuntimeError, match="the source broke"):
        await store.write_chunks(PATH, break_off(), content_type=JSON)
    info = await store.describe(PATH)
    assert await read_bytes(store, PATH) == b"old"
    assert info is not None
    assert (info.etag, info.metadata) == (etag, {"width": "1"})


async def test_nothing_is_visible_before_the_last_piece_is_in(store: Store) -> None:
    seen: list[bytes | None] = []

    async def look_meanwhile() -> AsyncIterator[bytes]:
        yield b"x" * 5_000_000
        seen.append(await read_bytes(store, PATH))
        yield b"x" * 5_000_000
        seen.append(await read_bytes(store, PATH))

    await store.write_chunks(PATH, look_meanwhile(), content_type=JSON)
    assert seen == [None, None]
    assert len(await read_bytes(store, PATH) or b"") == 10_000_000


async def test_two_writers_in_pieces_never_mix(store: Store) -> None:
    async def write(letter: bytes) -> None:
        await store.write_chunks("runs/one/x", pieces(letter * 5_000_000, letter * 5_000_000), content_type=JSON)

    await asyncio.gather(write(b"a"), write(b"b"), return_exceptions=True)
    data = await read_bytes(store, "runs/one/x")
    assert data in {b"a" * 10_000_000, b"b" * 10_000_000}
