"""JSON files: how they are written, and how damage shows."""

import json
from typing import Any

import pytest
from pydantic import TypeAdapter

from shared.storage.json_files import DamagedFileError, dump_json, parse_json, read_json, write_json_if_changed
from tests.support.memory_store import RecordingStore

PATH = "catalogs/lego/categories.json"
parse_names = TypeAdapter(list[str]).validate_python


def test_json_is_written_for_people_and_programs() -> None:
    assert dump_json([{"name": "Café"}]) == '[\n  {\n    "name": "Café"\n  }\n]\n'.encode()


async def test_a_missing_file_is_none(store: RecordingStore) -> None:
    assert await read_json(store, PATH, parse_names) is None


async def test_a_byte_order_mark_is_accepted(store: RecordingStore) -> None:
    await store.write(PATH, b'\xef\xbb\xbf["a"]\r\n', content_type="application/json")
    assert await read_json(store, PATH, parse_names) == ["a"]


@pytest.mark.parametrize(
    "data",
    [
        b"", b"[", b'["a"', b"\x00\x01", b"\xff\xfe[\x00]\x00", b'["a"] tail', b"[" * 100_000, b"null", b'{"a": 1}',
        b"[1]",
    ],
)  # fmt: skip
def test_a_damaged_file_is_reported_in_one_line(data: bytes) -> None:
    with pytest.raises(DamagedFileError) as caught:
        parse_json(PATH, data, parse_names)
    assert caught.value.path == PATH
    assert str(caught.value).startswith(f"{PATH} is damaged: ")
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 300


def test_a_bug_in_the_parser_is_not_reported_as_damage() -> None:
    def parse(data: Any) -> None:
        raise ZeroDivisionError(data)

    with pytest.raises(ZeroDivisionError):
        parse_json(PATH, b"[]", parse)


async def test_a_file_is_written_only_if_it_changes(store: RecordingStore) -> None:
    assert await write_json_if_changed(store, PATH, ["a"])
    assert not await write_json_if_changed(store, PATH, ["a"])
    assert await write_json_if_changed(store, PATH, ["b"])
    assert store.changes == [PATH, PATH]
    content = await store.read(PATH)
    assert content is not None
    assert json.loads(content.data) == ["b"]
