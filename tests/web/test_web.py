"""The page's code has the right types, and its vendored modules are the packages' files."""

import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

ROOT = Path(__file__).resolve().parents[2]


def check(tree: Path) -> tuple[int, str]:
    node = shutil.which("node")
    assert node is not None, "Node.js is missing: install 20 or newer"
    command = [node, str(ROOT / "tests" / "web" / "check.cjs"), str(tree)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert result.stderr == ""
    return result.returncode, result.stdout


def test_the_page_has_no_problem() -> None:
    status, output = check(ROOT)
    assert status == 0, output


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("lib/announce.js", "lastId += 1;", 'lastId += "1";', "TS2322"),
        ("lib/html.js", "createRef, ", "createRef, missing, ", "TS2305"),
        ("vendor/htm.js", "return e", "return  e", "vendor/htm.js: differs from dist/htm.module.js"),
        ("vendor/VERSIONS.md", "3.1.1", "3.1.0", "VERSIONS.md says 3.1.0, package-lock.json 3.1.1"),
        ("vendor/VERSIONS.md", "| `htm.js`", "| htm.js", "vendor/htm.js: not in VERSIONS.md"),
    ],
)
def test_a_mistake_is_found(tmp_path: Path, file: str, old: str, new: str, expected: str) -> None:
    shutil.copytree(ROOT / "web", tmp_path / "web")
    path = tmp_path / "web" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    status, output = check(tmp_path)
    assert status == 1
    assert expected in output
