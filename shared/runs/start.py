"""Starting a run, once, however often and however simultaneously it is asked for.

Everybody who asks takes the same steps, and each step can be repeated: the key is bound to a run id, the catalog is
claimed for that id, the request is recorded, the orchestration is started by whoever recorded it. So it does not matter
who of twenty callers gets how far, or where a process dies. A start that fails releases the claim.
"""

import asyncio
import contextlib
import hashlib
import json
import logging
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import azure.durable_functions as df

from shared.errors import StoreError
from shared.messages.run import SeedInput
from shared.models.image_models import check_quality_for_model, check_size_for_model
from shared.runs import run_claim, run_files
from shared.runs.estimate_run import check_budget
from shared.runs.recover import ENDED_STATUSES, FAILED_ROOT_STATUSES, recover_run
from shared.runs.request import SeedRequest
from shared.runs.run_claim import Claim, RunState
from shared.runs.run_files import UnknownRunError
from shared.runs.seed_input import make_seed_input
from shared.runs.status import Status
from shared.services.container import Services
from shared.services.model_factory import check_vision_settings
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE, dump_json, read_json
from triggers.http_responses import Problem

logger = logging.getLogger(__name__)

MAX_START_POLLS, START_POLL_SECONDS = 50, 0.1
"""How long a caller who lost the race to start a run waits for the winner before it starts the run itself."""


@dataclass(frozen=True, slots=True)
class Start:
    """The run that answers a request, or the run that is in its way."""

    run_id: str
    blocked_by: Claim | None = None


def create_run_id() -> str:
    """Return a run id of this moment."""
    return paths.make_run_id(int(time.time() * 1000), secrets.token_hex(4))


def hash_body(body: dict[str, Any], operation: str) -> str:
    """Return what tells two bodies apart: their JSON data, not their spelling."""
    canonical = json.dumps([operation, body], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


async def start_run(
    services: Services,
    client: df.DurableOrchestrationClient,
    request: SeedRequest,
    *,
    key: str | None,
    body_hash: str,
) -> Start:
    """Start a run for a request, or find the one that its key started before.

    Raises:
        Problem: 422: the key came with another body before, or the image model makes no images of this size. 409: the
            estimate is above the request's budget.
        SettingError: images are to be looked at, and who looks is not configured.
        StoreUnavailableError: the store does not answer.
    """
    if not await has_started_run(services, key):
        _check_image_options(services, request)
        if request.refine.is_wanted and not request.dry_run:
            check_vision_settings(services.settings.model)
        await check_budget(services, request)
    run_id = create_run_id()
    if key is not None:
        run_id = await _bind_key(services, key, body_hash)
        if await _needs_no_start(services, client, request.catalog, run_id):
            return Start(run_id)
    try:
        return await _claim_and_start(services, client, request, run_id, is_shared=key is not None)
    except Exception:
        await _release_failed_start(services, client, request.catalog, run_id)
        raise


async def _claim_and_start(
    services: Services,
    client: df.DurableOrchestrationClient,
    request: SeedRequest,
    run_id: str,
    *,
    is_shared: bool,
) -> Start:
    """Take the steps of a start from the claim on.

    Args:
        services: of this process.
        client: of the durable host.
        request: what is asked.
        run_id: of the run.
        is_shared: the id belongs to a key, so that others may be starting the same run.
    """
    store = services.store
    blocked_by = await _take_claim(services, client, request.catalog, run_id)
    if blocked_by is not None:
        # The key stays bound: the same call goes on from here once the catalog is free. A run that was started before
        # and has lost the catalog since is still the key's run.
        was_started = await store.describe(paths.run_file(run_id, "request.json")) is not None
        return Start(run_id, None if was_started else blocked_by)
    recorded = await run_files.create_request(store, run_id, request)
    if not recorded:
        request = await run_files.read_request(store, run_id)  # what was settled first counts
    if recorded or not await _is_started_by_others(services, client, run_id):
        await _start_orchestration(services, client, make_seed_input(run_id, request))
        if is_shared:
            # One that failed may have released the claim. The run is started: the store's bad moment is not its end.
            with contextlib.suppress(StoreError):
                await _take_claim(services, client, request.catalog, run_id)
    return Start(run_id)


async def _take_claim(
    services: Services, client: df.DurableOrchestrationClient, catalog: str, run_id: str
) -> Claim | None:
    """Claim the catalog for a run; returns the claim of the run that has it instead."""
    return await run_claim.take_claim(
        services.store,
        catalog,
        run_id=run_id,
        host_id=services.settings.host_id,
        get_run_state=lambda other: get_run_state(services, client, other),
    )


async def _release_failed_start(
    services: Services, client: df.DurableOrchestrationClient, catalog: str, run_id: str
) -> None:
    """Leave no claim of a run that does not exist: it would keep every other run out for a minute.

    Another caller may be starting the same run in this moment. Whichever of the two comes second, the release or the
    other's start, checks afterwards whether the run has its claim.
    """
    if await _is_started(services, client, run_id):
        return
    try:
        await run_claim.release_claim(services.store, catalog, run_id=run_id)
        if await _is_started(services, client, run_id):
            await _take_claim(services, client, catalog, run_id)
    except StoreError as error:
        logger.warning("the claim of run %s, which was not started, stays for a minute: %s", run_id, error)


async def _is_started(services: Services, client: df.DurableOrchestrationClient, run_id: str) -> bool:
    try:
        return await get_run_state(services, client, run_id) is not RunState.UNKNOWN
    except Exception:  # noqa: BLE001 - a host that cannot start a run may not be able to say, either
        return False


async def get_run_state(services: Services, client: df.DurableOrchestrationClient, run_id: str) -> RunState:
    """Return what this durable host knows of a run.

    A run whose root failed or was terminated is recovered in passing. It has not ended before it is ended, or cannot
    be: until then children of its root may pay.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    status = await client.get_status(run_id)
    if status is None or status.runtime_status is None:
        return RunState.UNKNOWN
    if status.runtime_status not in ENDED_STATUSES:
        return RunState.ACTIVE
    has_summary = await services.store.describe(paths.run_file(run_id, "summary.json")) is not None
    if has_summary or status.runtime_status not in FAILED_ROOT_STATUSES:
        return RunState.ENDED
    try:
        request = await run_files.read_request(services.store, run_id)
    except UnknownRunError:
        return RunState.ENDED
    view = await recover_run(services, client, run_id, request, status)
    return RunState.ACTIVE if view.status is Status.RUNNING else RunState.ENDED


def _check_image_options(services: Services, request: SeedRequest) -> None:
    """Refuse a run whose every image would be refused: the service says so only once the items are paid."""
    model = services.settings.model.known_image_model
    if model is not None and not request.dry_run:
        try:
            check_size_for_model(model, request.image_size)
        except ValueError as error:
            raise Problem(422, "invalid-request", f"imageSize: {error}") from error
        try:
            check_quality_for_model(model, request.image_quality)
        except ValueError as error:
            raise Problem(422, "invalid-request", f"imageQuality: {error}") from error


async def has_started_run(services: Services, key: str | None) -> bool:
    """Tell whether a key is of a run that was started before: that one was let through then."""
    bound = None if key is None else await read_json(services.store, paths.idempotency_key_file(key), dict[str, str])
    if bound is None:
        return False
    return await services.store.describe(paths.run_file(bound["runId"], "request.json")) is not None


async def _bind_key(services: Services, key: str, body_hash: str) -> str:
    path = paths.idempotency_key_file(key)
    while True:
        bound = await read_json(services.store, path, dict[str, str])
        if bound is not None:
            break
        fresh = {"runId": create_run_id(), "bodySha256": body_hash}
        if await services.store.create(path, dump_json(fresh), content_type=JSON_TYPE):
            return fresh["runId"]
    if bound["bodySha256"] != body_hash:
        raise Problem(
            422,
            "idempotency-key-reused",
            "this Idempotency-Key came with another body before; expected the same body, or a new key",
            runId=bound["runId"],
        )
    return bound["runId"]


async def _needs_no_start(services: Services, client: df.DurableOrchestrationClient, catalog: str, run_id: str) -> bool:
    """Tell whether a key's run needs no start: it ended, this host has it, or a host that lives elsewhere has it."""
    if await services.store.describe(paths.run_file(run_id, "summary.json")) is not None:
        return True
    if await get_run_state(services, client, run_id) is not RunState.UNKNOWN:
        return True
    claim = await run_claim.read_claim(services.store, catalog)
    return (
        claim is not None
        and claim.run_id == run_id
        and run_claim.is_held_by_live_host(claim, services.settings.host_id, datetime.now(UTC))
    )


async def _start_orchestration(services: Services, client: df.DurableOrchestrationClient, seed: SeedInput) -> None:
    """Start a run's orchestration; hosts refuse an id that has not finished, which is fine if it is this run's."""
    try:
        await client.start_new("seed_catalog", seed.run_id, seed.to_json())
    except Exception:
        if await get_run_state(services, client, seed.run_id) is RunState.UNKNOWN:
            raise


async def _is_started_by_others(services: Services, client: df.DurableOrchestrationClient, run_id: str) -> bool:
    for _ in range(MAX_START_POLLS):
        if await get_run_state(services, client, run_id) is not RunState.UNKNOWN:
            return True
        await asyncio.sleep(START_POLL_SECONDS)
    return False
