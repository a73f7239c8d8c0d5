"""The table of the chaos tests in the document."""

import json
from pathlib import Path

from bench.report import write_chaos_table


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
    table = write_chaos_table(tmp_path / "faults.json")
    assert table is not None
    assert table.splitlines()[-1] == r"| killed around generate\_image | 0 | 1 | 2 | 3 | 4 |"


def test_without_results_the_table_is_omitted(tmp_path: Path) -> None:
    assert write_chaos_table(tmp_path / "faults.json") is None
