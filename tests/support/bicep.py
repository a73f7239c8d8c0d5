"""Parse Bicep files into plain data for tests of what a template declares. No compiler is needed.

A value is a string, number, boolean, list or dictionary where the file says it literally, and an `Expression` (its
source text) where Bicep would compute it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TypeAlias

import tree_sitter
import tree_sitter_bicep

Node: TypeAlias = tree_sitter.Node

_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bicep.language()))


@dataclass(frozen=True, slots=True)
class Expression:
    """A value that Bicep computes at deployment; ``text`` is its source on one line."""

    text: str

    def __str__(self) -> str:
        return self.text


Value: TypeAlias = str | int | bool | Expression | list["Value"] | dict[str, "Value"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: the name of its type, its default (None: required), and its decorators."""

    name: str
    type: str
    default: Value | None
    decorators: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource: ``type`` without the API version. A loop counts as one resource."""

    symbol: str
    type: str
    api_version: str
    is_existing: bool
    decorators: Mapping[str, Value]
    body: dict[str, Value]

    def get(self, path: str) -> Value | None:
        """Return the value at a dotted path of the body, or None."""
        return get_value(self.body, path)


@dataclass(frozen=True, slots=True)
class Module:
    """A module: a call of another file."""

    symbol: str
    path: str
    body: dict[str, Value]

    @property
    def parameters(self) -> dict[str, Value]:
        """The parameters of the call."""
        given = self.body.get("params", {})
        return given if isinstance(given, dict) else {}


@dataclass(frozen=True, slots=True)
class BicepFile:
    """The declarations of one file by name, in the file's order.

    Attributes:
        text: the source.
        error_lines: the lines, from 1, with syntax errors.
        names_used: identifiers in expressions, without property names, declarations, types and decorators.
        loop_names: the variables of loops.
    """

    path: Path
    text: str
    error_lines: list[int]
    names_used: frozenset[str]
    loop_names: frozenset[str]
    parameters: dict[str, Parameter]
    variables: dict[str, Value]
    resources: dict[str, Resource]
    modules: dict[str, Module]
    outputs: dict[str, Value]


def read_bicep(path: Path) -> BicepFile:
    """Parse a file. Syntax errors are reported in ``error_lines``."""
    return replace(_parse(path.read_bytes()), path=path)


@cache
def _parse(source: bytes) -> BicepFile:
    """Parse a source. Cached, because tests copy the same files often."""
    root = _PARSER.parse(source).root_node
    nodes = list(_walk(root))
    file = BicepFile(
        path=Path(),
        text=source.decode(),
        error_lines=[node.start_point[0] + 1 for node in nodes if node.type == "ERROR" or node.is_missing],
        names_used=frozenset(_text(node) for node in nodes if node.type == "identifier" and _is_read(node)),
        loop_names=frozenset(_find_loop_names(nodes)),
        parameters={},
        variables={},
        resources={},
        modules={},
        outputs={},
    )
    decorators: dict[str, Value] = {}
    for node in root.named_children:
        if node.type == "decorators":
            decorators = dict(_read_decorators(node))
        elif node.type != "comment":
            _read_declaration(file, node, decorators)
            decorators = {}
    return file


def get_value(value: Value | None, path: str) -> Value | None:
    """Return the value at a dotted path, such as ``properties.sku.name``, or None if it is missing."""
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _is_read(node: Node) -> bool:
    parent = node.parent
    is_first = parent is not None and parent.named_children[0] == node
    if parent is None or (is_first and (parent.type.endswith("_declaration") or parent.type == "object_property")):
        return False
    while parent is not None and parent.type not in {"decorator", "type"}:
        parent = parent.parent
    return parent is None


def _find_loop_names(nodes: list[Node]) -> Iterator[str]:
    for node in nodes:
        if node.type in {"loop_variable", "loop_enumerator"}:
            yield _text(node)
        elif node.type == "for_statement" and node.named_children[0].type == "identifier":
            yield _text(node.named_children[0])


def _read_declaration(file: BicepFile, node: Node, decorators: Mapping[str, Value]) -> None:
    children = [child for child in node.named_children if child.type != "comment"]
    if not node.type.endswith("_declaration"):
        return
    name = _text(children[0])
    match node.type:
        case "parameter_declaration":
            default = _read_value(children[2]) if len(children) > 2 else None
            file.parameters[name] = Parameter(name, _text(children[1]), default, decorators)
        case "variable_declaration":
            file.variables[name] = _read_value(children[1])
        case "output_declaration":
            file.outputs[name] = _read_value(children[-1])
        case "module_declaration":
            file.modules[name] = Module(name, _read_string(children[1]), _read_body(children[-1]))
        case "resource_declaration":
            kind, _, version = _read_string(children[1]).partition("@")
            is_existing = any(child.type == "existing" for child in node.children)
            file.resources[name] = Resource(name, kind, version, is_existing, decorators, _read_body(children[-1]))


def _read_decorators(node: Node) -> Iterator[tuple[str, Value]]:
    for decorator in node.named_children:
        call = decorator.named_children[0]
        arguments = call.named_children[1] if call.named_child_count > 1 else None
        values = [] if arguments is None else arguments.named_children
        yield _text(call.named_children[0]), _read_value(values[0]) if values else True


def _read_body(node: Node) -> dict[str, Value]:
    found = next((child for child in _walk(node) if child.type == "object"), None)
    value = {} if found is None else _read_value(found)
    return value if isinstance(value, dict) else {}


def _read_value(node: Node) -> Value:
    match node.type:
        case "object":
            return {
                _read_key(child.named_children[0]): _read_value(child.named_children[-1])
                for child in node.named_children
                if child.type == "object_property"
            }
        case "array":
            return [_read_value(child) for child in node.named_children if child.type != "comment"]
        case "number":
            return int(_text(node))
        case "boolean":
            return _text(node) == "true"
        case "string" if not any(child.type == "interpolation" for child in node.children):
            return _read_string(node)
        case _:
            # The formatter breaks long calls after brackets; join them again.
            return Expression(re.sub(r"(?<=[(\[]) | (?=[)\]])", "", " ".join(_text(node).split())))


def _read_key(node: Node) -> str:
    return _text(node).strip("'")


def _read_string(node: Node) -> str:
    return _text(node).removeprefix("'").removesuffix("'").replace("\\'", "'").replace("\\n", "\n")


def _text(node: Node) -> str:
    return (node.text or b"").decode()
