"""The child's side of a measured process: its job comes on standard input, and it ends with its parent."""

import json
import os
import sys
import threading
from collections.abc import Mapping
from typing import Any

_STDIN = 0


def read_job() -> dict[str, Any]:
    """Read the job, one line of JSON, and from then on end this process as soon as standard input is closed."""
    job: dict[str, Any] = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return job


def write_report_line(report: Mapping[str, Any]) -> None:
    """Give the parent the report."""
    print(json.dumps(report), flush=True)


def _end_with_parent() -> None:
    while os.read(_STDIN, 4096):
        pass
    os._exit(1)
