"""Reports how a run reads an input; starts, calls and writes nothing."""

from collections.abc import AsyncIterable
from contextlib import aclosing
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.catalog.theme import STRICT_JSON, Theme
from shared.errors import InputTooLargeError, InvalidRequestError, UnknownInputError
from shared.inputs.filenames import FileNames
from shared.inputs.input_files import InputSummary, summarize_input
from shared.inputs.item_builder import build_item, write_row_prompt
from shared.inputs.item_source import RowSourceName, find_row_source
from shared.inputs.raw_rows import InputError
from shared.inputs.row_reader import RowReader
from shared.inputs.rows import Row, RowProblem
from shared.inputs.upload import MAX_INPUT_BYTES
from shared.runs.request import SeedRequest, check_input_path
from shared.storage import paths
from shared.storage.protocol import Store

MAX_REPORTED_PROBLEMS = 1_000
"""Problems beyond that are counted only."""


class InspectRequest(BaseModel):
    """How the rows of an input are to be read. The fields are those of a request for a run."""

    model_config = STRICT_JSON

    source: RowSourceName = Field(default="products", description="Content of the rows.")
    field_mapping: dict[str, Annotated[str, Field(max_length=200)]] = Field(
        default_factory=dict, max_length=20, description=SeedRequest.model_fields["field_mapping"].description
    )
    theme: Theme = Field(default=Theme(), description="Theme whose prompt template rows without a prompt use.")


class _View(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class SampleItem(_View):
    """The item of one of the first rows."""

    id: str = Field(description="Id of the row; derived from its number if it has none.")
    filename: str = Field(description="Name of the image.")
    name: str
    category: str
    image_prompt: str
    left_out: list[str] = Field(description="Fields that the image prompt leaves out because of their length.")


class VariantSample(_View):
    """A row that is a variant of another row."""

    row: int = Field(description="Number of the row, from 1.")
    variant_of: str = Field(description="What the row calls its product.")


class InputProblem(_View):
    """Why a row cannot get an image."""

    row: int = Field(description="Number of the row, from 1.")
    field: str | None = Field(description="Field and column, if the problem is about one.")
    reasons: list[str] = Field(description="Reason codes.")
    message: str


class InputReport(_View):
    """How a run reads an input. Also the document of ``seeder inspect --json``."""

    file: str = Field(description="The input.")
    format: str = Field(description="Format that was detected, such as CSV.")
    rows: int = Field(description="Rows that get an image.")
    variants: int = Field(description="Rows that are variants and get no image of their own.")
    columns: list[str] = Field(description="Columns of the input.")
    fields: list[str] = Field(description="Fields that a column can be mapped to.")
    mapping: dict[str, str] = Field(description="Column by field.")
    mapping_reasons: dict[str, str] = Field(description="Why a field has its column.")
    notes: list[str] = Field(description="Assumptions about the format and the columns.")
    samples: list[SampleItem] = Field(description="Items of the first rows.")
    variant_samples: list[VariantSample] = Field(description="The first variants.")
    problem_count: int = Field(description="Rows that cannot be used.")
    problems: list[InputProblem] = Field(description=f"The first {MAX_REPORTED_PROBLEMS:,} of them.")

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON data."""
        return self.model_dump(mode="json", by_alias=True)


async def inspect_stored_input(store: Store, name: str, request: InspectRequest) -> InputReport:
    """Report how a run reads an input of the store.

    Args:
        store: the store.
        name: name of the input.
        request: how to read it.

    Raises:
        UnknownInputError: the store has no input of this name.
        InputTooLargeError: the input is larger than an upload may be.
        InvalidRequestError: the input as a whole cannot be read, or the mapping names no column of it. Its properties
            have the ``columns`` that were found and the ``fields`` that they can be mapped to.
        StoreUnavailableError: the store does not answer.
    """
    try:
        path = check_input_path(paths.input_file(name))
    except ValueError as error:
        raise UnknownInputError(name) from error
    info = await store.describe(path)
    if info is None:
        raise UnknownInputError(name)
    if info.size > MAX_INPUT_BYTES:
        raise InputTooLargeError(
            f"{path} has {info.size:,} bytes; expected at most {MAX_INPUT_BYTES:,}; "
            "inspect a larger file with 'seeder inspect FILE'"
        )
    try:
        async with aclosing(store.read_chunks(path)) as chunks:
            return await inspect_input(chunks, path, request)
    except InputError as error:
        refusal = InvalidRequestError("input", f"{path} {error}")
        refusal.properties["columns"] = [_replace_surrogates(name) for name in error.columns]
        refusal.properties["fields"] = list(find_row_source(request.source).column_names)
        raise refusal from error


async def inspect_input(chunks: AsyncIterable[bytes], file: str, request: InspectRequest) -> InputReport:
    """Report how a run reads an input.

    Args:
        chunks: content of the input.
        file: its name, whose ending may determine the format.
        request: how to read it.

    Raises:
        InputError: the input as a whole cannot be read.
    """
    source = find_row_source(request.source)
    summary = await summarize_input(chunks, RowReader(source, file, request.field_mapping))
    return _make_report(file, request, summary)


def _make_report(file: str, request: InspectRequest, summary: InputSummary) -> InputReport:
    reader, mapping = summary.reader, summary.reader.mapping
    columns = {} if mapping is None else mapping.columns
    reasons = {} if mapping is None else mapping.reasons
    notes = [*reader.notes, *(() if mapping is None else mapping.notes)]
    return InputReport(
        file=file,
        format=str(reader.format),
        rows=summary.rows,
        variants=summary.variants,
        columns=[_replace_surrogates(name) for name in reader.columns],
        fields=list(find_row_source(request.source).column_names),
        mapping={name: _replace_surrogates(column) for name, column in columns.items()},
        mapping_reasons={name: _replace_surrogates(reason) for name, reason in reasons.items()},
        notes=[_replace_surrogates(note) for note in notes],
        samples=_make_samples(request, summary.samples),
        variant_samples=[
            VariantSample(row=one.number, variant_of=_replace_surrogates(one.parent)) for one in summary.variant_samples
        ],
        problem_count=len(summary.problems),
        problems=[_make_problem(problem) for problem in summary.problems[:MAX_REPORTED_PROBLEMS]],
    )


def _make_samples(request: InspectRequest, rows: tuple[Row, ...]) -> list[SampleItem]:
    as_run = SeedRequest(catalog="inspected", source=request.source, theme=request.theme)
    names = FileNames()
    samples = []
    for row in rows:
        item, prompt = build_item(row, as_run, names), write_row_prompt(row, as_run)
        samples.append(
            SampleItem(
                id=_replace_surrogates(item.source_id),
                filename=item.filename,
                name=_replace_surrogates(item.name),
                category=_replace_surrogates(item.category),
                image_prompt=_replace_surrogates(item.image_prompt),
                left_out=list(prompt.left_out),
            )
        )
    return samples


def _make_problem(problem: RowProblem) -> InputProblem:
    return InputProblem(
        row=problem.row,
        field=None if problem.field is None else _replace_surrogates(problem.field),
        reasons=[str(problem.reason)],
        message=_replace_surrogates(problem.message),
    )


def _replace_surrogates(text: str) -> str:
    """Return a text of an input without lone surrogates, which UTF-8 cannot encode."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
