"""The file of an audit, and the threads that work on it."""

import threading
from pathlib import Path

from shared.audit.audit_tables import AuditFile

LONG = 30


def test_a_file_is_not_closed_while_its_indexes_are_made(tmp_path: Path) -> None:
    audit = AuditFile(tmp_path / "audit.sqlite")
    begun, go_on = threading.Event(), threading.Event()

    def hold(_: str) -> None:
        begun.set()
        go_on.wait(LONG)

    audit._database.set_trace_callback(hold)
    making = threading.Thread(target=audit.create_indexes)
    closing = threading.Thread(target=audit.__exit__, args=(None, None, None))
    making.start()
    assert begun.wait(LONG)
    closing.start()
    closing.join(0.2)
    assert closing.is_alive()
    go_on.set()
    making.join(LONG)
    closing.join(LONG)
    assert not closing.is_alive()
