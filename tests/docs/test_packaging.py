"""The pinned lists satisfy pyproject.toml, and nothing else decides what is installed."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from shared.version import __version__

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
REQUESTED = {
    "requirements.txt": PROJECT["dependencies"],
    "requirements.lock": PROJECT["dependencies"] + [line for lines in EXTRAS.values() for line in lines],
}
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def read_lines(name: str) -> list[str]:
    """Return a list's entries, each with its hashes on one line."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")]


def read_pins(name: str) -> dict[tuple[str, str], str]:
    """Return the version of each pinned package; one that differs by platform has a marker, and can appear twice."""
    pins: dict[tuple[str, str], str] = {}
    for line in read_lines(name):
        pin = Requirement(line.partition("--hash")[0])
        (only,) = pin.specifier
        assert only.operator == "==", line
        pins[canonicalize_name(pin.name), str(pin.marker or "")] = only.version
    return pins


@pytest.mark.parametrize("name", REQUESTED)
def test_every_dependency_is_pinned_within_its_range(name: str) -> None:
    pins = read_pins(name)
    for requested in map(Requirement, REQUESTED[name]):
        versions = [version for (package, _), version in pins.items() if package == canonicalize_name(requested.name)]
        assert versions, f"{requested.name} is not in {name}; run: make lock"
        assert all(requested.specifier.contains(version) for version in versions), (name, str(requested), versions)


@pytest.mark.parametrize("name", REQUESTED)
def test_every_line_is_a_pin_with_hashes_and_without_an_index(name: str) -> None:
    lines = read_lines(name)
    assert lines
    for line in lines:
        assert not line.startswith("-"), line
        assert "://" not in line, line
        assert " @ " not in line, line
        assert HASH.search(line), line
        assert set(re.findall(r"--[a-z-]+", HASH.sub("", line))) == set(), line


def test_a_deployment_gets_the_locked_versions_that_tests_run_with() -> None:
    # A marker can be wider in the lock: an extra may want a package on more platforms.
    deployed, locked = ({(package, pin) for (package, _), pin in read_pins(name).items()} for name in REQUESTED)
    assert deployed <= locked


def test_what_only_a_laptop_needs_is_not_deployed() -> None:
    deployed = {package for package, _ in read_pins("requirements.txt")}
    extras = {canonicalize_name(Requirement(line).name) for lines in EXTRAS.values() for line in lines}
    assert deployed & extras == set()


def test_make_installs_from_the_lock_and_checks_hashes() -> None:
    script = (ROOT / ".ci/install").read_text(encoding="utf-8").replace("\\\n", " ")
    commands = [line for line in script.splitlines() if "pip install" in line and "--editable" not in line]
    assert commands
    assert all("--require-hashes" in line for line in commands)
    assert not [name for name in ROOT.glob("requirements*") if name.name not in REQUESTED]


def test_the_version_is_written_down_once() -> None:
    assert "version" not in PROJECT
    assert "version" in PROJECT["dynamic"]
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert headings[1] == __version__
