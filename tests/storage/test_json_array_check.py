"""A file is taken for a JSON array exactly if ``json.loads`` takes it for one, however it comes in pieces."""

import json
from collections.abc import AsyncGenerator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.storage.json_array_check import JsonArrayChecker, check_json_array
from shared.storage.json_files import DamagedFileError, dump_json
from tests.support.memory_store import RecordingStore

PATH = "catalogs/lego/catalog.json"
ARRAYS = [
    b"[]",
    b"[ ]\r\n",
    b"\xef\xbb\xbf[1, 2.5e3, -12, true, null, NaN, -Infinity]",
    '[{"name": "Café 🧱", "more": {"a": [1, {}], "b": "]"}}, "\\u00e9\\"", [[]]]\n'.encode(),
]
OTHERS = [
    b"",
    b" ",
    b"\xef\xbb\xbf",
    b"{}",
    b"null",
    b'"[]"',
    b"12",
    b"[",
    b"[1",
    b"[1,",
    b"[1,]",
    b"[,1]",
    b"[1 2]",
    b"[1] 2",
    b"[1]]",
    b"[01]",
    b"[1e]",
    b"[tru]",
    b'["a\n"]',
    b'["a]',
    b'{"rows": [1]}',
    b"[\xff]",
    b'["\xc3',
    b"\x00\x01",
    b"\xff\xfe[\x00]\x00",
    b"[" * 100_000,
]
TYPED = ["", *'[]{},:"\\ 1e.-n']


def is_array(pieces: Sequence[bytes]) -> bool:
    check = JsonArrayChecker()
    try:
        for piece in pieces:
            check.feed(piece)
        check.finish()
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        return False
    return True


def is_array_to_the_library(data: bytes) -> bool:
    try:
        return isinstance(json.loads(data.decode("utf-8-sig")), list)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        return False


@pytest.mark.parametrize("data", ARRAYS)
async def test_arrays_are_fine(store: RecordingStore, data: bytes) -> None:
    await store.write(PATH, data, content_type="application/json")
    await check_json_array(store, PATH)


@pytest.mark.parametrize("data", OTHERS)
async def test_a_damaged_file_is_reported_in_one_line(store: RecordingStore, data: bytes) -> None:
    await store.write(PATH, data, content_type="application/json")
    with pytest.raises(DamagedFileError) as caught:
        await check_json_array(store, PATH)
    assert caught.value.path == PATH
    assert str(caught.value).startswith(f"{PATH} is damaged: expected a JSON array, got ")
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 300


async def test_a_missing_file_is_not_damaged(store: RecordingStore) -> None:
    await check_json_array(store, PATH)


@pytest.mark.parametrize("data", [*ARRAYS, *OTHERS[:-1]])
def test_it_does_not_matter_where_the_pieces_are_cut(data: bytes) -> None:
    expected = is_array_to_the_library(data)
    assert is_array([data]) == expected
    assert is_array([data[at : at + 1] for at in range(len(data))]) == expected
    assert all(is_array([data[:cut], data[cut:]]) == expected for cut in range(len(data) + 1))


@given(st.data())
def test_typed_text_is_checked_like_the_json_module_does(data: st.DataObject) -> None:
    text = bytearray(data.draw(st.sampled_from(ARRAYS)))
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(text)))
        text[at : at + data.draw(st.integers(0, 1))] = data.draw(st.sampled_from(TYPED)).encode()
    cut = data.draw(st.integers(0, len(text)))
    assert is_array([bytes(text[:cut]), bytes(text[cut:])]) == is_array_to_the_library(bytes(text))


def test_only_the_element_that_was_cut_is_kept() -> None:
    row = {"name": "Figure", "description": "x" * 500}
    check, kept = JsonArrayChecker(), 0
    text = dump_json([row] * 2000)
    for start in range(0, len(text), 10_000):
        check.feed(text[start : start + 10_000])
        kept = max(kept, len(check._text))
    check.finish()
    assert kept < 2 * len(dump_json([row]))


async def test_the_file_is_closed_before_its_damage_is_reported(store: RecordingStore) -> None:
    await store.write(PATH, b'{"a": 1}' + b" " * 3_000_000, content_type="application/json")
    opened: list[AsyncGenerator[bytes, None]] = []

    class NotingStore(RecordingStore):
        def read_chunks(self, path: str) -> AsyncGenerator[bytes, None]:
            opened.append(super().read_chunks(path))
            return opened[-1]

    with pytest.raises(DamagedFileError):
        await check_json_array(NotingStore(store), PATH)
    assert [piece async for piece in opened[0]] == []
