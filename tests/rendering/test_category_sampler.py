"""The items that stand for all are those that one would pick with all items at hand."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalog.items import Item
from shared.rendering.contact_sheet_layout import CategorySampler


def make_items(categories: Sequence[str]) -> list[Item]:
    return [
        Item(
            product_id=f"{number}",
            name=f"Figure {number}",
            description="A figure.",
            category=category,
            filename=f"{number}.png",
            image_prompt="Photo",
        )
        for number, category in enumerate(categories)
    ]


def list_sample(items: Sequence[Item], most: int) -> list[Item]:
    spread = CategorySampler(most)
    for item in items:
        spread.add(item)
    return spread.list_sample()


def pick_with_all_at_hand(items: Sequence[Item], most: int) -> list[Item]:
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item.category, []).append(item)
    share = max(
        (share for share in range(most + 1) if sum(min(share, len(group)) for group in groups.values()) <= most),
        default=0,
    )
    return [item for group in groups.values() for item in group[: max(1, share)]][:most]


@given(st.lists(st.sampled_from("abcdefgh")), st.integers(1, 20))
def test_the_pick_does_not_depend_on_seeing_all_items_at_once(categories: list[str], most: int) -> None:
    items = make_items(categories)
    assert list_sample(items, most) == pick_with_all_at_hand(items, most)


@pytest.mark.parametrize(
    ("categories", "most", "counts"),
    [
        ("", 3, {}),
        ("aab", 3, {"a": 2, "b": 1}),
        ("aaaab", 4, {"a": 3, "b": 1}),
        ("aaaabbbb", 5, {"a": 2, "b": 2}),
        ("aaaabbbbc", 5, {"a": 2, "b": 2, "c": 1}),
        ("aabbccdd", 3, {"a": 1, "b": 1, "c": 1}),
    ],
)
def test_each_category_has_an_even_share(categories: str, most: int, counts: dict[str, int]) -> None:
    assert Counter(item.category for item in list_sample(make_items(categories), most)) == counts


def test_what_is_held_is_never_more_than_what_is_picked() -> None:
    spread = CategorySampler(10)
    for item in make_items("abcdefghijklmnop" * 100):
        spread.add(item)
        assert len(spread.list_sample()) <= 10
