"""The run claim, ``active.json``: a catalog has at most one active run.

A claim is created, or replaced by ETag once its run is abandoned, so that of concurrent runs only one gets it. A run
checks its claim before each billed call, and refreshes its heartbeat in passing.
"""

import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import ClassVar

from pydantic import AwareDatetime, ConfigDict, TypeAdapter

from shared.errors import StoreConflictError
from shared.storage import paths
from shared.storage.json_files import CAMEL_CASE, JSON_TYPE, DamagedFileError, dump_json, parse_json
from shared.storage.protocol import Content, Store

HEARTBEAT_INTERVAL = timedelta(seconds=60)
HEARTBEAT_TIMEOUT = timedelta(minutes=15)
"""A run refreshes its heartbeat with each billed call. A run that waits longer, because a provider asked for it, can
lose its catalog to another host, but not to its own. It finds that before its next billed call and ends as
superseded."""

START_TIMEOUT = timedelta(seconds=60)
"""Maximum time from the claim to the start of its run, which are a few store operations apart."""


class RunState(Enum):
    """What this durable host knows of a run."""

    ACTIVE = "active"
    ENDED = "ended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Claim:
    """The active run of a catalog.

    Attributes:
        run_id: the run.
        host_id: the durable host that runs it.
        heartbeat_at: when the run last reported.
        last_success_at: when one of its billed calls last succeeded.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    run_id: str
    host_id: str
    heartbeat_at: AwareDatetime
    last_success_at: AwareDatetime | None = None


_CLAIM = TypeAdapter(Claim)


def make_local_host_id() -> str:
    """Return the id of a durable emulator: it names machine and process, so that others find out when it is dead."""
    return f"local:{socket.gethostname()}:{os.getpid()}"


async def read_claim(store: Store, catalog: str) -> Claim | None:
    """Return the catalog's claim, or None if it has none or the file is damaged."""
    content = await store.read(paths.run_claim_file(catalog))
    return None if content is None else _parse(catalog, content)


async def take_claim(
    store: Store,
    catalog: str,
    *,
    run_id: str,
    host_id: str,
    read_run_state: Callable[[str], Awaitable[RunState]],
) -> Claim | None:
    """Claim the catalog for a run; idempotent.

    Args:
        store: the store.
        catalog: name of the catalog.
        run_id: the run.
        host_id: the durable host of the run.
        read_run_state: returns what this durable host knows of another run.

    Returns:
        None if the run holds the catalog, otherwise the claim of the run that holds it.
    """
    path = paths.run_claim_file(catalog)
    own_claim = Claim(run_id, host_id, datetime.now(UTC))
    while True:
        content = await store.read(path)
        if content is None:
            if await store.create(path, dump_claim(own_claim), content_type=JSON_TYPE):
                return None
            continue
        current = _parse(catalog, content)
        if current is not None and current.run_id == run_id:
            return None
        if current is not None and not await _is_abandoned(current, host_id, read_run_state):
            return current
        try:
            await store.write(path, dump_claim(own_claim), content_type=JSON_TYPE, if_match=content.etag)
        except StoreConflictError:
            continue
        return None


async def send_heartbeat(
    store: Store,
    catalog: str,
    *,
    run_id: str,
    host_id: str,
    succeeded: bool = False,
    interval: timedelta = HEARTBEAT_INTERVAL,
) -> Claim | None:
    """Refresh the heartbeat of a run's claim if it is older than ``interval``.

    Args:
        store: the store.
        catalog: name of the catalog.
        run_id: the run.
        host_id: the durable host of the run.
        succeeded: a billed call of the run has just succeeded.
        interval: maximum age of a heartbeat that is not refreshed.

    Returns:
        The claim, or None if another run holds the catalog.
    """
    path = paths.run_claim_file(catalog)
    content = await store.read(path)
    claim = None if content is None else _parse(catalog, content)
    if content is None or claim is None or claim.run_id != run_id:
        return None
    now = datetime.now(UTC)
    is_stale = now - claim.heartbeat_at > interval or claim.host_id != host_id
    has_new_success = succeeded and (claim.last_success_at is None or now - claim.last_success_at > HEARTBEAT_INTERVAL)
    if is_stale or has_new_success:
        updated = replace(
            claim,
            host_id=host_id,
            heartbeat_at=now,
            last_success_at=now if succeeded else claim.last_success_at,
        )
        try:
            await store.write(path, dump_claim(updated), content_type=JSON_TYPE, if_match=content.etag)
        except StoreConflictError:
            # Another worker of the run refreshed it, or another run took over: read it again.
            return await send_heartbeat(
                store, catalog, run_id=run_id, host_id=host_id, succeeded=succeeded, interval=interval
            )
        return updated
    return claim


async def release_claim(store: Store, catalog: str, *, run_id: str) -> None:
    """Release the catalog if this run holds it."""
    content = await store.read(paths.run_claim_file(catalog))
    claim = None if content is None else _parse(catalog, content)
    if content is not None and claim is not None and claim.run_id == run_id:
        try:
            await store.delete(paths.run_claim_file(catalog), if_match=content.etag)
        except StoreConflictError:
            await release_claim(store, catalog, run_id=run_id)


def is_host_dead(host_id: str) -> bool:
    """Return whether a durable emulator of this machine has stopped; False for hosts that cannot be checked here."""
    kind, _, rest = host_id.partition(":")
    machine, _, process = rest.rpartition(":")
    if kind != "local" or machine != socket.gethostname() or not process.isdecimal():
        return False
    return not _is_process_alive(int(process))


def is_heartbeat_expired(claim: Claim, now: datetime) -> bool:
    """Return whether the heartbeat is so old that the claim's host counts as stopped."""
    return now - claim.heartbeat_at > HEARTBEAT_TIMEOUT


def is_held_by_live_host(claim: Claim, host_id: str, now: datetime) -> bool:
    """Return whether a claim belongs to another host than ``host_id`` that is not known to have stopped."""
    return claim.host_id != host_id and not (is_host_dead(claim.host_id) or is_heartbeat_expired(claim, now))


async def _is_abandoned(claim: Claim, host_id: str, read_run_state: Callable[[str], Awaitable[RunState]]) -> bool:
    state = await read_run_state(claim.run_id)
    if state is not RunState.UNKNOWN:
        return state is RunState.ENDED
    now = datetime.now(UTC)
    if claim.host_id == host_id:
        # A run of this host that has not started, or whose history was purged: a start in progress gets a minute.
        return now - claim.heartbeat_at > START_TIMEOUT
    return not is_held_by_live_host(claim, host_id, now)


def _is_process_alive(process: int) -> bool:
    if os.name == "nt":  # os.kill(pid, 0) ends the process there; the heartbeat decides
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def dump_claim(claim: Claim) -> bytes:
    """Return the content of a claim file."""
    return dump_json(_CLAIM.dump_python(claim, mode="json", by_alias=True, exclude_none=True))


def _parse(catalog: str, content: Content) -> Claim | None:
    try:
        return parse_json(paths.run_claim_file(catalog), content.data, _CLAIM.validate_python)
    except DamagedFileError:
        return None
