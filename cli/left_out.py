"""What publishing leaves out, in lines of a summary."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

LEFT_OUT_WORDS = {
    "rejected": "rejected by a reviewer",
    "undecided": "without a decision of a reviewer",
    "no_image": "without an image",
}
"""Reasons of an app in words; a later app may have further ones."""

MAX_SHOWN_NAMES = 3


def make_left_out_rows(body: Mapping[str, Any]) -> Iterator[tuple[str, Text]]:
    """Yield a line for each reason for which items are left out, with the names of the first ones."""
    label = "left out"
    for group in body.get("leftOut", ()):
        names = [str(item["name"]) for item in group["examples"][:MAX_SHOWN_NAMES]]
        further = group["count"] - len(names)
        listed = ", ".join([*names, *([f"{further} more"] if further and names else [])])
        why = LEFT_OUT_WORDS.get(group["reason"], group["reason"])
        yield label, Text(f"{group['count']} {why}{': ' if listed else ''}{listed}")
        label = ""
