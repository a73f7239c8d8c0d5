"""Every query of the templates and documents parses, and binds to the columns of the workspace's tables."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.infra_checks import REPOSITORY

pytestmark = pytest.mark.processes

PARSER = REPOSITORY / "tests" / "kusto" / "check.cjs"


def parse(tree: Path) -> subprocess.CompletedProcess[str]:
    node = shutil.which("node")
    assert node is not None, "Node.js is missing: install 20 or newer"
    return subprocess.run([node, str(PARSER), str(tree)], capture_output=True, text=True, check=False, timeout=300)


def test_every_query_parses() -> None:
    result = parse(REPOSITORY)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        ("infra/modules/workbook.json", "by service = ", "by kind = ", "KS228"),
        ("infra/queries/failed-runs.kql", "sum(Sum)", "sum(Total)", "KS142"),
        ("docs/reference/telemetry.md", "AppDependencies", "Dependencies", "KS"),
    ],
)
def test_a_mistake_in_a_query_is_found(tmp_path: Path, file: str, old: str, new: str, code: str) -> None:
    for folder in ("infra/queries", "infra/modules", "docs"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder)
    source = (tmp_path / file).read_text(encoding="utf-8")
    assert old in source
    (tmp_path / file).write_text(source.replace(old, new, 1), encoding="utf-8")
    result = parse(tmp_path)
    assert result.returncode == 1
    assert f"{code}" in result.stdout
