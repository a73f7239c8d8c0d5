"""Starts a repair: a run that generates only the images that a catalog misses, or that a trial left rejected."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.catalog import catalog_files
from shared.errors import UnknownCatalogError
from shared.images.style_files import resolve_last_style
from shared.images.trial import keep_pending_images
from shared.runs.durable_client import DurableClient
from shared.runs.hold_catalog import read_catalog_name, read_last_request
from shared.runs.request import MAX_PAUSE_MINUTES, SeedRequest
from shared.runs.start import StartedRun, hash_body, start_request
from shared.services.container import Services


def _override(field: str) -> Any:
    """Return an optional field with the description of the request's field."""
    return Field(default=None, description=SeedRequest.model_fields[field].description)


class RepairRequest(BaseModel):
    """Fields that a repair can override; the catalog's last request gives all others.

    The budget is not taken over: that run spent it.
    """

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)

    parallel_image_requests: Annotated[int, Field(ge=1, le=64)] | None = _override("parallel_image_requests")
    max_retries: Annotated[int, Field(ge=0, le=10)] | None = _override("max_retries")
    image_requests_per_minute: Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)] | None = _override(
        "image_requests_per_minute"
    )
    pause_on_block: bool | None = _override("pause_on_block")
    pause_limit_minutes: Annotated[int, Field(ge=1, le=MAX_PAUSE_MINUTES)] | None = _override("pause_limit_minutes")
    max_cost_usd: Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)] | None = _override("max_cost_usd")
    accept_estimate: bool | None = _override("accept_estimate")
    image_mode: Literal["normal", "batch"] | None = _override("image_mode")


async def start_repair(
    services: Services, client: DurableClient, catalog: str, body: Mapping[str, Any], *, key: str | None = None
) -> StartedRun:
    """Start a repair of a catalog.

    Args:
        services: the services.
        client: the durable client.
        catalog: name of the catalog.
        body: JSON data of a `RepairRequest`.
        key: the Idempotency-Key.

    Raises:
        ValidationError: the body breaks the schema.
        UnknownCatalogError: the catalog has no items.
        RequestError: the run cannot be started; see `start_request`.
        StoreUnavailableError: the store does not answer.
    """
    name = read_catalog_name(catalog)
    overrides = RepairRequest.model_validate(dict(body)).model_dump(exclude_none=True)
    items = await catalog_files.count_items(services.store, name)
    if not items:
        raise UnknownCatalogError(name)
    last = await read_last_request(services.store, name)
    changes = {
        "target_count": items,
        "force_categories": False,
        "force_images": False,
        "dry_run": False,
        "publish": True,
        "max_cost_usd": None,
        "accept_estimate": False,
        "input": None,
        "prompt_writer": "template",  # uses the prompts that were written, and writes none
        "text_mode": "normal",
    }
    request = last.model_copy(update=changes | overrides)
    style = await resolve_last_style(services.store, last)
    if style is not None:
        style = await keep_pending_images(services, request, style)
    body_hash = hash_body(body, f"repair {name}")
    return await start_request(services, client, request, key=key, body_hash=body_hash, style=style)
