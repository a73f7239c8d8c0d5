"""Inputs: rows that somebody gave, read in flat memory, and looked through before anything is paid."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from itertools import islice

from shared.inputs.row_reader import RowReader
from shared.inputs.rows import Row, RowProblem, RowResult, Variant

PIECE_BYTES = 256 * 1024
"""Rows of so much text are in memory at a time."""

MAX_SHOWN_PROBLEMS, MAX_SAMPLES = 10, 3


@dataclass(frozen=True, slots=True)
class InputSummary:
    """What an input holds.

    Attributes:
        reader: knows format, columns and mapping.
        rows: how many can have an image.
        problems: of the others.
        samples: the first rows.
        variants: how many rows are a variant of one of them.
        variant_samples: the first of these.
    """

    reader: RowReader
    rows: int
    problems: tuple[RowProblem, ...]
    samples: tuple[Row, ...]
    variants: int = 0
    variant_samples: tuple[Variant, ...] = ()

    def count_problems(self) -> dict[str, int]:
        """Return how many rows have a problem, by reason."""
        return dict(Counter(str(problem.reason) for problem in self.problems))

    def describe_problems(self) -> str:
        """Return the first problems, and how many more there are, as one line."""
        shown = "; ".join(map(str, islice(self.problems, MAX_SHOWN_PROBLEMS)))
        more = len(self.problems) - MAX_SHOWN_PROBLEMS
        return f"{shown}; and {more} more" if more > 0 else shown


async def iterate_input(chunks: AsyncIterable[bytes], reader: RowReader) -> AsyncIterator[RowResult]:
    """Yield the rows of an input, their variants and problems, in order; the parsing leaves the event loop to others.

    Raises:
        InputError: it cannot be read as a whole.
    """
    async for chunk in chunks:
        for start in range(0, len(chunk), PIECE_BYTES):
            for row in await asyncio.to_thread(list, reader.feed(chunk[start : start + PIECE_BYTES])):
                yield row
    for row in await asyncio.to_thread(list, reader.finish()):
        yield row


async def summarize_input(chunks: AsyncIterable[bytes], reader: RowReader) -> InputSummary:
    """Look an input through.

    Raises:
        InputError: it cannot be read as a whole.
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
