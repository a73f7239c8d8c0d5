"""The page's functions without a document do what they say: ``*.test.mjs``, run by Node.js."""

import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

HERE = Path(__file__).parent


@pytest.mark.parametrize("file", sorted(path.name for path in HERE.glob("*.test.mjs")))
def test_the_functions_of_the_page(file: str) -> None:
    node = shutil.which("node")
    assert node is not None, "Node.js is missing: install 20 or newer"
    command = [node, "--test", str(HERE / file)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert result.returncode == 0, result.stdout + result.stderr
