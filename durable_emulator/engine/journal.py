"""The journal: everything the engine must not forget, in one SQLite file.

Writes happen inside ``with journal.transaction()``; what is not committed never was. WAL with ``synchronous=NORMAL``
survives the death of the process at any moment; when the whole machine dies, the last moments may be missing, which
an engine that delivers at least once can stand.
"""

import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from durable_emulator.engine.episode_outcome import Message
from durable_emulator.engine.errors import JournalError
from durable_emulator.engine.events import Event, encode_event, format_time, parse_time
from durable_emulator.engine.instances import Instance, InstanceFilter, RuntimeStatus

FORMAT_VERSION = 3
"""Kept in ``user_version``; counts up with every change of the tables or of what stands in them."""

SCHEMA = """
CREATE TABLE instances(
    id TEXT PRIMARY KEY, name TEXT NOT NULL, input TEXT, status TEXT NOT NULL, custom_status TEXT, output TEXT,
    created TEXT NOT NULL, updated TEXT NOT NULL, generation INTEGER NOT NULL, waits TEXT NOT NULL,
    execution_id TEXT NOT NULL, parent_id TEXT, parent_ticket INTEGER, parent TEXT, trace_parent TEXT
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
    ticket INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, task_id INTEGER NOT NULL, event TEXT NOT NULL
);
CREATE INDEX work_by_instance ON work(instance_id, task_id);
"""
# AUTOINCREMENT never gives a number twice, so a ticket that is gone stays gone.

OLDER_FORMATS = (1, 2)
"""Of versions 0.x. Their unfinished runs are not resumed, so such a journal begins again; what the runs have brought is
in the store."""

logger = logging.getLogger("durable_emulator.engine")


@dataclass(frozen=True, slots=True)
class Work:
    """Something asked for that has no recorded result yet.

    Attributes:
        ticket: redeemed by the result; unique for ever.
        instance_id: who asked.
        task_id: its number there.
        event: the scheduling event.
        trace_parent: the trace that the asking instance belongs to.
    """

    ticket: int
    instance_id: str
    task_id: int
    event: Event
    trace_parent: str | None = None


class Journal:
    """Reads and writes rows; what belongs together in a transaction is the ledger's business.

    Args:
        path: the database file; made if there is none, its folder must exist.

    Raises:
        JournalError: the file cannot be opened, is no journal, or has another format.
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
            logger.warning("Journal %s is of an older version: its unfinished runs are not resumed", path)
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
        """Close the file; an open transaction never was."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, for the writes inside."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # SQLite has rolled back by itself where the disk is full
                self._db.execute("ROLLBACK")
            raise

    # --- instances ---------------------------------------------------------------------------------------------------

    def insert_instance(self, instance: Instance) -> None:
        """Add a new instance; its id must be free."""
        self._db.execute(
            "INSERT INTO instances VALUES(:id, :name, :input, :status, :custom_status, :output, :created, :updated,"
            " :generation, :waits, :execution_id, :parent_id, :parent_ticket, :parent, :trace_parent)",
            _to_row(instance),
        )

    def update_instance(self, instance: Instance) -> None:
        """Write what can change of an instance."""
        self._db.execute(
            "UPDATE instances SET input=:input, status=:status, custom_status=:custom_status, output=:output,"
            " updated=:updated, generation=:generation, waits=:waits, execution_id=:execution_id WHERE id=:id",
            _to_row(instance),
        )

    def find_instance(self, instance_id: str) -> Instance | None:
        """Return an instance, or None if there is none."""
        row = self._db.execute("SELECT * FROM instances WHERE id=?", (instance_id,)).fetchone()
        return None if row is None else _to_instance(row)

    def list_instances(self, wanted: InstanceFilter) -> list[Instance]:
        """Return the instances that a filter lets through, in order of ids."""
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
        """Return the ids of all instances that take steps."""
        return [row["id"] for row in self._db.execute("SELECT id FROM instances WHERE status IN ('Pending','Running')")]

    def list_children(self, parent_id: str) -> list[Instance]:
        """Return the instances that an instance started."""
        rows = self._db.execute("SELECT * FROM instances WHERE parent_id=? ORDER BY id", (parent_id,))
        return [_to_instance(row) for row in rows]

    def delete_instance(self, instance_id: str) -> None:
        """Forget an instance and all that belongs to it."""
        self.clear_generation(instance_id)
        self._db.execute("DELETE FROM inbox WHERE instance_id=?", (instance_id,))
        self._db.execute("DELETE FROM instances WHERE id=?", (instance_id,))

    def clear_generation(self, instance_id: str) -> list[int]:
        """Forget history, open work and completions, but no raised events; return the tickets that were open."""
        tickets = [
            row["ticket"]
            for row in self._db.execute("SELECT ticket FROM work WHERE instance_id=? ORDER BY ticket", (instance_id,))
        ]
        self._db.execute("DELETE FROM history WHERE instance_id=?", (instance_id,))
        self._db.execute("DELETE FROM work WHERE instance_id=?", (instance_id,))
        self._db.execute("DELETE FROM inbox WHERE instance_id=? AND task_id IS NOT NULL", (instance_id,))
        return tickets

    # --- history -----------------------------------------------------------------------------------------------------

    def read_history(self, instance_id: str) -> list[str]:
        """Return the current generation's events, in order, as JSON texts."""
        rows = self._db.execute("SELECT event FROM history WHERE instance_id=? ORDER BY position", (instance_id,))
        return [row["event"] for row in rows]

    def append_history(self, instance_id: str, position: int, events: Iterable[Event]) -> None:
        """Add events; ``position`` is how many there are already."""
        self._db.executemany(
            "INSERT INTO history VALUES(?, ?, ?)",
            [(instance_id, n, encode_event(event)) for n, event in enumerate(events, position)],
        )

    # --- inbox -------------------------------------------------------------------------------------------------------

    def read_inbox(self, instance_id: str) -> list[Message]:
        """Return an instance's messages, oldest first."""
        rows = self._db.execute("SELECT number, event FROM inbox WHERE instance_id=? ORDER BY number", (instance_id,))
        return [Message(row["number"], json.loads(row["event"])) for row in rows]

    def has_messages(self, instance_id: str) -> bool:
        """Tell whether an instance's inbox is not empty."""
        return self._db.execute("SELECT 1 FROM inbox WHERE instance_id=?", (instance_id,)).fetchone() is not None

    def add_message(self, instance_id: str, event: Event, *, task_id: int | None) -> None:
        """Add a message; ``task_id`` is the task that it completes, None for a raised event."""
        self._db.execute(
            "INSERT INTO inbox(instance_id, task_id, event) VALUES(?, ?, ?)",
            (instance_id, task_id, encode_event(event)),
        )

    def delete_messages(self, numbers: Iterable[int]) -> None:
        """Forget messages that an episode has taken."""
        self._db.executemany("DELETE FROM inbox WHERE number=?", [(number,) for number in numbers])

    # --- work --------------------------------------------------------------------------------------------------------

    def add_work(self, instance_id: str, event: Event, *, trace_parent: str | None = None) -> Work:
        """Hand out a ticket for a scheduling event."""
        cursor = self._db.execute(
            "INSERT INTO work(instance_id, task_id, event) VALUES(?, ?, ?)",
            (instance_id, event["EventId"], encode_event(event)),
        )
        ticket = cursor.lastrowid
        if ticket is None:  # pragma: no cover - an INSERT into a rowid table always has one
            raise JournalError("SQLite gave no row id for new work")
        return Work(ticket, instance_id, event["EventId"], event, trace_parent)

    def has_ticket(self, ticket: int) -> bool:
        """Tell whether somebody still waits for this result."""
        return self._db.execute("SELECT 1 FROM work WHERE ticket=?", (ticket,)).fetchone() is not None

    def take_ticket(self, ticket: int) -> tuple[str, int] | None:
        """Redeem a ticket: return who asked and the task's number there, once; None from then on."""
        row = self._db.execute("SELECT instance_id, task_id FROM work WHERE ticket=?", (ticket,)).fetchone()
        if row is None:
            return None
        self._db.execute("DELETE FROM work WHERE ticket=?", (ticket,))
        return row["instance_id"], row["task_id"]

    def cancel_work(self, instance_id: str, task_id: int) -> list[int]:
        """Withdraw a task and a completion of it that nobody has seen; return the open ticket, if there is one."""
        rows = self._db.execute("SELECT ticket FROM work WHERE instance_id=? AND task_id=?", (instance_id, task_id))
        tickets = [row["ticket"] for row in rows]
        self._db.execute("DELETE FROM work WHERE instance_id=? AND task_id=?", (instance_id, task_id))
        self._db.execute("DELETE FROM inbox WHERE instance_id=? AND task_id=?", (instance_id, task_id))
        return tickets

    def list_work(self) -> list[Work]:
        """Return all open work, oldest first."""
        rows = self._db.execute(
            "SELECT work.*, trace_parent FROM work LEFT JOIN instances ON id = instance_id ORDER BY ticket",
        )
        return [
            Work(row["ticket"], row["instance_id"], row["task_id"], json.loads(row["event"]), row["trace_parent"])
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
        "parent_ticket": instance.parent_ticket,
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
        parent_ticket=row["parent_ticket"],
        parent=None if row["parent"] is None else json.loads(row["parent"]),
        trace_parent=row["trace_parent"],
    )
