"""Image prompts that the text model writes for rows: apply them, and find the items that still need one."""

from shared.catalog.catalog_files import Batch
from shared.catalog.items import Item, SourceItem
from shared.catalog.planning import needs_image
from shared.catalog.prompt_files import BatchPrompts
from shared.messages.images import ClaimWorkPageInput
from shared.services.container import Services


async def apply_written_prompt(services: Services, catalog: str, run_id: str, batch: int, item: Item) -> Item:
    """Return the item with the prompt that was edited or written for it in any run; unchanged without one.

    Raises:
        DamagedFileError: the prompts of the batch cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    prompts = await services.caches.read_prompts(services.store, catalog, run_id, batch)
    return item if prompts is None else prompts.apply_to(item)


async def lacks_prompts(services: Services, claim: ClaimWorkPageInput, batch: Batch) -> bool:
    """Return whether prompts of a batch are still to be written in this run.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    prompts = await services.caches.read_prompts(services.store, claim.catalog, claim.run_id, batch.batch)
    return bool(await find_items_without_prompt(services, claim.run_id, claim.resume_count, batch, prompts))


async def find_items_without_prompt(
    services: Services, run_id: str, resume_count: int, batch: Batch, prompts: BatchPrompts | None
) -> list[SourceItem]:
    """Return the items of a batch that the text model writes a prompt for: they need an image and have no prompt.

    Args:
        services: of this process.
        run_id: the run.
        resume_count: how often the run has been resumed.
        batch: the batch.
        prompts: prompts written for the batch so far.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    request = await services.caches.read_request(services.store, run_id)
    generating_runs = await services.caches.list_images_at_start(services.store, request.catalog, run_id, resume_count)
    known = prompts or BatchPrompts(run_id)
    return [
        item
        for item in batch.items
        if isinstance(item, SourceItem)
        and item.prompt_hints is not None
        and needs_image(item, request, generating_runs, run_id)
        and known.needs_prompt(item, run_id)
    ]
