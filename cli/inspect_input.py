"""The report of ``seeder inspect``: how a run reads an input file."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError
from rich.text import Text

from cli.command_context import CommandResult
from cli.errors import ExitStatus, WrongUsageError
from cli.interrupts import run_interruptibly
from cli.local_input import explain_unreadable, read_file
from cli.request_from_flags import read_map, read_theme
from cli.request_options import describe_problems
from cli.run_output import print_rows
from shared.inputs.input_files import MAX_SHOWN_PROBLEMS
from shared.inputs.inspect_input import (
    InputProblem,
    InputReport,
    InspectRequest,
    SampleItem,
    inspect_input,
)
from shared.runs.request import describe_validation_error


def inspect_file(file: Path, source: str, mapping_flags: Sequence[str], theme: Path | None) -> CommandResult:
    """Report how a run reads a file; starts, calls and writes nothing.

    Raises:
        WrongUsageError: the file cannot be read.
    """
    given = {} if theme is None else {"theme": read_theme(theme)}
    try:
        request = InspectRequest.model_validate({"source": source, "fieldMapping": read_map(mapping_flags), **given})
    except ValidationError as error:
        raise WrongUsageError(describe_problems(describe_validation_error(error))) from error
    with explain_unreadable(file):
        report = run_interruptibly(lambda: inspect_input(read_file(file), str(file), request))
    status = ExitStatus.DONE_WITH_FAILURES if report.problem_count else ExitStatus.DONE
    document = {**report.to_json(), "error": None}
    return CommandResult(status, document, lambda console: print_rows(console, _make_rows(report)))


def _make_rows(report: InputReport) -> list[tuple[str, Text]]:
    counts = [f"{report.rows} to generate an image for"]
    if report.variants:
        noun = "variant" if report.variants == 1 else "variants"
        counts.append(f"{report.variants} {noun} without an image of their own")
    counts.append(f"{report.problem_count} that cannot be used")
    variants = [f"row {one.row} is a variant of {one.variant_of}" for one in report.variant_samples]
    unused = [name for name in report.columns if name not in report.mapping.values()]
    return [
        ("file", Text(f"{report.file}, {report.format}", style="bold")),
        ("rows", Text(", ".join(counts))),
        *_label_rows("fields", _describe_mapping(report.mapping, report.mapping_reasons)),
        *_label_rows("not used", [", ".join(unused)]),
        *_label_rows("notes", report.notes),
        *_label_rows("images", [line for sample in report.samples for line in _describe_sample(sample)]),
        *_label_rows("variants", variants),
        *_label_rows("problems", [_describe_problem(one) for one in report.problems[:MAX_SHOWN_PROBLEMS]]),
    ]


def _describe_mapping(mapping: Mapping[str, str], reasons: Mapping[str, str]) -> list[str]:
    return [f"{name} = {column} ({reasons[name]})" for name, column in mapping.items()]


def _describe_sample(sample: SampleItem) -> list[str]:
    left_out = [f"  left out: {', '.join(sample.left_out)}"] if sample.left_out else []
    return [f"{sample.filename}: {sample.image_prompt}", *left_out]


def _describe_problem(problem: InputProblem) -> str:
    return f"row {problem.row}{f', {problem.field}' if problem.field else ''}: {problem.message}"


def _label_rows(label: str, lines: list[str]) -> list[tuple[str, Text]]:
    return [("" if index else label, Text(line)) for index, line in enumerate(filter(None, lines))]
