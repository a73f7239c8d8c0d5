"""The values of one row: parse them, describe them as words, and write the row again without changing its numbers."""

import ast
import json
import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, Final

from shared.inputs.markup import is_null

MAX_PAIR_MEMBERS: Final = 8
"""Maximum members of an object that is a name with a value, such as an attribute."""

MAX_NESTING_LEVELS: Final = 100
"""Levels of lists and objects in a row: far more than shops have, far fewer than the interpreter's stack allows."""

NAME_MEMBERS: Final = ("name", "title", "rendered", "label", "value", "en")
"""Members that hold the name of an object."""

_SPACE: Final = re.compile(r"[ \t\n\r]*")


class NumberText(str):
    """A number as the text spells it: 109.90 stays 109.90."""

    __slots__ = ()


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


_DECODER: Final = json.JSONDecoder(parse_float=NumberText, parse_int=NumberText, parse_constant=_refuse_constant)


def parse_row(text: str) -> Any:
    """Return the value of a row's JSON text; numbers stay texts.

    Raises:
        ValueError: the text is not JSON; the message says why.
    """
    if not text.strip():
        raise ValueError("is empty; expected a value, or one comma fewer")
    try:
        value, end = _DECODER.raw_decode(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error.msg} at character {error.pos + 1}") from error
    except RecursionError as error:
        raise ValueError(
            f"is nested too deeply; expected at most {MAX_NESTING_LEVELS} levels of lists and objects"
        ) from error
    if _is_nested_too_deeply(value):
        raise ValueError(f"is nested too deeply; expected at most {MAX_NESTING_LEVELS} levels of lists and objects")
    if text[end:].strip():
        raise ValueError(f"is not JSON: something follows at character {end + 1}; expected a comma")
    return value


def append_members(text: str, members: Mapping[str, str | bool | None]) -> str:
    """Return an object's JSON text with members appended, in the layout of our files.

    Args:
        text: JSON text of an object; the text of each value stays as it is.
        members: members to append; existing members of these names are removed.
    """
    kept = [f"{spelled}: {value}" for name, spelled, value in _iterate_members(text) if name not in members]
    added = [f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in members.items()]
    return "{\n  " + ",\n  ".join(kept + added) + "\n}"


def _iterate_members(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield the members of an object's JSON text: name, spelling of the name, and text of the value."""
    position = _skip(text, text.index("{") + 1)
    while text[position] != "}":
        name, behind = _DECODER.raw_decode(text, position)
        spelled = text[position:behind]
        start = _skip(text, _skip(text, behind) + 1)
        _, end = _DECODER.raw_decode(text, start)
        yield name, spelled, text[start:end]
        position = _skip(text, end)
        if text[position] == ",":
            position = _skip(text, position + 1)


def find_member(text: str, name: str) -> str | None:
    """Return the JSON text of a member of an object's JSON text; None if there is no such member."""
    try:
        value = parse_row(text)
        if not isinstance(value, dict) or name not in value:
            return None
        return next(held for found, _, held in _iterate_members(text) if found == name)
    except ValueError:
        return None


def describe_value(value: Any) -> str:
    """Return a value as words on one line: list entries by commas, members as ``name: value``; "" for null."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(words for words in map(describe_value, value) if words and not is_null(words))
        case (
            {"name": str() as name, "options": held}
            | {"name": str() as name, "value": held}
            | {"key": str() as name, "value": held}
        ) if len(value) < MAX_PAIR_MEMBERS:
            words = describe_value(held)
            return f"{name}: {words}" if words and not is_null(words) else ""
        case dict():
            member_texts = ((name, describe_value(held)) for name, held in value.items())
            return ", ".join(f"{name}: {words}" for name, words in member_texts if words and not is_null(words))
        case _:
            return " ".join(str(value).split())


def describe_name(value: Any) -> str:
    """Return the name in a value as words: the value itself, the name of an object, or of the first in a list."""
    if isinstance(value, list):
        value = next((held for held in value if held), None)
    if isinstance(value, dict):
        names = {str(name).casefold(): held for name, held in value.items()}
        inner = next((names[name] for name in NAME_MEMBERS if names.get(name)), None)
        if inner is not None:
            return describe_value(inner)
    return describe_value(value)


def _is_nested_too_deeply(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_NESTING_LEVELS + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, (list, dict))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


def _skip(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return position if found is None else found.end()


_LEVEL: Final = re.compile(r"\s*(?:>+|\u00bb|\u203a)\s*")
_LIST: Final = re.compile(r"(?<!\\)[,|;]")
_ROOTS: Final = ("default category/", "root/", "root catalog/", "/")
"""How some shop systems begin paths separated by slashes; elsewhere a slash belongs to a name."""


def parse_category(text: str, column: str) -> str:
    """Return the category that a value names: the last level of the deepest path.

    Args:
        text: the value, without markup.
        column: name of the column: a plural holds a list of paths, a singular one path.
    """
    if text.startswith("[") and text.endswith("]"):
        text = text.strip("[]\"' ")
    text = re.split(r"\s*[|;]\s*", text)[0] if _LEVEL.search(text) is None and not _has_root(text) else text
    is_list = column.strip().casefold().rstrip(" )*").endswith(("s", "...")) or _has_root(text)
    paths = [path for path in _LIST.split(text) if path.strip()] if is_list else [text]
    levels = [_cut_path(path) for path in paths]
    deepest = max(levels, key=len, default=[])
    return deepest[-1].replace("\\,", ",").strip(" \"'") if deepest else ""


def _cut_path(path: str) -> list[str]:
    separators = re.compile("/") if _has_root(path) else _LEVEL
    return [level.strip() for level in separators.split(path) if level.strip()]


def _has_root(path: str) -> bool:
    return path.strip().casefold().startswith(_ROOTS)


MAX_PACKED_CHARACTERS: Final = 50_000
_ENDS: Final = {"[": "]", "{": "}"}
_ARROW: Final = re.compile(r'(?<=")\s*=>\s*')


def unpack(value: Any) -> Any:
    """Return the list or object that a text holds; any other value as it is.

    Reads JSON, Python's notation and Ruby's, as published data sets use them in tables.
    """
    if not isinstance(value, str) or len(value) > MAX_PACKED_CHARACTERS:
        return value
    text = value.strip()
    if len(text) < 2 or text[-1] != _ENDS.get(text[0]):  # noqa: PLR2004 - the brackets
        return value
    held = _read_json(text)
    if held is None and "=>" in text:
        held = _read_json(_ARROW.sub(": ", text).replace(": nil", ": null"))
    if held is None:
        held = _read_python(text)
    if isinstance(held, dict) and len(held) == 1:
        (inner,) = held.values()
        held = inner if isinstance(inner, list) and inner and isinstance(inner[0], dict) else held
    return held if isinstance(held, (dict, list)) else value


def _read_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _read_python(text: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about unknown escape sequences
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            return None
