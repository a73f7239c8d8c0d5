"""The table of the fault harness in the document."""

import json
from pathlib import Path

from bench.chaos_table import write_faults_table


def test_each_case_is_a_row(tmp_path: Path) -> None:
    row = {
        "case": "killed around generate_image",
        "lost": 0,
        "corrupt": 1,
        "billed_again": 2,
        "allowed": 3,
        "seconds": 4.4,
    }
    (tmp_path / "faults.json").write_text(json.dumps([row]))
    table = write_faults_table(tmp_path / "faults.json")
    assert table is not None
    assert table.splitlines()[-1] == r"| killed around generate\_image | 0 | 1 | 2 | 3 | 4 |"


def test_without_a_measurement_there_is_no_table(tmp_path: Path) -> None:
    assert write_faults_table(tmp_path / "faults.json") is None
