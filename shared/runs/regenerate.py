"""Starts a run that generates new images for named items of a catalog."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from shared.catalog.find_items import FoundItem, find_items
from shared.errors import InvalidRequestError, UnknownCatalogError
from shared.images.edit_prompt import MAX_EDITED_PROMPT_CHARACTERS, clean_edited_prompt
from shared.images.style_files import resolve_last_style
from shared.images.style_reference import ResolvedStyle
from shared.runs.durable_client import DurableClient
from shared.runs.estimate import Estimate
from shared.runs.estimate_run import estimate_request
from shared.runs.hold_catalog import read_catalog_name, read_last_request
from shared.runs.repair import RepairRequest
from shared.runs.request import SeedRequest
from shared.runs.selection import SelectedItem, SelectionRequest
from shared.runs.start import StartedRun, has_started, hash_body, start_request
from shared.services.container import Services

MAX_SELECTED_ITEMS = 1_000
MAX_ID_CHARACTERS = 1_000
MAX_NAMED_ITEMS = 20
"""Unknown ids that an error names."""

ProductId = Annotated[str, Field(min_length=1, max_length=MAX_ID_CHARACTERS)]
EditedPromptText = Annotated[str, Field(max_length=4 * MAX_EDITED_PROMPT_CHARACTERS)]
"""The limit applies to the text as it was sent; the cleaned prompt has a limit of its own."""


class RegenerateRequest(RepairRequest):
    """Items to generate new images for, and fields that override those of the catalog's last request."""

    product_ids: list[ProductId] = Field(
        min_length=1, max_length=MAX_SELECTED_ITEMS, description="Ids of the items, as published or internal."
    )
    image_prompts: dict[str, EditedPromptText] = Field(
        default_factory=dict,
        max_length=MAX_SELECTED_ITEMS,
        description="Edited image prompts by id of a named item; they stay the prompts of these items.",
    )


async def start_regenerate(
    services: Services, client: DurableClient, catalog: str, body: Mapping[str, Any], *, key: str | None = None
) -> StartedRun:
    """Start a run that generates new images for the named items of a catalog; their earlier images stay as rounds.

    Args:
        services: the services.
        client: the durable client.
        catalog: name of the catalog.
        body: JSON data of a `RegenerateRequest`.
        key: the Idempotency-Key.

    Raises:
        ValidationError: the body breaks the schema.
        UnknownCatalogError: the catalog has no items.
        RequestError: an id or a prompt cannot be used, or the run cannot be started; see `start_request`.
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    name = read_catalog_name(catalog)
    wanted, body_hash = RegenerateRequest.model_validate(dict(body)), hash_regenerate(name, body)
    request: SeedRequest
    style = None
    if await has_started(services.store, key):
        request = await read_last_request(services.store, name)  # the stored request of that run counts
    else:
        selected = await _make_request(services, name, wanted, body_hash)
        request, style = await _resolve_style(services, selected)
    return await start_request(services, client, request, key=key, body_hash=body_hash, style=style)


def hash_regenerate(catalog: str, body: Mapping[str, Any]) -> str:
    """Return the hash of a request body that the run it starts keeps, and its Idempotency-Key."""
    return hash_body(body, f"regenerate {catalog}")


async def estimate_regenerate(services: Services, catalog: str, body: Mapping[str, Any]) -> Estimate:
    """Return the estimate of a run that generates new images for the named items of a catalog.

    Raises:
        ValidationError: the body breaks the schema.
        UnknownCatalogError: the catalog has no items.
        InvalidRequestError: an id or a prompt cannot be used.
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    name, wanted = read_catalog_name(catalog), RegenerateRequest.model_validate(dict(body))
    request, style = await _resolve_style(services, await _make_request(services, name, wanted, ""))
    return await estimate_request(services, request, style)


async def _resolve_style(
    services: Services, request: SelectionRequest
) -> tuple[SelectionRequest, ResolvedStyle | None]:
    """Return the request with its style references; without them while no image of the catalog was approved."""
    style = await resolve_last_style(services.store, request)
    if style is not None:  # the run names its items itself
        style = replace(style, record=replace(style.record, rejected=()))
    return (request if style is not None else request.model_copy(update={"style_reference": None})), style


async def _make_request(services: Services, name: str, wanted: RegenerateRequest, body_hash: str) -> SelectionRequest:
    """Return the request of the run: the catalog's last one with overrides and the selection."""
    found = await find_items(services.store, name, [*wanted.product_ids, *wanted.image_prompts])
    if not found.total:
        raise UnknownCatalogError(name)
    last = await read_last_request(services.store, name)
    selection = _select(name, last, wanted, found.by_id)
    changes = {
        "target_count": found.total,
        "force_categories": False,
        "force_images": False,
        "dry_run": False,
        "max_cost_usd": None,
        "accept_estimate": False,
        "input": None,
        "prompt_writer": "template",  # uses the prompts that were written, and writes none
        "text_mode": "normal",
        "image_mode": "normal",  # a reviewer waits for the images
    }
    overrides = wanted.model_dump(exclude_none=True, exclude={"product_ids", "image_prompts"})
    fields = {field: getattr(last, field) for field in SeedRequest.model_fields}
    return SelectionRequest.model_construct(**fields | changes | overrides, selection=selection, body_sha256=body_hash)


def _select(
    catalog: str, last: SeedRequest, wanted: RegenerateRequest, found: Mapping[str, FoundItem]
) -> tuple[SelectedItem, ...]:
    """Return the named items in acceptance order, each with its edited prompt.

    Raises:
        InvalidRequestError: an id is unknown, or a prompt cannot be used.
    """
    unknown = [product_id for product_id in wanted.product_ids if product_id not in found]
    if unknown:
        messages = [f"{one[:60]!r} is not an item of catalog {catalog!r}" for one in unknown[:MAX_NAMED_ITEMS]]
        if len(unknown) > MAX_NAMED_ITEMS:
            messages.append(f"{len(unknown)} ids are unknown in all")
        raise InvalidRequestError("productIds", messages[0], further=messages[1:])
    selected = {found[product_id].item.product_id: found[product_id] for product_id in wanted.product_ids}
    prompts: dict[str, str] = {}
    for given_id, text in wanted.image_prompts.items():
        field = f"imagePrompts.{given_id[:60]}"
        known = found.get(given_id)
        if known is None or known.item.product_id not in selected:
            raise InvalidRequestError(field, "is not among productIds; expected an item that is generated again")
        if known.item.product_id in prompts:
            raise InvalidRequestError(field, "is the second prompt for one item; expected one")
        try:
            prompts[known.item.product_id] = clean_edited_prompt(text, known.item, last)
        except ValueError as error:
            raise InvalidRequestError(field, str(error)) from error
    return tuple(
        SelectedItem(product_id=item_id, batch=one.batch, prompt=prompts.get(item_id))
        for item_id, one in sorted(selected.items(), key=lambda entry: entry[1].place)
    )
