"""Examples of the OpenAPI document: the calls of ``docs/reference/http.md``, which a test makes again."""

import json
import re
import shlex
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from triggers.route import Route

DOCUMENT = Path(__file__).resolve().parents[2] / "reference" / "http.md"
ORIGIN = "http://localhost:7071"

_PART = re.compile(
    r"^#{2,4} (?P<heading>[^\n]+)$|^```sh\n(?P<variable>[A-Z0-9]+)=(?P<value>\S+)\n```$|"
    r"^```sh\n(?P<command>curl .*?)^```\s+^```http\n(?P<answer>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Call:
    """A curl command: method, address below the origin, headers and body."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None

    @property
    def path(self) -> str:
        """Path without the query."""
        return urlsplit(self.url).path


@dataclass(frozen=True, slots=True)
class Example:
    """A call of the document and its answer.

    Attributes:
        heading: heading of its section.
        call: the call.
        status: HTTP status of the answer.
        answer: body of the answer, parsed; None = it has no body.
    """

    heading: str
    call: Call
    status: int
    answer: Any


def parse_curl(command: str) -> Call:
    """Return the call that a curl command of the document makes.

    Raises:
        ValueError: the command has an option that the document does not use.
    """
    words = iter(shlex.split(command.replace("\\\n", " ")))
    next(words)
    method, url, headers, body = "GET", "", {}, None
    for word in words:
        match word:
            case "-i":
                pass
            case "-X":
                method = next(words)
            case "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            case "-d":
                body = next(words).encode()
            case _ if word.startswith(ORIGIN):
                url = word.removeprefix(ORIGIN)
            case _:
                raise ValueError(f"{word!r} is not expected in a curl command of {DOCUMENT.name}")
    return Call(method, url, headers, body)


def read_examples() -> Iterator[Example]:
    """Yield the examples of the document, in order."""
    heading, variables = "", {}
    for part in _PART.finditer(DOCUMENT.read_text(encoding="utf-8")):
        if part["heading"]:
            heading = part["heading"]
        elif part["variable"]:
            variables[part["variable"]] = part["value"]
        else:
            head, _, body = part["answer"].partition("\n\n")
            call = parse_curl(_replace_variables(part["command"], variables))
            yield Example(heading, call, int(head.split()[1]), json.loads(body) if body.strip() else None)


def _replace_variables(command: str, variables: Mapping[str, str]) -> str:
    for name, value in variables.items():
        command = command.replace(f"'${name}'", value).replace(f"${name}", value)
    return command


def is_example_of(example: Example, route: Route) -> bool:
    """Return whether an example is a call of an operation."""
    template = re.sub(r"\\\{\\\*\w+\\\}", ".*", re.escape(f"/api/{route.path}"))
    template = re.sub(r"\\\{\w+\\\}", "[^/]+", template)
    return example.call.method == route.method and re.fullmatch(template, example.call.path) is not None


def name_example(heading: str, taken: Container[str]) -> str:
    """Return a name for an example, made of its heading, that is not taken."""
    slug = re.sub(r"[^a-z0-9]+", "-", heading.casefold()).strip("-")
    return next(name for name in (slug, *(f"{slug}-{number}" for number in range(2, 100))) if name not in taken)
