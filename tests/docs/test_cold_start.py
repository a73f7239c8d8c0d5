"""A cold start loads no SDK that only a later call needs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

ROOT = Path(__file__).resolve().parents[2]
SLOW = {
    "PIL",
    "azure.core",
    "azure.identity",
    "azure.monitor",
    "azure.storage",
    "dotenv",
    "fal_client",
    "filelock",
    "httpx",
    "local",
    "openai",
    "rich",
    "shared.browse",
    "typer",
}
SCRIPT = "import function_app, json, sys; print(json.dumps(sorted(sys.modules)))"


def test_the_app_is_imported_without_the_sdks_that_only_calls_need() -> None:
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    loaded = set(json.loads(result.stdout))
    assert "function_app" in loaded
    assert loaded & SLOW == set()
