"""``active.json``: a catalog has at most one active run.

The claim is created, never overwritten blindly: taking over from a run that is gone goes by ETag, so of two that try
only one gets it. A run looks at its claim before each paid call and keeps its heartbeat fresh in passing.
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
"""Runs speak with every paid call. One that sleeps longer, as long as the service asked for, can lose its catalog to
another host, not to its own; it sees so before it pays again, and ends as superseded."""

START_TIMEOUT = timedelta(seconds=60)
"""Between the claim and the start of its run lie a few store operations."""


class RunState(Enum):
    """What a durable host knows of a run."""

    ACTIVE = "active"
    ENDED = "ended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Claim:
    """The active run of a catalog.

    Attributes:
        run_id: the run.
        host_id: the durable host that runs it.
        heartbeat_at: when it last said that it lives.
        last_success_at: when one of its paid calls last succeeded.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    run_id: str
    host_id: str
    heartbeat_at: AwareDatetime
    last_success_at: AwareDatetime | None = None


_CLAIM = TypeAdapter(Claim)


def make_local_host_id() -> str:
    """Return the id of an embedded host: it tells machine and process, so that others here see when it is dead."""
    return f"local:{socket.gethostname()}:{os.getpid()}"


async def read_claim(store: Store, catalog: str) -> Claim | None:
    """Return the catalog's claim, or None; a claim that cannot be read counts as none."""
    content = await store.read(paths.run_claim_file(catalog))
    return None if content is None else _parse(catalog, content)


async def take_claim(
    store: Store,
    catalog: str,
    *,
    run_id: str,
    host_id: str,
    get_run_state: Callable[[str], Awaitable[RunState]],
) -> Claim | None:
    """Claim the catalog for a run; taking it twice is fine.

    Args:
        store: where the claim lives.
        catalog: what to claim.
        run_id: for which run.
        host_id: on which host.
        get_run_state: tells what *this* host knows of a run.

    Returns:
        None if the claim is ours now, otherwise the claim of the run that has the catalog.
    """
    path = paths.run_claim_file(catalog)
    own_claim = Claim(run_id, host_id, datetime.now(UTC))
    while True:
        content = await store.read(path)
        if content is None:
            if await store.create(path, _dump(own_claim), content_type=JSON_TYPE):
                return None
            continue
        current = _parse(catalog, content)
        if current is not None and current.run_id == run_id:
            return None
        if current is not None and not await _is_abandoned(current, host_id, get_run_state):
            return current
        try:
            await store.write(path, _dump(own_claim), content_type=JSON_TYPE, if_match=content.etag)
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
    """Keep a run's claim fresh; what is not older than ``interval`` is fresh enough.

    Returns:
        The claim, or None if the catalog is not this run's any more.
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
            await store.write(path, _dump(updated), content_type=JSON_TYPE, if_match=content.etag)
        except StoreConflictError:
            # A colleague of the same run was quicker, or somebody took over: only another look tells which.
            return await send_heartbeat(
                store, catalog, run_id=run_id, host_id=host_id, succeeded=succeeded, interval=interval
            )
        return updated
    return claim


async def release_claim(store: Store, catalog: str, *, run_id: str) -> None:
    """Give the catalog free, if this run has it."""
    content = await store.read(paths.run_claim_file(catalog))
    claim = None if content is None else _parse(catalog, content)
    if content is not None and claim is not None and claim.run_id == run_id:
        try:
            await store.delete(paths.run_claim_file(catalog), if_match=content.etag)
        except StoreConflictError:
            await release_claim(store, catalog, run_id=run_id)


def is_host_dead(host_id: str) -> bool:
    """Tell whether an embedded host of this machine is gone; False for what cannot be known from here."""
    kind, _, rest = host_id.partition(":")
    machine, _, process = rest.rpartition(":")
    if kind != "local" or machine != socket.gethostname() or not process.isdecimal():
        return False
    return not _is_process_alive(int(process))


def is_heartbeat_expired(claim: Claim, now: datetime) -> bool:
    """Tell whether the claim's host has said nothing for so long that it counts as gone."""
    return now - claim.heartbeat_at > HEARTBEAT_TIMEOUT


def is_held_by_live_host(claim: Claim, host_id: str, now: datetime) -> bool:
    """Tell whether a claim belongs to another host than ``host_id`` that is, for all we know, at work."""
    return claim.host_id != host_id and not (is_host_dead(claim.host_id) or is_heartbeat_expired(claim, now))


async def _is_abandoned(claim: Claim, host_id: str, get_run_state: Callable[[str], Awaitable[RunState]]) -> bool:
    state = await get_run_state(claim.run_id)
    if state is not RunState.UNKNOWN:
        return state is RunState.ENDED
    now = datetime.now(UTC)
    if claim.host_id == host_id:
        # Ours, but never started or forgotten since: a start that is under way gets a minute.
        return now - claim.heartbeat_at > START_TIMEOUT
    return not is_held_by_live_host(claim, host_id, now)


def _is_process_alive(process: int) -> bool:
    if os.name == "nt":  # os.kill(pid, 0) would end the process there; silence has to tell
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _dump(claim: Claim) -> bytes:
    return dump_json(_CLAIM.dump_python(claim, mode="json", by_alias=True, exclude_none=True))


def _parse(catalog: str, content: Content) -> Claim | None:
    try:
        return parse_json(paths.run_claim_file(catalog), content.data, _CLAIM.validate_python)
    except DamagedFileError:
        return None
