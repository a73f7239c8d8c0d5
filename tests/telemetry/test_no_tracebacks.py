"""What the app logs holds no traceback: its message may quote a prompt, and the host sends each to AppExceptions."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEPLOYED = ("activities", "orchestrators", "shared", "triggers")


def find_tracebacks(source: str) -> Iterator[int]:
    """Yield the lines that log an exception as it is."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            is_logged = node.func.attr == "exception" and len(node.args) > 0 and isinstance(node.args[0], ast.Constant)
            if is_logged or any(keyword.arg == "exc_info" for keyword in node.keywords):
                yield node.lineno


def test_nothing_that_is_deployed_logs_a_traceback() -> None:
    paths = [path for folder in DEPLOYED for path in (ROOT / folder).rglob("*.py")]
    found = [f"{path.relative_to(ROOT)}:{line}" for path in paths for line in find_tracebacks(path.read_text("utf-8"))]
    assert len(paths) > 100
    assert found == [], "log describe_error(error) instead"


@pytest.mark.parametrize("source", ['logger.exception("it broke")', 'logger.warning("it broke", exc_info=error)'])
def test_each_way_to_log_a_traceback_is_found(source: str) -> None:
    assert list(find_tracebacks(source)) == [1]
