"""A table of digests is a dict, only smaller."""

from hypothesis import given
from hypothesis import strategies as st

from shared.text.digest_table import DigestTable, hash_text
from tests.strategies import QUICK

numbers = st.integers(0, 2**64 - 1)
digests = st.one_of(st.integers(1, 40), st.integers(1, 2**64 - 1), st.integers(1, 40).map(lambda n: n << 20))


@QUICK
@given(st.lists(st.tuples(digests, numbers, numbers), max_size=200), st.lists(digests))
def test_it_holds_what_a_dict_would_hold(puts: list[tuple[int, int, int]], asked: list[int]) -> None:
    table, expected = DigestTable(2), {}
    for digest, first, second in puts:
        table.put(digest, first, second)
        expected[digest] = (first, second)
    assert len(table) == len(expected)
    for digest in [*asked, *expected]:
        assert table.get(digest) == expected.get(digest)
        assert (digest in table) == (digest in expected)


def test_it_grows_and_forgets_nothing() -> None:
    table = DigestTable(1)
    for number in range(20_000):
        table.put(hash_text(str(number)), number)
    assert [table.get(hash_text(str(number))) for number in range(20_000)] == [(n,) for n in range(20_000)]
    assert hash_text("20000") not in table
