"""Store the edited prompts of a run over named items; they apply to every later image of these items, too."""

from shared.catalog.catalog_files import read_batch
from shared.catalog.prompt_files import BatchPrompts, read_prompts_with_etag, write_prompts_file
from shared.messages.run import RunRef
from shared.runs.selection import SelectedItem, SelectionRequest
from shared.storage.protocol import Store


async def store_edited_prompts(store: Store, run: RunRef, request: SelectionRequest) -> None:
    """Add the edited prompts of a request to those of their batches; a repetition changes nothing.

    Args:
        store: the store.
        run: the run, which holds the catalog.
        request: of the run.

    Raises:
        DamagedFileError: a batch or its prompts cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    by_batch: dict[int, list[SelectedItem]] = {}
    for item in request.selection:
        if item.prompt is not None:
            by_batch.setdefault(item.batch, []).append(item)
    for number, edited in by_batch.items():
        while not await _add_prompts(store, run, number, edited):
            pass  # a redelivery of this activity was faster; its prompts are the same


async def _add_prompts(store: Store, run: RunRef, number: int, edited: list[SelectedItem]) -> bool:
    """Add prompts to those of a batch; return False if their file has changed meanwhile."""
    batch = await read_batch(store, run.catalog, number)
    items = {} if batch is None else {item.product_id: item for item in batch.items}
    stored, etag = await read_prompts_with_etag(store, run.catalog, number)
    prompts = before = stored or BatchPrompts(run.run_id)
    for one in edited:
        if one.prompt is not None and one.product_id in items:
            prompts = prompts.edit(items[one.product_id], one.prompt)
    return prompts is before or await write_prompts_file(store, run.catalog, number, prompts, etag=etag)
