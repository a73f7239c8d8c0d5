"""The README tells the tables of an audit as they are."""

import re
import sqlite3
from contextlib import closing

from shared.audit.audit_tables import TABLES
from shared.audit.call_records import CallStatus
from tests.support.markdown_documents import find_codes, find_table, read

SECTION = read("README.md").partition("### Audit a run")[2].partition("### Reasons")[0]


def list_columns() -> dict[str, list[str]]:
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(TABLES)
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: [row[0] for row in database.execute("SELECT name FROM pragma_table_info(?)", [name])]
            for name in names
        }


def test_every_table_is_reported_with_its_columns() -> None:
    columns = list_columns()
    told = {find_codes(row[0])[0]: set(find_codes(row[2])) for row in find_table(SECTION, "table")}
    assert set(told) == set(columns)
    for name in set(columns) - {"run_info"}:  # it tells what the summary tells
        assert set(columns[name]) - {"id"} <= told[name], name


def test_every_status_of_a_call_is_reported() -> None:
    sentence = SECTION.partition("`status` is")[2].partition(".")[0]
    assert re.findall(r"`(\w+)`", sentence) == [str(status) for status in CallStatus]
