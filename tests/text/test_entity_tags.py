"""``If-None-Match``: which versions of a file a caller has."""

import pytest

from shared.text.entity_tags import matches_entity_tag


@pytest.mark.parametrize(
    ("header", "is_known"),
    [
        ("", False),
        ('"one"', True),
        ('W/"one"', True),
        ('"other", "one"', True),
        ('"other","one"', True),
        (" * ", True),
        ('"other"', False),
        ("one", False),
        ('"a, one"', False),
    ],
)
def test_a_caller_has_the_versions_that_it_names(header: str, is_known: bool) -> None:
    assert matches_entity_tag(header, '"one"') is is_known
