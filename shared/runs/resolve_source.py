"""What a run from a source needs to be known before it is claimed or paid: that its rows can be read, and how many."""

from contextlib import aclosing

from shared.catalog import catalog_files
from shared.inputs.input_files import MAX_SHOWN_PROBLEMS, InputSummary, summarize_input
from shared.inputs.row_reader import RowReader
from shared.inputs.tokenizer import InputError
from shared.runs.request import SeedRequest
from shared.services.container import Services
from shared.storage import paths
from shared.storage.json_files import read_json
from triggers.http_responses import Problem


async def resolve_source(services: Services, request: SeedRequest) -> SeedRequest:
    """Return the request with as many items as its input has rows; one that generates stays as it is.

    Raises:
        Problem: 409: the catalog's items are from another source. 422: the input cannot be read, or some of its rows
            cannot and ``skipInvalid`` is not asked for.
        StoreUnavailableError: the store does not answer.
    """
    await _check_same_source(services, request)
    if request.source == "generate":
        return request
    if request.input is None:
        raise _refuse("input", f"is required where source is {request.source!r}; expected inputs/NAME")
    store = services.store
    if await store.describe(request.input) is None:
        raise _refuse("input", f"{request.input} is not there; expected PUT /api/{request.input} before")
    try:
        async with aclosing(store.read_chunks(request.input)) as chunks:
            reader = RowReader(
                request.source, request.input, request.field_mapping, variants_are_rows=request.variant_images
            )
            survey = await summarize_input(chunks, reader)
    except InputError as error:
        raise _refuse("input", f"{request.input} {error}") from error
    if survey.problems and not request.skip_invalid:
        raise _refuse_rows(request.input, survey)
    if not survey.rows:
        raise _refuse("input", f"{request.input} has no row that can have an image: {survey.describe_problems()}")
    return request.model_copy(update={"target_count": survey.rows})


async def _check_same_source(services: Services, request: SeedRequest) -> None:
    path = paths.state_file(request.catalog, "request.json")
    last = await read_json(services.store, path, SeedRequest.model_validate)
    if last is None or last.source == request.source:
        return
    if await catalog_files.list_batch_numbers(services.store, request.catalog):
        raise Problem(
            409,
            "other-source",
            f"the items of catalog {request.catalog!r} are from source {last.source!r}, not {request.source!r}; "
            "expected another catalog",
        )


def _refuse(field: str, message: str) -> Problem:
    return Problem(422, "invalid-request", f"{field}: {message}", errors=[{"field": field, "message": message}])


def _refuse_rows(path: str, survey: InputSummary) -> Problem:
    count, rows = len(survey.problems), survey.rows + survey.variants
    summary = f"{count} of the {count + rows} rows of {path} cannot be used; expected none, or skipInvalid"
    errors = [{"field": "input", "message": str(problem)} for problem in survey.problems[:MAX_SHOWN_PROBLEMS]]
    detail = f"input: {summary}: {survey.describe_problems()}"
    return Problem(422, "invalid-input", detail, errors=[{"field": "input", "message": summary}, *errors])
