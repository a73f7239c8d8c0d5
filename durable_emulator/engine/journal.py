"""The journal: instances, histories, inboxes and open work items in one SQLite file.

Writes happen inside ``with journal.transaction()``. WAL with ``synchronous=NORMAL`` survives a kill of the process at
any time. If the whole machine crashes, the last transactions may be lost; at-least-once delivery makes that harmless.
"""

import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from durable_emulator.engine.events import Event, InboxMessage, encode_event, format_time, parse_time
from durable_emulator.engine.instances import Instance, InstanceFilter, RuntimeStatus
from durable_emulator.errors import JournalError

FORMAT_VERSION = 4
"""Stored as ``user_version``; incremented with every change of the tables or of their content."""

SCHEMA = """
CREATE TABLE instances(
    id TEXT PRIMARY KEY, name TEXT NOT NULL, input TEXT, status TEXT NOT NULL, custom_status TEXT, output TEXT,
    created TEXT NOT NULL, updated TEXT NOT NULL, generation INTEGER NOT NULL, waits TEXT NOT NULL,
    execution_id TEXT NOT NULL, parent_id TEXT, parent_token INTEGER, parent TEXT, trace_parent TEXT
) WITHOUT ROWID;
CREATE INDEX instances_by_parent ON instances(parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX instances_unfinished ON instances(status) WHERE status IN ('Pending', 'Running', 'Suspended');

CREATE TABLE history(
    instance_id TEXT NOT NULL, position INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY(instance_id, position)
) WITHOUT ROWID;

CREATE TABLE inbox(
    number INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, task_id INTEGER, event TEXT NOT NULL
);
CREATE INDEX inbox_by_instance ON inbox(instance_id);

CREATE TABLE work(
    token INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, task_id INTEGER NOT NULL, event TEXT NOT NULL
);
CREATE INDEX work_by_instance ON work(instance_id, task_id);
"""
# AUTOINCREMENT never reuses a number, so a consumed token stays invalid.

OLDER_FORMATS = (1, 2, 3)
"""Formats of versions 0.x. Opening such a journal empties it: unfinished instances of those versions do not resume."""

logger = logging.getLogger("durable_emulator.engine")


@dataclass(frozen=True, slots=True)
class WorkItem:
    """A scheduled task without a recorded result.

    Attributes:
        token: task token that the result consumes; never reused.
        instance_id: instance that scheduled the task.
        task_id: number of the task in that instance.
        event: the scheduling event.
        trace_parent: W3C ``traceparent`` of that instance.
    """

    token: int
    instance_id: str
    task_id: int
    event: Event
    trace_parent: str | None = None


class Journal:
    """Reads and writes rows. `JournalWriter` decides which writes form a transaction.

    Args:
        path: the database file, created if it is missing; its folder must exist.

    Raises:
        JournalError: the file cannot be opened, is not a journal, or has an unknown format.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
        except sqlite3.Error as error:
            raise JournalError(f"journal {path} cannot be opened: {error}") from error
        try:
            self._prepare(path)
        except sqlite3.Error as error:
            self._db.close()
            raise JournalError(f"journal {path} cannot be used: {error}") from error
        except JournalError:
            self._db.close()
            raise

    def _prepare(self, path: Path) -> None:
        self._db.row_factory = sqlite3.Row
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version not in {0, FORMAT_VERSION, *OLDER_FORMATS}:
            raise JournalError(f"journal {path} has format {version}; expected {FORMAT_VERSION}")
        if version in OLDER_FORMATS:
            logger.warning("Journal %s was written by an older version; its unfinished runs are not resumed", path)
            tables = "instances history inbox work"
            drops = " ".join(f"DROP TABLE {table};" for table in tables.split())
            self._db.executescript(f"BEGIN; {drops} PRAGMA user_version=0; COMMIT;")
            version = 0
        if version == 0:
            self._db.execute("PRAGMA auto_vacuum=INCREMENTAL")
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        if version == 0:
            self._db.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version={FORMAT_VERSION}; COMMIT;")
        self._db.execute("PRAGMA incremental_vacuum").fetchall()

    def close(self) -> None:
        """Close the file and roll back an open transaction."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit the writes inside, or none of them."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # SQLite rolls back by itself when the disk is full
                self._db.execute("ROLLBACK")
            raise

    # --- instances ---------------------------------------------------------------------------------------------------

    def insert_instance(self, instance: Instance) -> None:
        """Add an instance with an unused id."""
        self._db.execute(
            "INSERT INTO instances VALUES(:id, :name, :input, :status, :custom_status, :output, :created, :updated,"
            " :generation, :waits, :execution_id, :parent_id, :parent_token, :parent, :trace_parent)",
            _to_row(instance),
        )

    def update_instance(self, instance: Instance) -> None:
        """Update the properties of an instance that can change."""
        self._db.execute(
            "UPDATE instances SET input=:input, status=:status, custom_status=:custom_status, output=:output,"
            " updated=:updated, generation=:generation, waits=:waits, execution_id=:execution_id WHERE id=:id",
            _to_row(instance),
        )

    def find_instance(self, instance_id: str) -> Instance | None:
        """Return an instance, or None if the id is unknown."""
        row = self._db.execute("SELECT * FROM instances WHERE id=?", (instance_id,)).fetchone()
        return None if row is None else _to_instance(row)

    def list_instances(self, wanted: InstanceFilter) -> list[Instance]:
        """Return the instances that match a filter, in order of ids."""
        rows = self._db.execute(
            "SELECT * FROM instances WHERE id > :after AND substr(id, 1, length(:prefix)) = :prefix"
            " AND (:statuses = '[]' OR status IN (SELECT value FROM json_each(:statuses)))"
            " AND (:earliest IS NULL OR created >= :earliest) AND (:latest IS NULL OR created <= :latest)"
            " ORDER BY id LIMIT :limit",
            {
                "after": wanted.after_id,
                "prefix": wanted.id_prefix,
                "statuses": json.dumps(sorted(wanted.statuses)),
                "earliest": None if wanted.created_from is None else format_time(wanted.created_from),
                "latest": None if wanted.created_to is None else format_time(wanted.created_to),
                "limit": -1 if wanted.limit is None else wanted.limit,
            },
        )
        return [_to_instance(row) for row in rows]

    def list_runnable(self) -> list[str]:
        """Return the ids of all instances that run episodes."""
        return [row["id"] for row in self._db.execute("SELECT id FROM instances WHERE status IN ('Pending','Running')")]

    def list_children(self, parent_id: str) -> list[Instance]:
        """Return the child instances of an instance."""
        rows = self._db.execute("SELECT * FROM instances WHERE parent_id=? ORDER BY id", (parent_id,))
        return [_to_instance(row) for row in rows]

    def delete_instance(self, instance_id: str) -> None:
        """Delete an instance and everything that belongs to it."""
        self.clear_generation(instance_id)
        self._db.execute("DELETE FROM inbox WHERE instance_id=?", (instance_id,))
        self._db.execute("DELETE FROM instances WHERE id=?", (instance_id,))

    def clear_generation(self, instance_id: str) -> list[int]:
        """Delete history, open work items and completions, but keep raised events; return the deleted tokens."""
        tokens = [
            row["token"]
            for row in self._db.execute("SELECT token FROM work WHERE instance_id=? ORDER BY token", (instance_id,))
        ]
        self._db.execute("DELETE FROM history WHERE instance_id=?", (instance_id,))
        self._db.execute("DELETE FROM work WHERE instance_id=?", (instance_id,))
        self._db.execute("DELETE FROM inbox WHERE instance_id=? AND task_id IS NOT NULL", (instance_id,))
        return tokens

    # --- history -----------------------------------------------------------------------------------------------------

    def read_history(self, instance_id: str) -> list[str]:
        """Return the events of the current generation as JSON texts, in order."""
        rows = self._db.execute("SELECT event FROM history WHERE instance_id=? ORDER BY position", (instance_id,))
        return [row["event"] for row in rows]

    def append_history(self, instance_id: str, position: int, events: Iterable[Event]) -> None:
        """Append events; ``position`` is the number of existing ones."""
        self._db.executemany(
            "INSERT INTO history VALUES(?, ?, ?)",
            [(instance_id, n, encode_event(event)) for n, event in enumerate(events, position)],
        )

    # --- inbox -------------------------------------------------------------------------------------------------------

    def read_inbox(self, instance_id: str) -> list[InboxMessage]:
        """Return an instance's messages, oldest first."""
        rows = self._db.execute("SELECT number, event FROM inbox WHERE instance_id=? ORDER BY number", (instance_id,))
        return [InboxMessage(row["number"], json.loads(row["event"])) for row in rows]

    def has_messages(self, instance_id: str) -> bool:
        """Return whether an instance's inbox holds messages."""
        return self._db.execute("SELECT 1 FROM inbox WHERE instance_id=?", (instance_id,)).fetchone() is not None

    def add_message(self, instance_id: str, event: Event, *, task_id: int | None) -> None:
        """Add a message; ``task_id`` is the completed task, None for a raised event."""
        self._db.execute(
            "INSERT INTO inbox(instance_id, task_id, event) VALUES(?, ?, ?)",
            (instance_id, task_id, encode_event(event)),
        )

    def delete_messages(self, numbers: Iterable[int]) -> None:
        """Delete messages that an episode has taken."""
        self._db.executemany("DELETE FROM inbox WHERE number=?", [(number,) for number in numbers])

    # --- work --------------------------------------------------------------------------------------------------------

    def add_work(self, instance_id: str, event: Event, *, trace_parent: str | None = None) -> WorkItem:
        """Add a work item for a scheduling event."""
        cursor = self._db.execute(
            "INSERT INTO work(instance_id, task_id, event) VALUES(?, ?, ?)",
            (instance_id, event["EventId"], encode_event(event)),
        )
        token = cursor.lastrowid
        if token is None:  # pragma: no cover - an INSERT into a rowid table always has one
            raise JournalError("SQLite returned no row id for a new work item")
        return WorkItem(token, instance_id, event["EventId"], event, trace_parent)

    def has_token(self, token: int) -> bool:
        """Return whether a token is still valid."""
        return self._db.execute("SELECT 1 FROM work WHERE token=?", (token,)).fetchone() is not None

    def consume_token(self, token: int) -> tuple[str, int] | None:
        """Consume a token; return instance id and task number, or None if it was consumed or cancelled before."""
        row = self._db.execute("SELECT instance_id, task_id FROM work WHERE token=?", (token,)).fetchone()
        if row is None:
            return None
        self._db.execute("DELETE FROM work WHERE token=?", (token,))
        return row["instance_id"], row["task_id"]

    def cancel_work(self, instance_id: str, task_id: int) -> list[int]:
        """Delete a task's work item and its unread completion; return the deleted token, if any."""
        rows = self._db.execute("SELECT token FROM work WHERE instance_id=? AND task_id=?", (instance_id, task_id))
        tokens = [row["token"] for row in rows]
        self._db.execute("DELETE FROM work WHERE instance_id=? AND task_id=?", (instance_id, task_id))
        self._db.execute("DELETE FROM inbox WHERE instance_id=? AND task_id=?", (instance_id, task_id))
        return tokens

    def list_work(self) -> list[WorkItem]:
        """Return all open work items, oldest first."""
        rows = self._db.execute(
            "SELECT work.*, trace_parent FROM work LEFT JOIN instances ON id = instance_id ORDER BY token",
        )
        return [
            WorkItem(row["token"], row["instance_id"], row["task_id"], json.loads(row["event"]), row["trace_parent"])
            for row in rows
        ]


def _to_row(instance: Instance) -> dict[str, Any]:
    return {
        "id": instance.id,
        "name": instance.name,
        "input": instance.input,
        "status": instance.status.value,
        "custom_status": instance.custom_status,
        "output": instance.output,
        "created": format_time(instance.created),
        "updated": format_time(instance.updated),
        "generation": instance.generation,
        "waits": json.dumps(dict(instance.waits)),
        "execution_id": instance.execution_id,
        "parent_id": instance.parent_id,
        "parent_token": instance.parent_token,
        "parent": None if instance.parent is None else json.dumps(dict(instance.parent)),
        "trace_parent": instance.trace_parent,
    }


def _to_instance(row: sqlite3.Row) -> Instance:
    return Instance(
        id=row["id"],
        name=row["name"],
        input=row["input"],
        status=RuntimeStatus(row["status"]),
        custom_status=row["custom_status"],
        output=row["output"],
        created=parse_time(row["created"]),
        updated=parse_time(row["updated"]),
        generation=row["generation"],
        waits=json.loads(row["waits"]),
        execution_id=row["execution_id"],
        parent_id=row["parent_id"],
        parent_token=row["parent_token"],
        parent=None if row["parent"] is None else json.loads(row["parent"]),
        trace_parent=row["trace_parent"],
    )
