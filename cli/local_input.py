"""Input files of this machine: read before a run starts, and copied or uploaded to where the run reads them."""

import hashlib
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from cli.app_client import AppClient
from cli.errors import WrongUsageError
from cli.interrupts import run_interruptibly
from cli.request_from_flags import read_map
from shared.config import Settings
from shared.inputs.input_files import MAX_SHOWN_PROBLEMS, InputSummary, summarize_input
from shared.inputs.item_source import RowSource, find_item_source
from shared.inputs.raw_rows import InputError
from shared.inputs.row_reader import RowReader
from shared.inputs.upload import INPUT_TYPE, MAX_INPUT_BYTES
from shared.runs.request import INPUT_PATH_PATTERN
from shared.services.container import build_store
from shared.storage import paths

CHUNK_BYTES = 1024 * 1024
MAX_NAME_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class LocalInput:
    """An input file whose rows can be used.

    Attributes:
        file: the file on this machine.
        path: path in the store; the name holds a digest of the content, so that files do not replace each other.
        rows: number of rows that get an image.
    """

    file: Path
    path: str
    rows: int

    async def copy_to_store(self, settings: Settings) -> None:
        """Copy the file into the store of the settings in chunks, unless it is there.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        store = build_store(settings)
        try:
            if await store.describe(self.path) is None:
                await store.write_chunks(self.path, read_file(self.file), content_type=INPUT_TYPE)
        finally:
            await store.close()

    async def upload(self, client: AppClient) -> None:
        """Upload the file to a deployed app.

        Raises:
            WrongUsageError: the file is too large for a call.
        """
        size = self.file.stat().st_size
        if size > MAX_INPUT_BYTES:
            raise WrongUsageError(
                f"--input: {self.file} has {size:,} bytes; expected at most {MAX_INPUT_BYTES:,} with --url. Copy it to "
                "the container of inputs, and use --input inputs/NAME"
            )
        await client.put_input(self.path, self.file.read_bytes())


def find_input(flags: Mapping[str, Any]) -> LocalInput | None:
    """Read the input file in the flags; None if they name none, or an input in the store.

    Raises:
        WrongUsageError: the file, or one of its rows, cannot be used; one line per problem.
    """
    source, given = find_item_source(flags.get("source")), flags.get("input")
    if isinstance(source, RowSource) != (given is not None):
        raise WrongUsageError("--input and --source products or prompts need each other; expected both or neither")
    if not isinstance(source, RowSource) or given is None:
        return None
    file = Path(given)
    if not file.is_file() and re.fullmatch(INPUT_PATH_PATTERN, given):
        return None
    summary = summarize_file(
        file, source, read_map(flags.get("map") or ()), variants_are_rows=bool(flags.get("variant_images"))
    )
    if summary.problems and not flags.get("skip_invalid"):
        raise WrongUsageError(_describe_problems(file, summary))
    if not summary.rows:
        raise WrongUsageError(f"--input: {file} has no row that can be used")
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", file.name)[-MAX_NAME_CHARACTERS:]
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()[:12]
    return LocalInput(file, paths.input_file(f"{digest}-{name}"), summary.rows)


def summarize_file(
    file: Path, source: RowSource, mapping: Mapping[str, str], *, variants_are_rows: bool = False
) -> InputSummary:
    """Read a file as a run reads it.

    Args:
        file: the file.
        source: source of the rows.
        mapping: columns by field, where the automatic column mapping is wrong.
        variants_are_rows: each variant of a product gets an image.

    Raises:
        WrongUsageError: the file cannot be read.
    """
    reader = RowReader(source, file.name, mapping, variants_are_rows=variants_are_rows)
    with explain_unreadable(file):
        return run_interruptibly(lambda: summarize_input(read_file(file), reader))


@contextmanager
def explain_unreadable(file: Path) -> Iterator[None]:
    """Raise a WrongUsageError in place of an error of reading an input file."""
    try:
        yield
    except InputError as error:
        raise WrongUsageError(f"--input: {file} {error}") from error
    except OSError as error:
        raise WrongUsageError(f"--input: {file} cannot be read: {error.strerror or error}") from error


def _describe_problems(file: Path, summary: InputSummary) -> str:
    count = len(summary.problems)
    lines = [str(problem) for problem in summary.problems[:MAX_SHOWN_PROBLEMS]]
    rows = summary.rows + summary.variants + count
    total = f"{count} of {rows} rows cannot be used; expected none, or --skip-invalid to leave them out"
    return "\n".join(f"--input: {file}: {line}" for line in [*lines, total])


async def read_file(file: Path) -> AsyncIterator[bytes]:
    """Yield the content of a file in chunks."""
    content: BinaryIO
    with file.open("rb") as content:
        while chunk := content.read(CHUNK_BYTES):
            yield chunk
