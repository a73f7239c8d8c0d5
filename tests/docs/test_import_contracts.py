"""Every module of ``shared`` is listed as pure or as doing IO, and the pure ones do none."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PORTS = {"shared.models.batches", "shared.models.protocol", "shared.storage.protocol"}
"""Protocols declare asynchronous methods and run nothing."""

CLOCK_READERS = {"now", "today", "utcnow"}
FILE_READERS = {"open", "read_bytes", "read_text", "write_bytes", "write_text"}


def read_contract(contract_id: str) -> dict[str, Any]:
    contracts = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    return next(contract for contract in contracts if contract["id"] == contract_id)


PURE = [*read_contract("pure")["source_modules"]]
DOES_IO = [module for module in read_contract("io")["forbidden_modules"] if module.startswith("shared")]


def list_modules() -> list[str]:
    files = (path for path in Path("shared").rglob("*.py") if path.name != "__init__.py")
    return sorted(".".join(path.with_suffix("").parts) for path in files)


def is_listed(module: str, names: list[str]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in names)


def list_pure_modules() -> list[str]:
    return [module for module in list_modules() if is_listed(module, PURE)]


def find_io(tree: ast.Module) -> Iterator[str]:
    """Yield what a module does that a pure one may not, beyond what import contracts find."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)):
            yield f"line {node.lineno}: asynchronous code"
        elif isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            owner = getattr(called.value, "id", "") if isinstance(called, ast.Attribute) else ""
            if name in FILE_READERS or (name in CLOCK_READERS and owner in {"datetime", "date"}):
                yield f"line {node.lineno}: {name}()"


def test_every_module_of_shared_is_in_one_of_the_two_lists() -> None:
    listed = {module: (is_listed(module, PURE), is_listed(module, DOES_IO)) for module in list_modules()}
    advice = "list it in pyproject.toml: under 'pure' if it decides, under 'pure' and 'io' as forbidden if it does IO"
    assert {module: found for module, found in listed.items() if sum(found) != 1} == {}, advice


def test_every_listed_module_exists() -> None:
    modules = list_modules()
    assert [name for name in (*PURE, *DOES_IO) if not any(is_listed(module, [name]) for module in modules)] == []


def test_both_contracts_forbid_the_same_modules() -> None:
    forbidden = read_contract("pure")["forbidden_modules"]
    assert [module for module in forbidden if module.startswith("shared")] == DOES_IO


@pytest.mark.parametrize("module", [module for module in list_pure_modules() if module not in PORTS])
def test_a_pure_module_reads_neither_clock_nor_files_and_awaits_nothing(module: str) -> None:
    path = Path(*module.split(".")).with_suffix(".py")
    assert list(find_io(ast.parse(path.read_text(encoding="utf-8")))) == []
