"""From the fields that the app complains about to the flags that somebody typed."""

import re
from collections.abc import Iterable, Mapping

FLAG_BY_FIELD = {"fieldMapping": "--map", "refine": "--refine-iterations"}
"""Flags that are not their field's name in kebab-case."""

GROUPED_FIELDS = frozenset({"refine"})
"""Fields whose own fields have a flag each."""


def describe_problems(problems: Iterable[Mapping[str, str]]) -> str:
    """Return one line a problem, with the flags' names for the fields'.

    Args:
        problems: ``{field, message}`` as in the app's problem documents.
    """
    return "\n".join(f"{format_flag(problem['field'])}: {problem['message']}" for problem in problems)


def format_flag(field: str) -> str:
    """Return the flag of a field of the request; of a theme's field, the flag and the field in its file."""
    name, _, inner = field.partition(".")
    if name in GROUPED_FIELDS and inner:
        return f"--{_to_kebab_case(name)}-{_to_kebab_case(inner)}"
    flag = FLAG_BY_FIELD.get(name) or f"--{_to_kebab_case(name)}"
    return f"{flag}: {inner}" if inner else flag


def _to_kebab_case(name: str) -> str:
    return re.sub(r"(?=[A-Z])", "-", name).lower()
