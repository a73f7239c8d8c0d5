"""Input files: looked through here before anything is started, and brought to where the run reads them."""

import hashlib
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from rich.text import Text

from cli.app_client import AppClient
from cli.command_context import CommandResult
from cli.errors import ExitStatus, WrongUsageError
from cli.interrupts import run_interruptibly
from cli.request_from_flags import read_map, read_theme
from cli.run_output import print_rows
from shared.catalog.items import SourceItem
from shared.catalog.theme import Theme
from shared.config import Settings
from shared.inputs.filenames import FileNames
from shared.inputs.input_files import MAX_SHOWN_PROBLEMS, InputSummary, summarize_input
from shared.inputs.item_builder import build_item, write_row_prompt
from shared.inputs.item_source import RowSource, find_item_source, find_row_source
from shared.inputs.prompt_template import RowPrompt
from shared.inputs.raw_rows import InputError
from shared.inputs.row_reader import RowReader
from shared.runs.request import INPUT_PATH_PATTERN, SeedRequest
from shared.services.container import build_store
from shared.storage import paths
from triggers.inputs import MAX_INPUT_BYTES

CHUNK_BYTES = 1024 * 1024
MAX_NAME_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class LocalInput:
    """An input file that was looked through.

    Attributes:
        file: the file on this machine.
        path: where it goes in the store; its content is in the name, so that no run reads another's.
        rows: how many rows can have an image.
    """

    file: Path
    path: str
    rows: int

    async def copy_to_store(self, settings: Settings) -> None:
        """Copy it into the store of the settings, in flat memory, unless it is there.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        store = build_store(settings)
        try:
            if await store.describe(self.path) is None:
                await store.write_chunks(self.path, _read_file(self.file), content_type="application/octet-stream")
        finally:
            await store.close()

    async def upload(self, client: AppClient) -> None:
        """Send it to a deployed app.

        Raises:
            WrongUsageError: it is too large for a call.
        """
        size = self.file.stat().st_size
        if size > MAX_INPUT_BYTES:
            raise WrongUsageError(
                f"--input: {self.file} has {size:,} bytes, and a call takes {MAX_INPUT_BYTES:,}; expected it as a blob "
                f"of "
                "the container of inputs, and --input inputs/NAME"
            )
        await client.put_input(self.path, self.file.read_bytes())


def find_input(flags: Mapping[str, Any]) -> LocalInput | None:
    """Look through the file that the flags name; None if they name none, or what is in the store.

    Raises:
        WrongUsageError: the file, or one of its rows, cannot be used; one line a problem.
    """
    source, given = find_item_source(flags.get("source")), flags.get("input")
    if isinstance(source, RowSource) != (given is not None):
        raise WrongUsageError("--input is for --source products or prompts, and they need it; expected both or neither")
    if not isinstance(source, RowSource) or given is None:
        return None
    file = Path(given)
    if not file.is_file() and re.fullmatch(INPUT_PATH_PATTERN, given):
        return None
    survey = _survey(
        file, source, read_map(flags.get("map") or ()), variants_are_rows=bool(flags.get("variant_images"))
    )
    if survey.problems and not flags.get("skip_invalid"):
        raise WrongUsageError(_describe_problems(file, survey))
    if not survey.rows:
        raise WrongUsageError(f"--input: {file} has no row that can be used")
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", file.name)[-MAX_NAME_CHARACTERS:]
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()[:12]
    return LocalInput(file, paths.input_file(f"{digest}-{name}"), survey.rows)


def inspect_input(file: Path, source: str, mapping_flags: Sequence[str], theme: Path | None) -> CommandResult:
    """Tell what a run would make of a file; nothing is started, called or written.

    Raises:
        WrongUsageError: the file cannot be read.
    """
    survey = _survey(file, find_row_source(source), read_map(mapping_flags))
    request = SeedRequest.model_validate(
        {"catalog": "inspected", "source": source, "theme": Theme() if theme is None else read_theme(theme)}
    )
    names = FileNames()
    shown = [(build_item(row, request, names), write_row_prompt(row, request)) for row in survey.samples]
    reader = survey.reader
    mapping = {} if reader.mapping is None else dict(reader.mapping.columns)
    reasons = {} if reader.mapping is None else dict(reader.mapping.reasons)
    notes = [*reader.notes, *(() if reader.mapping is None else reader.mapping.notes)]
    document = {
        "file": str(file),
        "format": str(reader.format),
        "rows": survey.rows,
        "variants": survey.variants,
        "columns": reader.columns,
        "mapping": mapping,
        "mappingReasons": reasons,
        "notes": notes,
        "samples": [
            {
                "id": item.source_id,
                "filename": item.filename,
                "name": item.name,
                "category": item.category,
                "imagePrompt": item.image_prompt,
                "leftOut": list(prompt.left_out),
            }
            for item, prompt in shown
        ],
        "variantSamples": [{"row": variant.number, "variantOf": variant.parent} for variant in survey.variant_samples],
        "problems": [problem.to_json() for problem in survey.problems],
        "error": None,
    }
    counts = [f"{survey.rows} to make images for"]
    if survey.variants:
        noun = "variant" if survey.variants == 1 else "variants"
        counts.append(f"{survey.variants} {noun} of them, kept without an image of their own")
    counts.append(f"{len(survey.problems)} that cannot be used")
    rows = [
        ("file", Text(f"{file}, {reader.format}", style="bold")),
        ("rows", Text(", ".join(counts))),
        *_label_rows("fields", [f"{name} = {column} ({reasons[name]})" for name, column in mapping.items()]),
        *_label_rows("not used", [", ".join(name for name in reader.columns if name not in mapping.values())]),
        *_label_rows("notes", notes),
        *_label_rows("images", [line for item, prompt in shown for line in _describe_sample(item, prompt)]),
        *_label_rows("variants", [f"row {one.number} is a variant of {one.parent}" for one in survey.variant_samples]),
        *_label_rows("problems", [str(problem) for problem in survey.problems[:MAX_SHOWN_PROBLEMS]]),
    ]
    status = ExitStatus.DONE_WITH_FAILURES if survey.problems else ExitStatus.DONE
    return CommandResult(status, document, lambda console: print_rows(console, rows))


def _describe_sample(item: SourceItem, prompt: RowPrompt) -> list[str]:
    left_out = [f"  left out: {', '.join(prompt.left_out)}"] if prompt.left_out else []
    return [f"{item.filename}: {item.image_prompt}", *left_out]


def _label_rows(label: str, lines: list[str]) -> list[tuple[str, Text]]:
    return [("" if index else label, Text(line)) for index, line in enumerate(filter(None, lines))]


def _survey(
    file: Path, source: RowSource, mapping_flags: Mapping[str, str], *, variants_are_rows: bool = False
) -> InputSummary:
    reader = RowReader(source, file.name, mapping_flags, variants_are_rows=variants_are_rows)
    try:
        return run_interruptibly(lambda: summarize_input(_read_file(file), reader))
    except InputError as error:
        raise WrongUsageError(f"--input: {file} {error}") from error
    except OSError as error:
        raise WrongUsageError(f"--input: {file} cannot be read: {error.strerror or error}") from error


def _describe_problems(file: Path, survey: InputSummary) -> str:
    count = len(survey.problems)
    lines = [str(problem) for problem in survey.problems[:MAX_SHOWN_PROBLEMS]]
    rows = survey.rows + survey.variants + count
    total = f"{count} of {rows} rows cannot be used; expected none, or --skip-invalid to leave them out"
    return "\n".join(f"--input: {file}: {line}" for line in [*lines, total])


async def _read_file(file: Path) -> AsyncIterator[bytes]:
    content: BinaryIO
    with file.open("rb") as content:
        while chunk := content.read(CHUNK_BYTES):
            yield chunk
