"""How often a lost run was started again, or ended from outside: one small file for each time."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar

from pydantic import AwareDatetime, ConfigDict, TypeAdapter

from shared.storage import paths
from shared.storage.json_files import CAMEL_CASE, JSON_TYPE, dump_json, read_json
from shared.storage.protocol import Store


class RecoveryKind(StrEnum):
    """What was started."""

    RESTART = "restart"
    END = "end"


@dataclass(frozen=True, slots=True)
class RecoveryRecord:
    """One recovery: when it was started, and the first leg of the new root."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    at: AwareDatetime
    resume_count: int = 0


_RECORD = TypeAdapter(RecoveryRecord)


async def list_recoveries(store: Store, run_id: str, kind: RecoveryKind) -> list[RecoveryRecord]:
    """Return a run's recoveries of a kind, the first one first.

    Raises:
        DamagedFileError: a record cannot be read.
    """
    records: list[RecoveryRecord] = []
    while True:
        path = paths.recovery_file(run_id, kind, len(records) + 1)
        record = await read_json(store, path, _RECORD.validate_python)
        if record is None:
            return records
        records.append(record)


async def create_recovery(store: Store, run_id: str, kind: RecoveryKind, number: int, resume_count: int = 0) -> bool:
    """Record a recovery before it is started; False if another caller did, who starts it then."""
    record = RecoveryRecord(datetime.now(UTC), resume_count)
    data = dump_json(_RECORD.dump_python(record, mode="json", by_alias=True))
    return await store.create(paths.recovery_file(run_id, kind, number), data, content_type=JSON_TYPE)
