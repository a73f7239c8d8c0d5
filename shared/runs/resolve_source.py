"""Reads the input of a request before the run starts: how many rows it has, and that they can be used."""

from contextlib import aclosing

from shared.catalog import catalog_files
from shared.errors import InvalidInputError, InvalidRequestError, OtherSourceError
from shared.inputs.input_files import MAX_SHOWN_PROBLEMS, InputSummary, summarize_input
from shared.inputs.raw_rows import InputError
from shared.inputs.row_reader import RowReader
from shared.runs.request import SeedRequest
from shared.storage import paths
from shared.storage.json_files import read_json
from shared.storage.protocol import Store


async def resolve_source(store: Store, request: SeedRequest) -> SeedRequest:
    """Return the request with the number of rows of its input as target count; unchanged if it has no input.

    Raises:
        OtherSourceError: the catalog's items are from another source.
        InvalidRequestError: the input does not exist or cannot be read.
        InvalidInputError: some rows cannot be used, and ``skipInvalid`` is not set.
        StoreUnavailableError: the store does not answer.
    """
    await _check_same_source(store, request)
    if request.item_source.writes_items:
        return request
    if request.input is None:
        raise InvalidRequestError("input", f"is required for source {request.source!r}; expected inputs/NAME")
    if await store.describe(request.input) is None:
        raise InvalidRequestError("input", f"{request.input} does not exist; send it with PUT /api/{request.input}")
    reader = RowReader(
        request.row_source, request.input, request.field_mapping, variants_are_rows=request.variant_images
    )
    try:
        async with aclosing(store.read_chunks(request.input)) as chunks:
            summary = await summarize_input(chunks, reader)
    except InputError as error:
        raise InvalidRequestError("input", f"{request.input} {error}") from error
    if summary.problems and not request.skip_invalid:
        raise _describe_problems(request.input, summary)
    if not summary.rows:
        problems = summary.describe_problems()
        raise InvalidRequestError("input", f"{request.input} has no row that can be used: {problems}")
    return request.model_copy(update={"target_count": summary.rows})


async def _check_same_source(store: Store, request: SeedRequest) -> None:
    path = paths.state_file(request.catalog, "request.json")
    last = await read_json(store, path, SeedRequest.model_validate)
    if last is None or last.source == request.source:
        return
    if await catalog_files.list_batch_numbers(store, request.catalog):
        raise OtherSourceError(
            f"the items of catalog {request.catalog!r} are from source {last.source!r}, not {request.source!r}; "
            "expected another catalog",
        )


def _describe_problems(path: str, summary: InputSummary) -> InvalidInputError:
    count = len(summary.problems)
    total = count + summary.rows + summary.variants
    message = f"{count} of the {total} rows of {path} cannot be used; correct them, or set skipInvalid"
    return InvalidInputError("input", message, further=[str(one) for one in summary.problems[:MAX_SHOWN_PROBLEMS]])
