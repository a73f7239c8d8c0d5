"""Filters, order and pages of items, as properties."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.browse.item_query import ItemPage, ItemQuery, cut_page, select_items
from shared.browse.item_rows import ItemColumns, ItemState, fold_text, read_indexed_item
from shared.errors import InvalidRequestError
from shared.reviews.decisions import Verdict
from tests.strategies import SEARCHED_WORDS, THOROUGH, item_columns, item_queries


def matches(columns: ItemColumns, query: ItemQuery, number: int) -> bool:
    """Return whether an item matches, by the meaning of each parameter alone."""
    item, review, failure = columns.items[number], columns.reviews[number], columns.failures.get(number)
    text = item.search_text.decode()
    return not (
        (query.category is not None and item.category != query.category)
        or (query.decision is not None and (review is None or str(review) != query.decision))
        or (query.state is not None and str(columns.states[number]) != query.state)
        or (query.reason is not None and (failure is None or failure.reason != query.reason))
        or (query.max_score is not None and columns.scores.get(number, 101) > query.max_score)
        or (query.duplicates and number not in columns.groups)
        or (query.q is not None and any(word not in text for word in fold_text(query.q).split(" ")))
    )


def read_pages(columns: ItemColumns, query: ItemQuery) -> Iterator[ItemPage]:
    """Yield all pages of a query by their continuations."""
    selected = select_items(columns, query)
    while True:
        page = cut_page(columns, query, selected)
        yield page
        if page.continuation is None:
            return
        query = query.model_copy(update={"continuation": page.continuation})


@given(item_columns(), item_queries)
@THOROUGH
def test_exactly_the_items_that_match_every_parameter_are_selected(columns: ItemColumns, query: ItemQuery) -> None:
    expected = {number for number in range(len(columns.items)) if matches(columns, query, number)}
    selected = select_items(columns, query)
    assert set(selected) == expected
    assert len(selected) == len(expected)


@given(item_columns(), item_queries)
@THOROUGH
def test_items_are_in_the_order_of_the_query(columns: ItemColumns, query: ItemQuery) -> None:
    selected = select_items(columns, query)
    runs = [columns.groups[number] for number in selected] if query.duplicates else [0] * len(selected)
    assert runs == sorted(runs)  # the items of a group are adjacent, and groups are in the order of their first items
    for earlier, later in itertools.pairwise(selected):
        if query.duplicates and columns.groups[earlier] != columns.groups[later]:
            continue
        match query.sort:
            case "newest":
                assert columns.modified_ms[earlier] >= columns.modified_ms[later]
            case "score":
                assert columns.scores.get(earlier, 101) <= columns.scores.get(later, 101)
            case "style":
                assert columns.distances.get(earlier, -1) >= columns.distances.get(later, -1)
            case _:
                assert earlier < later


@given(item_columns(), item_queries)
@THOROUGH
def test_pages_put_together_are_the_selection(columns: ItemColumns, query: ItemQuery) -> None:
    selected = select_items(columns, query)
    pages = list(read_pages(columns, query))
    assert [number for page in pages for number in page.numbers] == selected
    assert all(page.total == len(selected) for page in pages)
    assert [page.offset for page in pages] == list(range(0, len(selected), query.limit)) or selected == []


@given(item_columns(), item_queries, st.integers(0, 20))
@THOROUGH
def test_an_offset_starts_a_page_anywhere(columns: ItemColumns, query: ItemQuery, offset: int) -> None:
    selected = select_items(columns, query)
    page = cut_page(columns, query.model_copy(update={"offset": offset}), selected)
    assert list(page.numbers) == selected[offset : offset + query.limit]
    if page.continuation is not None:
        following = cut_page(columns, query.model_copy(update={"continuation": page.continuation}), selected)
        assert following.offset == offset + query.limit


@given(item_columns(), st.integers(1, 3))
@THOROUGH
def test_items_that_are_decided_meanwhile_hide_no_other_one(columns: ItemColumns, limit: int) -> None:
    query = ItemQuery(decision="undecided", limit=limit)
    expected = select_items(columns, query)
    seen: list[int] = []
    continuation: str | None = None
    while True:
        query = query.model_copy(update={"continuation": continuation})
        page = cut_page(columns, query, select_items(columns, query))
        seen += page.numbers
        reviews = [Verdict.APPROVED if number in page.numbers else one for number, one in enumerate(columns.reviews)]
        columns = replace(columns, reviews=reviews)
        continuation = page.continuation
        if continuation is None:
            break
    assert seen == expected


@given(item_columns(), item_queries, item_queries)
@THOROUGH
def test_a_continuation_of_another_query_is_refused(columns: ItemColumns, query: ItemQuery, other: ItemQuery) -> None:
    page = cut_page(columns, query, select_items(columns, query))
    if page.continuation is None or query.selection == other.selection:
        return
    other = other.model_copy(update={"continuation": page.continuation})
    with pytest.raises(InvalidRequestError):
        cut_page(columns, other, select_items(columns, other))


@given(st.text(max_size=60))
@THOROUGH
def test_any_text_as_continuation_is_refused(token: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        cut_page(ItemColumns([], [], [], [], []), ItemQuery(continuation=token), [])
    assert caught.value.properties["errors"][0]["field"] == "continuation"


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Straße", "STRASSE"),
        ("STRASSE", "straße"),
        ("ﬁne Café", "FINE CAFE\u0301"),
        ("ผลิตภัณฑ์", "ผลิต"),
        ("🚀 Rocket", "🚀"),
        ("Full\u00a0width \uff21\uff22\uff23", "width  abc"),
        ("one two three", "three one"),
    ],
)
def test_texts_are_found_without_regard_to_case_and_form(text: str, query: str) -> None:
    row = {"productId": "p", "name": text, "description": "", "category": "City Life", "filename": "p.png"}
    columns = ItemColumns([read_indexed_item(row)], [(1, 0)], [ItemState.MISSING], [None], [0])
    assert select_items(columns, ItemQuery(q=query)) == [0]
    assert select_items(columns, ItemQuery(q=f"{query} absent")) == []


def test_a_category_is_found_by_its_slug() -> None:
    row = {"productId": "p", "name": "n", "description": "", "category": "City Life", "filename": "p.png"}
    columns = ItemColumns([read_indexed_item(row)], [(1, 0)], [ItemState.MISSING], [None], [0])
    assert select_items(columns, ItemQuery(category="city-life")) == [0]
    assert select_items(columns, ItemQuery(category="City")) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("limit", "0"),
        ("limit", "501"),
        ("limit", " 5"),
        ("limit", "5_0"),
        ("limit", "\uff11"),
        ("offset", "-1"),
        ("offset", "1.5"),
        ("maxScore", "101"),
        ("maxScore", "high"),
        ("decision", "maybe"),
        ("state", "Complete"),
        ("sort", "loudest"),
        ("duplicates", "perhaps"),
        ("q", "x" * 201),
    ],
)
def test_an_invalid_parameter_is_refused_by_name(field: str, value: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ItemQuery.model_validate({field: value}, by_alias=True, by_name=False)
    assert [error["loc"] for error in caught.value.errors()] == [(field,)]


def test_searched_words_differ_after_folding() -> None:
    assert len({fold_text(word) for word in SEARCHED_WORDS}) == len(SEARCHED_WORDS) - 1  # fox and FOX
