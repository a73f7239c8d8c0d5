"""A bounded cache keeps what was used last."""

from shared.bounded_cache import BoundedCache


def test_the_entry_that_was_not_used_for_longest_is_replaced() -> None:
    cache: BoundedCache[str, int] = BoundedCache(2)
    cache["a"], cache["b"] = 1, 2
    assert cache["a"] == 1
    cache["c"] = 3
    assert dict(cache) == {"a": 1, "c": 3}


def test_a_missing_entry_differs_from_a_cached_none() -> None:
    cache: BoundedCache[str, None] = BoundedCache(1)
    cache["a"] = None
    assert "a" in cache
    assert "b" not in cache
    assert cache.pop("b", None) is None


def test_popitem_returns_the_oldest_entry() -> None:
    cache: BoundedCache[str, int] = BoundedCache(3)
    cache.update({"a": 1, "b": 2})
    assert (cache.popitem(), len(cache)) == (("a", 1), 1)
