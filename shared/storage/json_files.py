"""Read and write the store's JSON files, and detect damaged ones."""

import json
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import AliasChoices, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from shared.errors import CatalogSeederError
from shared.storage.protocol import Store

JSON_TYPE = "application/json"
CAMEL_CASE = ConfigDict(alias_generator=to_camel, populate_by_name=True)
"""Fields of our JSON files are camelCase."""

ValueT = TypeVar("ValueT")


def read_also(name: str, name_in_0_3: str) -> Any:
    """Return the Pydantic field of an attribute that the files of version 0.3 have under another name.

    Args:
        name: of the attribute.
        name_in_0_3: the key in JSON.
    """
    return Field(validation_alias=AliasChoices(to_camel(name), name, name_in_0_3))


ResumeCount = Annotated[int, read_also("resume_count", "leg")]


class DamagedFileError(CatalogSeederError):
    """A file in the store is not what this app writes there.

    Attributes:
        path: the file.
        can_rebuild: whether the next run can rebuild it from the catalog's state; otherwise a person has to restore it.
    """

    def __init__(self, path: str, problem: str, *, can_rebuild: bool = True) -> None:
        super().__init__(f"{path} is damaged: {problem}")
        self.path = path
        self.problem = problem
        self.can_rebuild = can_rebuild


def dump_json(data: object) -> bytes:
    """Return indented JSON in UTF-8 with a newline at the end."""
    return (json.dumps(data, ensure_ascii=False, indent=2) + "\n").encode()


async def read_json(store: Store, path: str, parse: Callable[[Any], ValueT]) -> ValueT | None:
    """Return the parsed content of a file, or None if there is no file. A byte order mark is accepted.

    Raises:
        DamagedFileError: the file is not JSON, or ``parse`` raises for it.
    """
    content = await store.read(path)
    if content is None:
        return None
    return parse_json(path, content.data, parse)


def parse_json(path: str, data: bytes, parse: Callable[[Any], ValueT]) -> ValueT:
    """Return the parsed content of a file.

    Raises:
        DamagedFileError: the content is not JSON, or ``parse`` raises for it.
    """
    try:
        return parse(json.loads(data.decode("utf-8-sig")))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise DamagedFileError(path, f"expected JSON, got {error}") from error
    except (ValidationError, ValueError, TypeError, KeyError) as error:
        problem = str(error).splitlines()[0][:120]
        raise DamagedFileError(path, f"its fields are invalid ({problem})") from error


async def write_json_if_changed(store: Store, path: str, data: object) -> bool:
    """Write a JSON file unless it has exactly this content; return whether it was written."""
    payload = dump_json(data)
    present = await store.read(path)
    if present is not None and present.data == payload:
        return False
    await store.write(path, payload, content_type=JSON_TYPE)
    return True
