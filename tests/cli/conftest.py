import json
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.log_output import NOISY_LIBRARIES
from tests.cli.command_line import CommandLine
from tests.cli.deployed_app import DeployedApp, run_deployed_app

OUR_SETTINGS = (
    "AZURE_",
    "CATALOG_",
    "FUNCTIONS_KEY",
    "OUTPUT_DIR",
    "STORE",
    "LOG_LEVEL",
    "TARGET_COUNT",
    "DRY_RUN",
    "PRICES",
)


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting, no .env, and the log as it was."""
    for name in list(os.environ):
        if name.startswith(OUR_SETTINGS):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    root = logging.getLogger()
    handlers = list(root.handlers)
    levels = {name: logging.getLogger(name).level for name in ("", *NOISY_LIBRARIES)}
    yield
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def seeder(capfd: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capfd)


@pytest.fixture
def deployed_app() -> Iterator[DeployedApp]:
    with run_deployed_app() as app:
        yield app


@pytest.fixture
def write_faults(tmp_path: Path) -> Callable[..., Path]:
    """Writes a faults file: quick answers and whatever else is asked for."""

    def write(**faults: Any) -> Path:
        path = tmp_path / "faults.json"
        path.write_text(json.dumps({"latencySeconds": {"text": 0.01, "image": 0.02}} | faults))
        return path

    return write
