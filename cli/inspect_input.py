"""The report of ``seeder inspect``: how a run reads an input file."""

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from cli.command_context import CommandResult
from cli.errors import ExitStatus
from cli.local_input import summarize_file
from cli.request_from_flags import read_map, read_theme
from cli.run_output import print_rows
from shared.catalog.items import SourceItem
from shared.catalog.theme import Theme
from shared.inputs.filenames import FileNames
from shared.inputs.input_files import MAX_SHOWN_PROBLEMS
from shared.inputs.item_builder import build_item, write_row_prompt
from shared.inputs.item_source import find_row_source
from shared.inputs.prompt_template import RowPrompt
from shared.runs.request import SeedRequest


def inspect_input(file: Path, source: str, mapping_flags: Sequence[str], theme: Path | None) -> CommandResult:
    """Report how a run reads a file; starts, calls and writes nothing.

    Raises:
        WrongUsageError: the file cannot be read.
    """
    summary = summarize_file(file, find_row_source(source), read_map(mapping_flags))
    request = SeedRequest.model_validate(
        {"catalog": "inspected", "source": source, "theme": Theme() if theme is None else read_theme(theme)}
    )
    names = FileNames()
    shown = [(build_item(row, request, names), write_row_prompt(row, request)) for row in summary.samples]
    reader = summary.reader
    mapping = {} if reader.mapping is None else dict(reader.mapping.columns)
    reasons = {} if reader.mapping is None else dict(reader.mapping.reasons)
    notes = [*reader.notes, *(() if reader.mapping is None else reader.mapping.notes)]
    document = {
        "file": str(file),
        "format": str(reader.format),
        "rows": summary.rows,
        "variants": summary.variants,
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
        "variantSamples": [{"row": variant.number, "variantOf": variant.parent} for variant in summary.variant_samples],
        "problems": [problem.to_json() for problem in summary.problems],
        "error": None,
    }
    counts = [f"{summary.rows} to generate an image for"]
    if summary.variants:
        noun = "variant" if summary.variants == 1 else "variants"
        counts.append(f"{summary.variants} {noun} without an image of their own")
    counts.append(f"{len(summary.problems)} that cannot be used")
    rows = [
        ("file", Text(f"{file}, {reader.format}", style="bold")),
        ("rows", Text(", ".join(counts))),
        *_label_rows("fields", [f"{name} = {column} ({reasons[name]})" for name, column in mapping.items()]),
        *_label_rows("not used", [", ".join(name for name in reader.columns if name not in mapping.values())]),
        *_label_rows("notes", notes),
        *_label_rows("images", [line for item, prompt in shown for line in _describe_sample(item, prompt)]),
        *_label_rows("variants", [f"row {one.number} is a variant of {one.parent}" for one in summary.variant_samples]),
        *_label_rows("problems", [str(problem) for problem in summary.problems[:MAX_SHOWN_PROBLEMS]]),
    ]
    status = ExitStatus.DONE_WITH_FAILURES if summary.problems else ExitStatus.DONE
    return CommandResult(status, document, lambda console: print_rows(console, rows))


def _describe_sample(item: SourceItem, prompt: RowPrompt) -> list[str]:
    left_out = [f"  left out: {', '.join(prompt.left_out)}"] if prompt.left_out else []
    return [f"{item.filename}: {item.image_prompt}", *left_out]


def _label_rows(label: str, lines: list[str]) -> list[tuple[str, Text]]:
    return [("" if index else label, Text(line)) for index, line in enumerate(filter(None, lines))]
