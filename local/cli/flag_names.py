"""From the fields that the app complains about to the flags that somebody typed."""

import re
from collections.abc import Iterable, Mapping

SHORT_FLAGS = {"fieldMapping": "--map", "refine": "--refine-iterations"}
"""Flags that are not their field's name in kebab-case."""

GROUPS = frozenset({"refine"})
"""Fields whose own fields have a flag each."""


def describe_problems(problems: Iterable[Mapping[str, str]]) -> str:
    """Return one line a problem, with the flags' names for the fields'.

    Args:
        problems: ``{field, message}`` as in the app's problem documents.
    """
    return "\n".join(f"{name_flag(problem['field'])}: {problem['message']}" for problem in problems)


def name_flag(field: str) -> str:
    """Return the flag of a field of the request; of a theme's field, the flag and the field in its file."""
    name, _, inner = field.partition(".")
    if name in GROUPS and inner:
        return f"--{_dash(name)}-{_dash(inner)}"
    flag = SHORT_FLAGS.get(name) or f"--{_dash(name)}"
    return f"{flag}: {inner}" if inner else flag


def _dash(name: str) -> str:
    return re.sub(r"(?=[A-Z])", "-", name).lower()
