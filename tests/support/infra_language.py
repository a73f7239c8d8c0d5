"""Errors that the Bicep compiler would report, and rules for every template: names, calls, descriptions, ranges."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.bicep import (
    BicepFile,
    Expression,
    Module,
    read_bicep,
)

FUNCTIONS = frozenset(
    {
        *("concat", "contains", "empty", "environment", "guid", "items", "join", "length", "loadJsonContent"),
        *("loadTextContent", "map", "max", "reduce", "replace", "resourceGroup", "resourceId", "split", "string"),
        *("subscription", "subscriptionResourceId", "tenant", "toLower", "trim", "union", "uniqueString"),
    }
)
"""The functions of Bicep that the templates use."""

CONSTRAINTS = frozenset({"allowed", "minLength", "maxLength", "minValue", "maxValue"})


def find_syntax_problems(tree: Path) -> Iterator[str]:
    """Yield the syntax errors of the templates."""
    for path in list_templates(tree):
        yield from (f"{path.name}: line {line}: syntax error" for line in read_bicep(path).error_lines)


def find_language_problems(tree: Path) -> Iterator[str]:
    """Yield the problems with names, calls, outputs and parameters of the templates."""
    for path in list_templates(tree):
        file = read_bicep(path)
        problems = [*_check_names(file), *_check_calls(file), *_check_parameters(file)]
        yield from (f"{path.name}: {problem}" for problem in problems)
    yield from _check_reach(tree)


def list_templates(tree: Path) -> list[Path]:
    """Return every Bicep file below ``infra``."""
    return sorted((tree / "infra").rglob("*.bicep"))


def _check_names(file: BicepFile) -> Iterator[str]:
    used = file.names_used
    declared = {*file.parameters, *file.variables, *file.resources, *file.modules}
    lambdas = re.findall(r"\(?(\w+(?:, \w+)*)\)? =>", file.text)
    local_names = file.loop_names | {name for group in lambdas for name in group.split(", ")}
    for name in sorted(used - declared - local_names - FUNCTIONS):
        yield f"{name!r} is not declared"
    for name in sorted({*file.parameters, *file.variables} - used):
        yield f"{name!r} is declared and never used"


def _check_calls(file: BicepFile) -> Iterator[str]:
    for module in file.modules.values():
        path = file.path.parent / module.path
        if not path.is_file():
            yield f"module {module.symbol}: there is no {module.path}"
            continue
        yield from _check_call(file, module, read_bicep(path))


def _check_call(file: BicepFile, module: Module, target: BicepFile) -> Iterator[str]:
    needed = {name for name, parameter in target.parameters.items() if parameter.default is None}
    for name in sorted(needed - set(module.parameters)):
        yield f"module {module.symbol} does not get {name!r}"
    for name in sorted(set(module.parameters) - set(target.parameters)):
        yield f"module {module.symbol} gets {name!r}, which it does not have"
    for name in sorted(set(re.findall(rf"\b{module.symbol}!?\.outputs\.(\w+)", file.text)) - set(target.outputs)):
        yield f"module {module.symbol} has no output {name!r}"


def _check_parameters(file: BicepFile) -> Iterator[str]:
    for parameter in file.parameters.values():
        decorators = set(parameter.decorators)
        if not parameter.decorators.get("description"):
            yield f"parameter {parameter.name} has no description"
        if file.path.name == "main.bicep" and parameter.type != "bool" and not decorators & CONSTRAINTS:
            yield f"parameter {parameter.name} takes any value"
        if parameter.type == "int" and not ("allowed" in decorators or {"minValue", "maxValue"} <= decorators):
            yield f"parameter {parameter.name} has no range"
        yield from _check_default(parameter.name, parameter.default, parameter.decorators)


def _check_default(name: str, default: object, decorators: object) -> Iterator[str]:
    limits = decorators if isinstance(decorators, dict) else {}
    if default is None or isinstance(default, Expression | dict):
        return
    size = default if isinstance(default, int) else len(str(default))
    least, most = limits.get("minValue", limits.get("minLength")), limits.get("maxValue", limits.get("maxLength"))
    fits = (least is None or size >= least) and (most is None or size <= most)
    if not fits or default not in limits.get("allowed", [default]):
        yield f"parameter {name}: its default {default!r} is out of its own range"


def _check_reach(tree: Path) -> Iterator[str]:
    reached: set[Path] = set()
    waiting = [tree / "infra" / "main.bicep"]
    while waiting:
        path = waiting.pop()
        if path in reached or not path.is_file():
            continue
        reached.add(path)
        waiting += [(path.parent / module.path).resolve() for module in read_bicep(path).modules.values()]
    for path in sorted({path.resolve() for path in list_templates(tree)} - {path.resolve() for path in reached}):
        yield f"{path.name} is not reached from main.bicep"
