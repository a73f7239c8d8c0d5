"""Compares ETags as HTTP does. Pure."""

import re

_QUOTED = re.compile(r'(?:W/)?("[^"]*")')


def matches_entity_tag(if_none_match: str, etag: str) -> bool:
    """Return whether the value of an ``If-None-Match`` header names an ETag, so that 304 is the answer.

    Args:
        if_none_match: ETags with commas between them, or ``*``; empty = the caller has no version.
        etag: a strong one, with its quotes.
    """
    return if_none_match.strip() == "*" or etag in _QUOTED.findall(if_none_match)
