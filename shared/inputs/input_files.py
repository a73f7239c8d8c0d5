"""Reads an input in flat memory, and summarizes it before any billed call."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from itertools import islice

from shared.inputs.row_reader import RowReader
from shared.inputs.rows import Row, RowProblem, RowResult, Variant

PIECE_BYTES = 256 * 1024
"""Rows of this much text are in memory at a time."""

MAX_SHOWN_PROBLEMS, MAX_SAMPLES = 10, 3


@dataclass(frozen=True, slots=True)
class InputSummary:
    """What an input holds.

    Attributes:
        reader: knows format, columns and mapping.
        rows: number of rows that get an image.
        problems: of the other rows.
        samples: the first rows.
        variants: number of rows that are variants.
        variant_samples: the first variants.
    """

    reader: RowReader
    rows: int
    problems: tuple[RowProblem, ...]
    samples: tuple[Row, ...]
    variants: int = 0
    variant_samples: tuple[Variant, ...] = ()

    def count_problems(self) -> dict[str, int]:
        """Return how many rows have a problem, by reason code."""
        return dict(Counter(str(problem.reason) for problem in self.problems))

    def describe_problems(self) -> str:
        """Return the first problems and the number of further ones, in one line."""
        shown = "; ".join(map(str, islice(self.problems, MAX_SHOWN_PROBLEMS)))
        more = len(self.problems) - MAX_SHOWN_PROBLEMS
        return f"{shown}; and {more} more" if more > 0 else shown


async def iterate_input(chunks: AsyncIterable[bytes], reader: RowReader) -> AsyncIterator[RowResult]:
    """Yield the rows, variants and problems of an input in order; parses in a thread.

    Raises:
        InputError: the input as a whole cannot be read.
    """
    async for chunk in chunks:
        for start in range(0, len(chunk), PIECE_BYTES):
            for row in await asyncio.to_thread(list, reader.feed(chunk[start : start + PIECE_BYTES])):
                yield row
    for row in await asyncio.to_thread(list, reader.finish()):
        yield row


async def summarize_input(chunks: AsyncIterable[bytes], reader: RowReader) -> InputSummary:
    """Read a whole input and summarize it.

    Raises:
        InputError: the input as a whole cannot be read.
    """
    rows, variants = 0, 0
    problems: list[RowProblem] = []
    samples: list[Row] = []
    variant_samples: list[Variant] = []
    async for found in iterate_input(chunks, reader):
        match found:
            case RowProblem():
                problems.append(found)
            case Variant():
                variants += 1
                if variants <= MAX_SHOWN_PROBLEMS:
                    variant_samples.append(found)
            case Row():
                rows += 1
                if rows <= MAX_SAMPLES:
                    samples.append(found)
    return InputSummary(reader, rows, tuple(problems), tuple(samples), variants, tuple(variant_samples))
