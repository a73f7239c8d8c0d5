"""``/api/catalogs/{catalog}``: repair, prune and publish what runs left behind."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Annotated

import azure.durable_functions as df
import azure.functions as func
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.domain import paths
from shared.domain.requests import MOST_PAUSE_MINUTES, SeedRequest, check_catalog_name
from shared.ports import StoreUnavailableError
from shared.records import catalog as catalog_records
from shared.records import claims
from shared.records.files import read_json
from shared.records.prune import NothingToKeepError, prune_catalog
from shared.records.publication import publish, view_catalog
from shared.telemetry.observed_requests import observe_request
from shared.telemetry.tracing import describe_run
from shared.wiring import Services, get_services
from triggers.answers import Problem, answer, find_origin, read_body, write_json
from triggers.run_start import ask_host, hash_body, new_run_id, start_run
from triggers.runs import catalog_busy, read_key, write_started

blueprint = df.Blueprint()


class RepairRequest(BaseModel):
    """What a repair may be told; all else is as in the catalog's last run, but for its budget: that was spent."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)

    parallel_image_requests: Annotated[int, Field(ge=1, le=64)] | None = None
    max_retries: Annotated[int, Field(ge=0, le=10)] | None = None
    image_requests_per_minute: Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)] | None = None
    pause_on_block: bool | None = None
    pause_limit_minutes: Annotated[int, Field(ge=1, le=MOST_PAUSE_MINUTES)] | None = None
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
        told = RepairRequest.model_validate(body).model_dump(exclude_none=True)
        last = await _read_last_request(services, name)
        items = await catalog_records.count_items(services.store, name)
        if not items:
            raise _unknown_catalog(name)
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
        request = last.model_copy(update=changes | told)
        start = await start_run(
            services,
            client,
            request,
            key=read_key(req),
            body_hash=hash_body(body, f"repair {name}"),
        )
        return write_started(req, name, start.run_id, start.blocked_by)

    return await answer(work)


@blueprint.route(route="catalogs/{catalog}/prune", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@blueprint.durable_client_input(client_name="client")
@observe_request
async def prune(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """``POST /api/catalogs/{catalog}/prune``: give up on the items that have no image, after a backup."""

    async def work() -> func.HttpResponse:
        services, name = get_services(), _read_name(req)
        await _check_known(services, name)
        async with _hold_catalog(services, client, req, name) as claim_id:
            try:
                pruned = await prune_catalog(services.store, name, claim_id)
            except NothingToKeepError as error:
                raise Problem(409, "nothing-to-keep", str(error)) from error
        return write_json(pruned)

    return await answer(work)


@blueprint.route(route="catalogs/{catalog}/publish", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@blueprint.durable_client_input(client_name="client")
@observe_request
async def publish_reviewed(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """``POST /api/catalogs/{catalog}/publish``: publish what a run with ``publish: false`` left for review."""

    async def work() -> func.HttpResponse:
        services, name = get_services(), _read_name(req)
        await _check_known(services, name)
        last = await _read_last_request(services, name)
        async with _hold_catalog(services, client, req, name):
            view = await view_catalog(services.store, name, with_images=not last.dry_run)
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

    return await answer(work)


@contextlib.asynccontextmanager
async def _hold_catalog(
    services: Services,
    client: df.DurableOrchestrationClient,
    req: func.HttpRequest,
    name: str,
) -> AsyncIterator[str]:
    """Claim the catalog for as long as the work takes, as a run would; yields the claim's id."""
    claim_id = new_run_id()
    blocked_by = await claims.take_claim(
        services.store,
        name,
        run_id=claim_id,
        host_id=services.settings.host_id,
        ask_host=lambda other: ask_host(services, client, other),
    )
    if blocked_by is not None:
        raise catalog_busy(find_origin(req), name, blocked_by)
    describe_run(claim_id, name)
    keeper = asyncio.create_task(_keep_claim(services, name, claim_id))
    try:
        yield claim_id
    finally:
        keeper.cancel()
        await claims.release_claim(services.store, name, run_id=claim_id)


async def _keep_claim(services: Services, name: str, claim_id: str) -> None:
    """Keep a claim fresh that has no orchestration: without this it would pass for a start that never came about."""
    while True:
        await asyncio.sleep(claims.START_TAKES.total_seconds() / 3)
        with contextlib.suppress(StoreUnavailableError):
            await claims.beat(
                services.store,
                name,
                run_id=claim_id,
                host_id=services.settings.host_id,
                every=claims.START_TAKES / 6,
            )


def _unknown_catalog(name: str) -> Problem:
    return Problem(404, "unknown-catalog", f"there is no catalog {name!r} with items")


async def _check_known(services: Services, name: str) -> None:
    if not await catalog_records.list_batch_numbers(services.store, name):
        raise _unknown_catalog(name)


async def _read_last_request(services: Services, name: str) -> SeedRequest:
    path = paths.state_file(name, "request.json")
    last = await read_json(services.store, path, SeedRequest.model_validate)
    return last or SeedRequest(catalog=name)


def _read_name(req: func.HttpRequest) -> str:
    try:
        return check_catalog_name(req.route_params["catalog"])
    except ValueError as error:
        raise Problem(422, "invalid-request", f"catalog: {error}") from error
