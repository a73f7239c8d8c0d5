"""What is deployed is the app, whole, and nothing else."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pathspec import GitIgnoreSpec

ROOT = Path(__file__).resolve().parents[2]
DEPLOYED = {
    "function_app.py",
    "host.json",
    "requirements.txt",
    "activities",
    "orchestrators",
    "shared",
    "triggers",
    "web",
}
CODE = ("activities", "orchestrators", "shared", "triggers")
IMPORT_ALL = """
import importlib, json, pkgutil, sys
import function_app
for name in ("activities", "orchestrators", "shared", "triggers"):
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, name + "."):
        importlib.import_module(module.name)
from shared.models.price_files import load_prices
load_prices()
print(json.dumps({name: getattr(module, "__file__", None) for name, module in sys.modules.items()}))
"""

IsIgnored = Callable[[str], bool]


def read_lines() -> list[str]:
    lines = (ROOT / ".funcignore").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def read_as_git_does() -> IsIgnored:
    """Return the reading of azd."""
    return GitIgnoreSpec.from_lines(read_lines()).match_file


def read_as_core_tools_do() -> IsIgnored:
    """Return the reading of the Functions Core Tools (GitIgnoreParser.cs): anchored at the path's beginning."""

    def compile_lines(lines: list[str]) -> re.Pattern[str]:
        patterns = [re.escape(line.removeprefix("/")).replace(r"\*\*", ".+").replace(r"\*", "[^/]+") for line in lines]
        return re.compile(rf"^(?:{'|'.join(patterns)})\b")

    ignored = compile_lines([line for line in read_lines() if not line.startswith("!")])
    kept = compile_lines([line.removeprefix("!") for line in read_lines() if line.startswith("!")])
    return lambda path: ignored.search(path) is not None and kept.search(path) is None


READINGS = {"git": read_as_git_does(), "core tools": read_as_core_tools_do()}


@pytest.fixture(params=READINGS)
def is_ignored(request: pytest.FixtureRequest) -> IsIgnored:
    return READINGS[request.param]


def list_files() -> list[str]:
    """Return the files of the root and of the app's folders, as paths from the root."""
    listed = [path for path in ROOT.iterdir() if path.is_file()]
    listed += [path for folder in (*CODE, "web") for path in (ROOT / folder).rglob("*") if path.is_file()]
    return [path.relative_to(ROOT).as_posix() for path in listed]


def test_of_all_that_lies_at_the_root_only_the_app_is_deployed(is_ignored: IsIgnored) -> None:
    inside = {path.name: f"{path.name}/file" if path.is_dir() else path.name for path in ROOT.iterdir()}
    kept = {name for name, path in inside.items() if not is_ignored(path)}
    assert kept - {".python_packages"} == DEPLOYED


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        ".git/config",
        ".github/workflows/ci.yml",
        ".venv/bin/python",
        "azure.yaml",
        "catalog_seeder.egg-info/PKG-INFO",
        "data_seed/.seeder/journal.db",
        "docs/reference/http.md",
        "infra/main.bicep",
        "cli/main.py",
        "local.settings.example.json",
        "local.settings.json",
        "notes.txt",
        "requirements.lock",
        "tests/web/package.json",
        "tests/azurite/node_modules/azurite/package.json",
        "tools/check.py",
    ],
)
def test_what_is_no_part_of_the_app_stays_here(is_ignored: IsIgnored, path: str) -> None:
    assert is_ignored(path)


@pytest.mark.parametrize("path", ["requirements.txt", ".python_packages/lib/site-packages/openai/__init__.py"])
def test_what_the_deployed_app_needs_to_be_installed_goes_along(is_ignored: IsIgnored, path: str) -> None:
    assert not is_ignored(path)


def test_the_review_page_and_the_openapi_document_go_along_whole(is_ignored: IsIgnored) -> None:
    page = [name for name in list_files() if name.startswith("web/")]
    assert "web/index.html" in page
    assert [name for name in (*page, "triggers/openapi.json") if is_ignored(name)] == []


@pytest.mark.processes
def test_what_is_deployed_can_be_imported_whole_from_where_it_lies(is_ignored: IsIgnored, tmp_path: Path) -> None:
    for name in list_files():
        if not is_ignored(name):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, tmp_path / name)
    result = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    modules: dict[str, str | None] = json.loads(result.stdout)
    assert not [name for name in modules if name.partition(".")[0] in {"local", "tests"}]
    ours = {name for name in modules if name.partition(".")[0] in {"function_app", *CODE}}
    assert {name for name in ours if not str(modules[name]).startswith(str(tmp_path))} == set()
