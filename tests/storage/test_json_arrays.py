"""Arrays are written row by row, and look as if they had been written whole."""

import json
from collections.abc import AsyncIterator, Iterable

from hypothesis import given
from hypothesis import strategies as st

from shared.storage.json_array_encoder import ContentDigest, JsonArrayEncoder
from shared.storage.json_arrays import write_array, write_array_if_changed
from shared.storage.json_files import dump_json
from tests.support.memory_store import RecordingStore

PATH = "runs/r/rows.json"
ROWS = [{"name": f"Figure {number}", "reasons": ["a", "b"], "at": None} for number in range(100)]
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=10,
)


async def iterate(rows: Iterable[object]) -> AsyncIterator[object]:
    for row in rows:
        yield row


def make_text(rows: Iterable[object]) -> tuple[bytes, ContentDigest]:
    text = JsonArrayEncoder()
    pieces = [text.add(row) for row in rows]
    return b"".join([*pieces, text.end()]), text.content_digest()


async def read_bytes(store: RecordingStore) -> bytes:
    content = await store.read(PATH)
    assert content is not None
    return content.data


@given(st.lists(JSON_VALUES, max_size=4))
def test_the_pieces_are_the_text_of_the_whole_list(rows: list[object]) -> None:
    text, content_digest = make_text(rows)
    assert text == dump_json(rows)
    assert content_digest.size == len(text)


def test_line_breaks_of_the_data_do_not_become_breaks_of_the_layout() -> None:
    rows = ["a\nb", {"\r\n": "\u2028\u0085"}]
    text, _ = make_text(rows)
    assert text == dump_json(rows)
    assert json.loads(text) == rows


async def test_an_array_is_read_back_as_it_was_written(store: RecordingStore) -> None:
    for rows in (ROWS, [], [{"one": 1}]):
        await write_array(store, PATH, iterate(rows))
        assert await read_bytes(store) == dump_json(rows)


async def test_a_file_that_holds_the_array_already_is_left_alone(store: RecordingStore) -> None:
    _, content_digest = make_text(ROWS)
    assert await write_array_if_changed(store, PATH, iterate(ROWS), content_digest)
    before = await store.describe(PATH)
    assert not await write_array_if_changed(store, PATH, iterate(ROWS), content_digest)
    assert await store.describe(PATH) == before
    assert store.changes == [PATH]


async def test_a_file_that_was_changed_by_hand_is_noticed_although_its_size_is_the_same(store: RecordingStore) -> None:
    text, content_digest = make_text(ROWS)
    await write_array_if_changed(store, PATH, iterate(ROWS), content_digest)
    await store.write(PATH, text.replace(b"Figure 50", b"Figure XX"), content_type="application/json")
    assert await write_array_if_changed(store, PATH, iterate(ROWS), content_digest)
    assert await read_bytes(store) == text


async def test_a_file_of_another_size_is_not_even_read(store: RecordingStore) -> None:
    await write_array(store, PATH, iterate(ROWS[:-1]))
    _, content_digest = make_text(ROWS)
    assert await write_array_if_changed(store, PATH, iterate(ROWS), content_digest)
    assert store.reads[PATH] == 0
