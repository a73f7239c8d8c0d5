"""``/api/catalogs/{catalog}``: repair, prune and publish what runs left behind."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Annotated

import azure.durable_functions as df
import azure.functions as func
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.catalog import catalog_files as catalog_records
from shared.catalog.prune import NothingToKeepError, prune_catalog
from shared.catalog.publish import publish, read_catalog_view
from shared.errors import StoreUnavailableError
from shared.runs import run_claim
from shared.runs.request import MAX_PAUSE_MINUTES, SeedRequest, check_catalog_name
from shared.runs.start import create_run_id, get_run_state, hash_body, start_run
from shared.services.container import Services, get_services
from shared.storage import paths
from shared.storage.json_files import read_json
from shared.telemetry.observed_requests import observe_request
from shared.telemetry.tracing import set_run_attributes
from triggers.http_responses import Problem, find_origin, read_body, respond, write_json
from triggers.runs import make_catalog_busy_problem, read_idempotency_key, write_start_response

blueprint = df.Blueprint()


class RepairRequest(BaseModel):
    """What a repair may be told; all else is as in the catalog's last run, but for its budget: that was spent."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)

    parallel_image_requests: Annotated[int, Field(ge=1, le=64)] | None = None
    max_retries: Annotated[int, Field(ge=0, le=10)] | None = None
    image_requests_per_minute: Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)] | None = None
    pause_on_block: bool | None = None
    pause_limit_minutes: Annotated[int, Field(ge=1, le=MAX_PAUSE_MINUTES)] | None = None
    max_cost_usd: Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)] | None = None
    accept_estimate: bool | None = None


@blueprint.route(route="catalogs/{catalog}/repair", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@blueprint.durable_client_input(client_name="client")
@observe_request
async def repair(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """``POST /api/catalogs/{catalog}/repair``: a run that makes only the missing images."""

    async def work() -> func.HttpResponse:
        services = get_services()
        name = _read_name(req)
        body = read_body(req, required=False)
        overrides = RepairRequest.model_validate(body).model_dump(exclude_none=True)
        last = await _read_last_request(services, name)
        items = await catalog_records.count_items(services.store, name)
        if not items:
            raise _make_unknown_catalog_problem(name)
        changes = {
            "target_count": items,
            "force_categories": False,
            "force_images": False,
            "dry_run": False,
            "publish": True,
            "max_cost_usd": None,
            "accept_estimate": False,
            "input": None,
            "prompt_writer": "template",  # those that were written are used; it writes none
        }
        request = last.model_copy(update=changes | overrides)
        start = await start_run(
            services,
            client,
            request,
            key=read_idempotency_key(req),
            body_hash=hash_body(body, f"repair {name}"),
        )
        return write_start_response(req, name, start.run_id, start.blocked_by)

    return await respond(work)


@blueprint.route(route="catalogs/{catalog}/prune", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@blueprint.durable_client_input(client_name="client")
@observe_request
async def prune(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """``POST /api/catalogs/{catalog}/prune``: give up on the items that have no image, after a backup."""

    async def work() -> func.HttpResponse:
        services, name = get_services(), _read_name(req)
        await _check_exists(services, name)
        async with _hold_catalog(services, client, req, name) as claim_id:
            try:
                pruned = await prune_catalog(services.store, name, claim_id)
            except NothingToKeepError as error:
                raise Problem(409, "nothing-to-keep", str(error)) from error
        return write_json(pruned)

    return await respond(work)


@blueprint.route(route="catalogs/{catalog}/publish", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@blueprint.durable_client_input(client_name="client")
@observe_request
async def publish_reviewed(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """``POST /api/catalogs/{catalog}/publish``: publish what a run with ``publish: false`` left for review."""

    async def work() -> func.HttpResponse:
        services, name = get_services(), _read_name(req)
        await _check_exists(services, name)
        last = await _read_last_request(services, name)
        async with _hold_catalog(services, client, req, name):
            view = await read_catalog_view(services.store, name, with_images=not last.dry_run)
            outputs = await publish(services.store, view)
        return write_json(
            {
                "catalog": name,
                "items": view.rows,
                "images": view.images,
                "missing": view.missing,
                "placeholders": view.placeholders,
                "outputs": outputs,
            },
        )

    return await respond(work)


@contextlib.asynccontextmanager
async def _hold_catalog(
    services: Services,
    client: df.DurableOrchestrationClient,
    req: func.HttpRequest,
    name: str,
) -> AsyncIterator[str]:
    """Claim the catalog for as long as the work takes, as a run would; yields the claim's id."""
    claim_id = create_run_id()
    blocked_by = await run_claim.take_claim(
        services.store,
        name,
        run_id=claim_id,
        host_id=services.settings.host_id,
        get_run_state=lambda other: get_run_state(services, client, other),
    )
    if blocked_by is not None:
        raise make_catalog_busy_problem(find_origin(req), name, blocked_by)
    set_run_attributes(claim_id, name)
    heartbeat_task = asyncio.create_task(_refresh_claim(services, name, claim_id))
    try:
        yield claim_id
    finally:
        heartbeat_task.cancel()
        await run_claim.release_claim(services.store, name, run_id=claim_id)


async def _refresh_claim(services: Services, name: str, claim_id: str) -> None:
    """Keep a claim fresh that has no orchestration: without this it would pass for a start that never came about."""
    while True:
        await asyncio.sleep(run_claim.START_TIMEOUT.total_seconds() / 3)
        with contextlib.suppress(StoreUnavailableError):
            await run_claim.send_heartbeat(
                services.store,
                name,
                run_id=claim_id,
                host_id=services.settings.host_id,
                interval=run_claim.START_TIMEOUT / 6,
            )


def _make_unknown_catalog_problem(name: str) -> Problem:
    return Problem(404, "unknown-catalog", f"there is no catalog {name!r} with items")


async def _check_exists(services: Services, name: str) -> None:
    if not await catalog_records.list_batch_numbers(services.store, name):
        raise _make_unknown_catalog_problem(name)


async def _read_last_request(services: Services, name: str) -> SeedRequest:
    path = paths.state_file(name, "request.json")
    last = await read_json(services.store, path, SeedRequest.model_validate)
    return last or SeedRequest(catalog=name)


def _read_name(req: func.HttpRequest) -> str:
    try:
        return check_catalog_name(req.route_params["catalog"])
    except ValueError as error:
        raise Problem(422, "invalid-request", f"catalog: {error}") from error
