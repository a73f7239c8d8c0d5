"""One module reads the environment; all others get values."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEPLOYED = ("activities", "orchestrators", "shared", "triggers")
READER = ROOT / "shared" / "config.py"
READING_NAMES = {"environ", "environb", "getenv", "getenvb", "load_dotenv", "dotenv_values"}


def list_modules() -> list[Path]:
    modules = [path for folder in DEPLOYED for path in sorted((ROOT / folder).rglob("*.py"))]
    return [ROOT / "function_app.py", *modules]


def find_reads(source: str) -> Iterator[str]:
    """Yield each place that reads the environment, under any name of ``os`` or ``environ``."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.alias(name=name) if name in READING_NAMES:
                yield f"{name} at line {node.lineno}"
            case ast.Constant(value=str(name)) if name in READING_NAMES:  # getattr(os, "environ")
                yield f"{name!r} at line {node.lineno}"


def test_only_the_configuration_reads_the_environment() -> None:
    reads = {str(path.relative_to(ROOT)): list(find_reads(path.read_text(encoding="utf-8"))) for path in list_modules()}
    readers = {name for name, places in reads.items() if places}
    assert readers == {str(READER.relative_to(ROOT))}, {name: reads[name] for name in readers}


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.environ['A']",
        "import os as o\no.getenv('A')",
        "from os import environ as settings",
        "from os import getenv",
        "import os\ngetattr(os, 'environ')",
        "from dotenv import load_dotenv",
    ],
)
def test_every_way_to_read_the_environment_is_found(source: str) -> None:
    assert list(find_reads(source))
