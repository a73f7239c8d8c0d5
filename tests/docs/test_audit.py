"""The audit page describes every table and column of an audit."""

import re
import sqlite3
from contextlib import closing

from shared.audit.audit_tables import TABLES
from shared.audit.call_records import CallStatus
from tests.support.markdown_documents import find_codes, find_table, read

PAGE = read("docs/reference/audit.md")


def list_columns() -> dict[str, list[str]]:
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(TABLES)
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: [row[0] for row in database.execute("SELECT name FROM pragma_table_info(?)", [name])]
            for name in names
        }


def test_every_table_has_a_section_with_its_columns_in_order() -> None:
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^###|\Z)", PAGE, re.MULTILINE | re.DOTALL))
    described = {name: [find_codes(row[0])[0] for row in find_table(text, "column")] for name, text in sections.items()}
    assert described == list_columns()


def test_every_status_of_a_call_is_described() -> None:
    sentence = PAGE.partition("A `status` of `api_calls` is")[2].partition(".")[0]
    assert re.findall(r"`(\w+)`", sentence) == [str(status) for status in CallStatus]
