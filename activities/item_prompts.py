"""Which image prompt an item's picture is asked for with: the text model's, or the template's."""

from collections.abc import Mapping

from shared.domain.image_messages import ClaimInput
from shared.domain.items import Item, SourceItem, is_outdated
from shared.domain.requests import SeedRequest
from shared.records.catalog import Batch
from shared.records.prompts import BatchPrompts
from shared.wiring import Services


async def use_written_prompt(services: Services, catalog: str, run_id: str, batch: int, item: Item) -> Item:
    """Return the item with the prompt that the text model has written for it, in whatever run; else as it is.

    Raises:
        DamagedFileError: what was written cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    if not isinstance(item, SourceItem):
        return item
    prompts = await services.caches.read_prompts(services.store, catalog, run_id, batch)
    return item if prompts is None else prompts.apply_to(item)


async def lacks_prompts(services: Services, claim: ClaimInput, batch: Batch) -> bool:
    """Tell whether prompts of a batch are still to be written, in a run that lets them be written.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    prompts = await services.caches.read_prompts(services.store, claim.catalog, claim.run_id, batch.batch)
    return bool(await find_lacking(services, claim.run_id, claim.leg, batch, prompts))


async def find_lacking(
    services: Services, run_id: str, leg: int, batch: Batch, prompts: BatchPrompts | None
) -> list[SourceItem]:
    """Return the items of a batch that a run lets prompts be written for: they need a picture, and have none for it.

    Args:
        services: of this process.
        run_id: the run.
        leg: how often it was resumed before.
        batch: the batch.
        prompts: what was written for it.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    request = await services.caches.read_request(services.store, run_id)
    makers = await services.caches.list_first_images(services.store, request.catalog, run_id, leg)
    known = prompts or BatchPrompts(run_id)
    return [
        item
        for item in batch.items
        if isinstance(item, SourceItem)
        and item.facts is not None
        and needs_image(item, request, makers, run_id)
        and known.lacks(item, run_id)
    ]


def needs_image(item: Item, request: SeedRequest, makers: Mapping[str, str], run_id: str) -> bool:
    """Tell whether a picture is still to be made for an item.

    Args:
        item: the item.
        request: what the run was asked.
        makers: of the pictures that there are, by file name; see ``RunCaches.list_first_images``.
        run_id: the run.
    """
    maker = makers.get(item.filename)
    if request.force_images:
        return maker != run_id
    return maker is None or (is_outdated(item, maker) and not request.keep_changed)
