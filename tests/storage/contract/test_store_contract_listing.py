"""What every store does, the finding of files: order, prefixes, pages, paths, health."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.storage.protocol import Store
from tests.storage.contract.store_calls import JSON, list_paths, write_files

PATH = "catalogs/lego/catalog.json"


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


# --- listing ---------------------------------------------------------------------------------------------------------


async def test_files_are_listed_in_the_order_of_their_whole_paths(store: Store) -> None:
    paths = ["a-b/x", "a.json", "a/x", "a/y/z", "a/é", "a/中", "a0", "aa/x", "b"]
    await write_files(store, *(f"runs/{path}" for path in reversed(paths)))
    assert await list_paths(store, "runs/") == [f"runs/{path}" for path in paths]


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("catalogs/", ["catalogs/lego/a.json", "catalogs/lego/images/a.png", "catalogs/lego2/a.json"]),
        ("catalogs/lego", ["catalogs/lego/a.json", "catalogs/lego/images/a.png", "catalogs/lego2/a.json"]),
        ("catalogs/lego/", ["catalogs/lego/a.json", "catalogs/lego/images/a.png"]),
        ("catalogs/lego/i", ["catalogs/lego/images/a.png"]),
        ("catalogs/lego/images/a.png", ["catalogs/lego/images/a.png"]),
        ("catalogs/lego/x", []),
        ("catalogs/none/", []),
        ("backups/", []),
    ],
)
async def test_a_prefix_selects_files(store: Store, prefix: str, found: list[str]) -> None:
    await write_files(store, "catalogs/lego/a.json", "catalogs/lego/images/a.png", "catalogs/lego2/a.json")
    assert await list_paths(store, prefix) == found


@pytest.mark.slow
async def test_a_listing_goes_beyond_one_batch(store: Store) -> None:
    paths = [f"runs/r/{number:04d}" for number in range(300)]
    await asyncio.gather(*(store.write(path, b"", content_type=JSON) for path in paths))
    assert await list_paths(store, "runs/") == paths


async def page_through(store: Store, prefix: str, limit: int) -> list[tuple[str, ...]]:
    pages, continuation = [], None
    while True:
        page = await store.list_folders(prefix, limit=limit, continuation=continuation)
        pages.append(page.names)
        continuation = page.continuation
        if continuation is None:
            return pages


async def test_folders_come_in_pages_that_leave_out_and_repeat_none(store: Store) -> None:
    names = ["r1", "r2", "r3-b", "r3", "r4"]
    await write_files(store, *(f"runs/{name}/request.json" for name in names), "runs/r2/deep/er/x.json")
    pages = await page_through(store, "runs/", 2)
    assert pages[:2] == [("r1", "r2"), ("r3-b", "r3")]
    assert [name for page in pages for name in page] == names


async def test_files_beside_folders_take_no_room_in_a_page(store: Store) -> None:
    await write_files(store, "runs/a.json", "runs/b.json", "runs/c/x", "runs/d.json", "runs/e/x", "runs/f.json")
    page = await store.list_folders("runs/", limit=2)
    assert page.names == ("c", "e")


async def test_a_folder_inside_a_folder_is_listed_by_its_bare_name(store: Store) -> None:
    await write_files(store, "catalogs/lego/images/a.png", "catalogs/lego/state/batches/00001.json", "catalogs/x/y")
    page = await store.list_folders("catalogs/lego/", limit=10)
    assert (page.names, page.continuation) == (("images", "state"), None)


async def test_a_folder_whose_last_file_was_deleted_is_not_listed(store: Store) -> None:
    await write_files(store, "runs/a/b/c", "runs/d/e")
    await store.delete("runs/a/b/c")
    assert (await store.list_folders("runs/", limit=10)).names == ("d",)


async def test_an_empty_store_has_no_folders(store: Store) -> None:
    page = await store.list_folders("runs/", limit=10)
    assert (page.names, page.continuation) == ((), None)


@pytest.mark.parametrize("token", ["", "nonsense", "é", "bnVsbA", "W10", "WyJydW5zLyJd", "[" * 5000])
async def test_an_invented_continuation_is_refused(store: Store, token: str) -> None:
    await write_files(store, "runs/a/x")
    with pytest.raises(ValueError, match="continuation"):
        await store.list_folders("runs/", limit=1, continuation=token)


async def test_a_continuation_of_another_folder_is_refused(store: Store) -> None:
    await write_files(store, "runs/a/x", "runs/b/x", "catalogs/a/x")
    page = await store.list_folders("runs/", limit=1)
    with pytest.raises(ValueError, match="continuation"):
        await store.list_folders("catalogs/", limit=1, continuation=page.continuation)


@pytest.mark.parametrize("limit", [0, -1, 5001])
async def test_an_impossible_page_size_is_refused(store: Store, limit: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        await store.list_folders("runs/", limit=limit)


# --- paths -----------------------------------------------------------------------------------------------------------

BAD_PATHS = [
    *(
        "",
        "/",
        "catalogs",
        "catalogs/",
        "/catalogs/x",
        "catalogs//x",
        "catalogs/x/",
        "other/x",
        "Catalogs/x",
        ".seeder/x",
    ),
    *("catalogs/../x", "catalogs/x/..", "../catalogs/x", "catalogs/./x", "catalogs/.", "catalogs/...", "catalogs/x."),
    *(
        "catalogs/a\\b",
        "catalogs/..\\x",
        "catalogs/a\0b",
        "catalogs/a\nb",
        "catalogs/C:/x",
        "catalogs/a*",
        "catalogs/x ",
    ),
    "catalogs/\ud800",
]


@pytest.mark.parametrize("path", BAD_PATHS)
async def test_no_method_takes_a_path_that_is_not_portable_or_leads_elsewhere(store: Store, path: str) -> None:
    with pytest.raises(ValueError, match="store path"):
        await store.read(path)
    with pytest.raises(ValueError, match="store path"):
        await store.describe(path)
    with pytest.raises(ValueError, match="store path"):
        await store.write(path, b"", content_type=JSON)
    with pytest.raises(ValueError, match="store path"):
        await store.write_chunks(path, pieces(b""), content_type=JSON)
    with pytest.raises(ValueError, match="store path"):
        await store.create(path, b"", content_type=JSON)
    with pytest.raises(ValueError, match="store path"):
        await store.delete(path)
    with pytest.raises(ValueError, match="store path"):
        await store.move(path, PATH)
    with pytest.raises(ValueError, match="store path"):
        await store.move(PATH, path)


@pytest.mark.parametrize("prefix", ["", "/", "catalogs", "other/", "catalogs/../", "catalogs/a//", "catalogs/a\\"])
async def test_no_listing_takes_a_prefix_that_no_path_can_have(store: Store, prefix: str) -> None:
    with pytest.raises(ValueError, match="store prefix"):
        await list_paths(store, prefix)
    with pytest.raises(ValueError, match=r"store (prefix|folder)"):
        await store.list_folders(prefix, limit=1)


async def test_a_folder_to_list_ends_with_a_slash(store: Store) -> None:
    with pytest.raises(ValueError, match="ends with '/'"):
        await store.list_folders("catalogs/lego", limit=1)


# --- health ----------------------------------------------------------------------------------------------------------


async def test_a_new_store_can_be_used_and_a_probe_leaves_nothing_in_it(store: Store) -> None:
    await store.probe()
    assert await list_paths(store, "catalogs/") == []


async def test_a_store_in_use_can_be_probed(store: Store) -> None:
    await write_files(store, PATH)
    await store.probe()
    assert await list_paths(store, "catalogs/") == [PATH]
