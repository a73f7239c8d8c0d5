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
ASKED = {
    "requirements.txt": PROJECT["dependencies"],
    "requirements/local.txt": PROJECT["dependencies"] + EXTRAS["local"],
    "requirements/dev.txt": PROJECT["dependencies"] + EXTRAS["local"] + EXTRAS["fal"] + EXTRAS["dev"],
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


@pytest.mark.parametrize("name", ASKED)
def test_every_dependency_is_pinned_within_its_range(name: str) -> None:
    pins = read_pins(name)
    for asked in map(Requirement, ASKED[name]):
        versions = [version for (package, _), version in pins.items() if package == canonicalize_name(asked.name)]
        assert versions, f"{asked.name} is not in {name}; run: make lock"
        assert all(asked.specifier.contains(version) for version in versions), (name, str(asked), versions)


@pytest.mark.parametrize("name", ASKED)
def test_every_line_is_a_pin_with_hashes_and_without_an_index(name: str) -> None:
    lines = read_lines(name)
    assert lines
    for line in lines:
        assert not line.startswith("-"), line
        assert "://" not in line, line
        assert " @ " not in line, line
        assert HASH.search(line), line
        assert set(re.findall(r"--[a-z-]+", HASH.sub("", line))) == set(), line


def test_a_larger_list_contains_the_smaller_one_with_the_same_versions() -> None:
    # Where a package is wanted (its marker) can be wider in a bigger list: an extra may want it everywhere.
    runtime, local, dev = ({(package, pin) for (package, _), pin in read_pins(name).items()} for name in ASKED)
    assert runtime <= local <= dev


def test_packages_for_a_laptop_are_not_deployed() -> None:
    deployed = {package for package, _ in read_pins("requirements.txt")}
    extras = {canonicalize_name(Requirement(line).name) for line in EXTRAS["local"] + EXTRAS["fal"] + EXTRAS["dev"]}
    assert deployed & extras == set()


def test_the_version_has_one_source() -> None:
    assert "version" not in PROJECT
    assert "version" in PROJECT["dynamic"]
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert headings[1] == __version__
