"""Starts a run, once, however often and however concurrently it is requested.

Every caller takes the same steps, and each step can be repeated: bind the Idempotency-Key to a run id, claim the
catalog for that id, record the request, start the orchestration. So a process may die after any of them, and concurrent
callers with one key start one run. A start that fails releases the claim.
"""

import asyncio
import contextlib
import hashlib
import json
import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.errors import CatalogBusyError, IdempotencyKeyReusedError, InvalidRequestError, StoreError
from shared.images.style_files import record_style
from shared.images.style_reference import ResolvedStyle
from shared.images.trial import resolve_run_style
from shared.messages.run import SeedInput
from shared.models.image_models import check_quality_for_model, check_size_for_model
from shared.rendering.encode_variant import can_encode
from shared.runs import run_claim, run_files
from shared.runs.durable_client import DurableClient
from shared.runs.estimate_run import check_batch_modes, check_budget, check_style_support
from shared.runs.recover import read_run_state
from shared.runs.request import SeedRequest, make_seed_input
from shared.runs.resolve_source import resolve_source
from shared.runs.run_claim import Claim, RunState
from shared.services.container import Services
from shared.services.model_factory import check_vision_settings
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE, dump_json, read_json
from shared.storage.protocol import Store

logger = logging.getLogger(__name__)

MAX_START_POLLS, START_POLL_SECONDS = 50, 0.1
"""How long a caller waits for a concurrent caller to start the same run before it starts the run itself."""


@dataclass(frozen=True, slots=True)
class StartedRun:
    """The run that answers a request: started now, or before with the same Idempotency-Key."""

    run_id: str
    catalog: str


async def start_run(
    services: Services, client: DurableClient, body: Mapping[str, Any], *, key: str | None = None
) -> StartedRun:
    """Start the run that a request body asks for, or find the run that its Idempotency-Key started before.

    Args:
        services: the services.
        client: the durable client.
        body: JSON data of a `SeedRequest`; absent fields take the defaults of the settings.
        key: the Idempotency-Key.

    Raises:
        ValidationError: the body breaks the schema.
        RequestError: the run cannot be started; see `start_request` and `resolve_source`.
        SettingError: the vision provider is not configured, and images are to be scored.
        StoreUnavailableError: the store does not answer.
    """
    request = SeedRequest.from_json(services.settings.defaults.apply_to(body))
    style = None
    if not await has_started(services.store, key):
        request = await resolve_source(services.store, request)
        style = await resolve_run_style(services, request)
    return await start_request(services, client, request, key=key, body_hash=hash_body(body, "run"), style=style)


async def start_request(
    services: Services,
    client: DurableClient,
    request: SeedRequest,
    *,
    key: str | None,
    body_hash: str,
    style: ResolvedStyle | None = None,
) -> StartedRun:
    """Start a run for a validated request, or find the run that its Idempotency-Key started before.

    Args:
        services: the services.
        client: the durable client.
        request: the request.
        key: the Idempotency-Key.
        body_hash: hash of the body that the key came with; see `hash_body`.
        style: the style references of the request; None = it has none yet, or the key has started the run.

    Raises:
        CatalogBusyError: another run holds the catalog.
        EstimateAboveBudgetError: the estimate exceeds the budget.
        IdempotencyKeyReusedError: the key came with another body before.
        InvalidRequestError: the image model does not support the size, the quality or style references.
        SettingError: the vision provider is not configured, and images are to be scored.
        StoreUnavailableError: the store does not answer.
    """
    if not await has_started(services.store, key):
        _check_image_options(services, request, style)
        _check_image_variants(request)
        if request.refine.is_wanted and not request.dry_run:
            check_vision_settings(services.settings.model)
        await check_budget(services, request, style)
    run_id = create_run_id()
    if key is not None:
        run_id = await _bind_key(services.store, key, body_hash)
        if await _is_running_or_ended(services, client, request.catalog, run_id):
            return StartedRun(run_id, request.catalog)
    try:
        await _claim_and_start(services, client, request, run_id, is_shared=key is not None, style=style)
    except CatalogBusyError:
        raise
    except Exception:
        await _release_failed_start(services, client, request.catalog, run_id)
        raise
    return StartedRun(run_id, request.catalog)


def create_run_id() -> str:
    """Return a new run id; it holds the current time."""
    return paths.make_run_id(int(time.time() * 1000), secrets.token_hex(4))


def hash_body(body: Mapping[str, Any], operation: str) -> str:
    """Return a hash of the JSON data of a body, independent of its spelling."""
    canonical = json.dumps([operation, body], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


async def _claim_and_start(
    services: Services,
    client: DurableClient,
    request: SeedRequest,
    run_id: str,
    *,
    is_shared: bool,
    style: ResolvedStyle | None,
) -> None:
    """Claim the catalog, record the request and start the orchestration.

    Args:
        services: the services.
        client: the durable client.
        request: the request.
        run_id: the run.
        is_shared: the run id belongs to a key, so concurrent callers may be starting the same run.
        style: the style references of the request, recorded before it.

    Raises:
        CatalogBusyError: another run holds the catalog. The key stays bound, and the same call starts the run later.
    """
    store = services.store
    blocked_by = await _take_claim(services, client, request.catalog, run_id)
    if blocked_by is not None:
        if await _has_request(store, run_id):
            return  # the run was started before and has lost the catalog since; it is still the run of the key
        raise CatalogBusyError(request.catalog, blocked_by.run_id)
    if style is not None:
        await record_style(store, run_id, request.catalog, style)
    is_recorded = await run_files.create_request(store, run_id, request)
    if not is_recorded:
        request = await run_files.read_request(store, run_id)  # the first recorded request counts
    if is_recorded or not await _is_started_by_others(services, client, run_id):
        await _start_orchestration(services, client, make_seed_input(run_id, request))
        if is_shared:
            # A concurrent caller that failed may have released the claim. The run is started: ignore the store.
            with contextlib.suppress(StoreError):
                await _take_claim(services, client, request.catalog, run_id)


async def _take_claim(services: Services, client: DurableClient, catalog: str, run_id: str) -> Claim | None:
    """Claim the catalog for a run; return the claim of the run that holds it instead."""
    return await run_claim.take_claim(
        services.store,
        catalog,
        run_id=run_id,
        host_id=services.settings.host_id,
        read_run_state=lambda other: read_run_state(services, client, other),
    )


async def _release_failed_start(services: Services, client: DurableClient, catalog: str, run_id: str) -> None:
    """Release the claim of a run that was not started; it would block the catalog for START_TIMEOUT.

    A concurrent caller may start the same run meanwhile. Each of the two, the release and the start, checks afterwards
    that a started run has its claim.
    """
    if await _is_started(services, client, run_id):
        return
    try:
        await run_claim.release_claim(services.store, catalog, run_id=run_id)
        if await _is_started(services, client, run_id):
            await _take_claim(services, client, catalog, run_id)
    except StoreError as error:
        logger.warning("the claim of run %s, which did not start, expires in a minute: %s", run_id, error)


async def _is_started(services: Services, client: DurableClient, run_id: str) -> bool:
    try:
        return await read_run_state(services, client, run_id) is not RunState.UNKNOWN
    except Exception:  # noqa: BLE001 - a durable host that cannot start a run may not answer this either
        return False


def _check_image_options(services: Services, request: SeedRequest, style: ResolvedStyle | None) -> None:
    """Reject options that the image model does not support: the provider would, once the items are billed."""
    check_batch_modes(services, request)
    check_style_support(services, request, style)
    provider, model = services.settings.model.image_provider, services.settings.model.known_image_model
    if model is None or request.dry_run:
        return
    try:
        check_size_for_model(provider, model, request.image_size)
    except ValueError as error:
        raise InvalidRequestError("imageSize", str(error)) from error
    try:
        check_quality_for_model(provider, model, request.image_quality)
    except ValueError as error:
        raise InvalidRequestError("imageQuality", str(error)) from error


def _check_image_variants(request: SeedRequest) -> None:
    """Reject variants that cannot be encoded here, before an image is billed."""
    for place, variant in enumerate(request.image_variants):
        if not can_encode(variant.format):
            message = (
                f"is {variant.format!r}, which this installation of Pillow cannot encode; expected webp, jpeg or png"
            )
            raise InvalidRequestError(f"imageVariants.{place}.format", message)


async def has_started(store: Store, key: str | None) -> bool:
    """Return whether a key has started a run: its request was accepted then."""
    bound = None if key is None else await read_json(store, paths.idempotency_key_file(key), dict[str, str])
    return bound is not None and await _has_request(store, bound["runId"])


async def _has_request(store: Store, run_id: str) -> bool:
    return await store.describe(paths.run_file(run_id, "request.json")) is not None


async def _bind_key(store: Store, key: str, body_hash: str) -> str:
    """Return the run id of a key; the first caller creates it."""
    path = paths.idempotency_key_file(key)
    while True:
        bound = await read_json(store, path, dict[str, str])
        if bound is not None:
            break
        fresh = {"runId": create_run_id(), "bodySha256": body_hash}
        if await store.create(path, dump_json(fresh), content_type=JSON_TYPE):
            return fresh["runId"]
    if bound["bodySha256"] != body_hash:
        raise IdempotencyKeyReusedError(
            "this Idempotency-Key came with another body before; repeat that body, or use a new key",
            runId=bound["runId"],
        )
    return bound["runId"]


async def _is_running_or_ended(services: Services, client: DurableClient, catalog: str, run_id: str) -> bool:
    """Return whether the run of a key needs no start: it ended, or this or another live durable host runs it."""
    if await services.store.describe(paths.run_file(run_id, "summary.json")) is not None:
        return True
    if await read_run_state(services, client, run_id) is not RunState.UNKNOWN:
        return True
    claim = await run_claim.read_claim(services.store, catalog)
    return (
        claim is not None
        and claim.run_id == run_id
        and run_claim.is_held_by_live_host(claim, services.settings.host_id, datetime.now(UTC))
    )


async def _start_orchestration(services: Services, client: DurableClient, seed: SeedInput) -> None:
    """Start the root of a run. A durable host refuses an id that has not finished; that is the same run."""
    try:
        await client.start_new("seed_catalog", seed.run_id, seed.to_json())
    except Exception:
        if await read_run_state(services, client, seed.run_id) is RunState.UNKNOWN:
            raise


async def _is_started_by_others(services: Services, client: DurableClient, run_id: str) -> bool:
    for _ in range(MAX_START_POLLS):
        if await read_run_state(services, client, run_id) is not RunState.UNKNOWN:
            return True
        await asyncio.sleep(START_POLL_SECONDS)
    return False
