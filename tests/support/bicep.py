"""Reads Bicep files into plain data, so that tests can ask what a template declares. No compiler is needed.

A value is a string, number, boolean, list or dictionary where the file says it literally, and an `Expression` (its source
text) where Bicep would compute it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

import tree_sitter
import tree_sitter_bicep

Node: TypeAlias = tree_sitter.Node

_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bicep.language()))


@dataclass(frozen=True, slots=True)
class Expression:
    """What is computed when the template is deployed; ``text`` is its source in one line."""

    text: str

    def __str__(self) -> str:
        return self.text


Value: TypeAlias = str | int | bool | Expression | list["Value"] | dict[str, "Value"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: its type's name, what it is when nobody gives it (None: it must be given), and its decorators."""

    name: str
    type: str
    default: Value | None
    decorators: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource: ``type`` without the API version; a loop's body counts once."""

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
    """A call of another file."""

    symbol: str
    path: str
    body: dict[str, Value]

    @property
    def parameters(self) -> dict[str, Value]:
        """What the call gives."""
        given = self.body.get("params", {})
        return given if isinstance(given, dict) else {}


@dataclass(frozen=True, slots=True)
class BicepFile:
    """What one file declares, by name and in the file's order."""

    path: Path
    root: Node
    parameters: dict[str, Parameter]
    variables: dict[str, Value]
    resources: dict[str, Resource]
    modules: dict[str, Module]
    outputs: dict[str, Value]

    @property
    def text(self) -> str:
        """The file's source."""
        return _text(self.root)


def read_bicep(path: Path) -> BicepFile:
    """Read a file; syntax errors do not stop it, see `find_syntax_errors`."""
    return _read(path, path.read_bytes())


@cache
def _read(path: Path, source: bytes) -> BicepFile:
    root = _PARSER.parse(source).root_node
    file = BicepFile(path, root, {}, {}, {}, {}, {})
    decorators: dict[str, Value] = {}
    for node in root.named_children:
        if node.type == "decorators":
            decorators = dict(_read_decorators(node))
            continue
        _read_declaration(file, node, decorators)
        if node.type != "comment":
            decorators = {}
    return file


def get_value(value: Value | None, path: str) -> Value | None:
    """Return the value at a dotted path, such as ``properties.sku.name``, or None where there is nothing."""
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def find_syntax_errors(file: BicepFile) -> list[int]:
    """Return the lines, from 1, at which the parser found something that is no Bicep."""
    return [node.start_point[0] + 1 for node in walk(file.root) if node.type == "ERROR" or node.is_missing]


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything below it."""
    yield node
    for child in node.children:
        yield from walk(child)


def find_names_used(file: BicepFile) -> set[str]:
    """Return the identifiers that the file's expressions read: no property names, declarations, types or decorators."""
    return {
        _text(node)
        for node in walk(file.root)
        if node.type == "identifier" and node.parent is not None and not _is_a_name_only(node, node.parent)
    }


def find_loop_names(file: BicepFile) -> set[str]:
    """Return the names that loops and lambdas bring."""
    kinds = {"loop_variable", "loop_enumerator"}
    return {_text(node) for node in walk(file.root) if node.type in kinds} | {
        _text(node.named_children[0])
        for node in walk(file.root)
        if node.type == "for_statement" and node.named_children[0].type == "identifier"
    }


def _is_a_name_only(node: Node, parent: Node) -> bool:
    declares = parent.type.endswith("_declaration") and parent.named_children[0] == node
    is_key = parent.type == "object_property" and parent.named_children[0] == node
    ancestor: Node | None = parent
    while ancestor is not None:
        if ancestor.type in {"decorator", "type"}:
            return True
        ancestor = ancestor.parent
    return declares or is_key


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
            file.resources[name] = Resource(
                name, kind, version, is_existing, decorators, _read_body(children[-1])
            )



def _read_decorators(node: Node) -> Iterator[tuple[str, Value]]:
    for decorator in node.named_children:
        call = decorator.named_children[0]
        arguments = call.named_children[1] if call.named_child_count > 1 else None
        values = [] if arguments is None else arguments.named_children
        yield _text(call.named_children[0]), _read_value(values[0]) if values else True


def _read_body(node: Node) -> dict[str, Value]:
    found = next((child for child in walk(node) if child.type == "object"), None)
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
            return Expression(" ".join(_text(node).split()))


def _read_key(node: Node) -> str:
    return _text(node).strip("'")


def _read_string(node: Node) -> str:
    return _text(node).removeprefix("'").removesuffix("'").replace("\\'", "'").replace("\\n", "\n")


def _text(node: Node) -> str:
    return (node.text or b"").decode()
