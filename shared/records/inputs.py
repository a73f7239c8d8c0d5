"""Inputs: rows that somebody gave, read in flat memory, and looked through before anything is paid."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from itertools import islice

from shared.domain.sources.reading import Problem, Row, RowReader

PIECE_BYTES = 256 * 1024
"""Rows of so much text are in memory at a time."""

SHOWN_PROBLEMS, SAMPLES = 10, 3


@dataclass(frozen=True, slots=True)
class Survey:
    """What an input holds.

    Attributes:
        reader: knows format, columns and mapping.
        rows: how many can have a picture.
        problems: of the others.
        samples: the first rows.
    """

    reader: RowReader
    rows: int
    problems: tuple[Problem, ...]
    samples: tuple[Row, ...]

    def count_problems(self) -> dict[str, int]:
        """Return how many rows have a problem, by reason."""
        return dict(Counter(str(problem.reason) for problem in self.problems))

    def describe_problems(self) -> str:
        """Return the first problems, and how many more there are, as one line."""
        shown = "; ".join(map(str, islice(self.problems, SHOWN_PROBLEMS)))
        more = len(self.problems) - SHOWN_PROBLEMS
        return f"{shown}; and {more} more" if more > 0 else shown


async def iterate_input(chunks: AsyncIterable[bytes], reader: RowReader) -> AsyncIterator[Row | Problem]:
    """Yield the rows of an input and its problems, in order; the parsing leaves the event loop to others.

    Raises:
        InputError: it cannot be read as a whole.
    """
    async for chunk in chunks:
        for start in range(0, len(chunk), PIECE_BYTES):
            for row in await asyncio.to_thread(list, reader.feed(chunk[start : start + PIECE_BYTES])):
                yield row
    for row in await asyncio.to_thread(list, reader.finish()):
        yield row


async def survey_input(chunks: AsyncIterable[bytes], reader: RowReader) -> Survey:
    """Look an input through.

    Raises:
        InputError: it cannot be read as a whole.
    """
    rows, problems, samples = 0, [], []
    async for found in iterate_input(chunks, reader):
        if isinstance(found, Problem):
            problems.append(found)
            continue
        rows += 1
        if rows <= SAMPLES:
            samples.append(found)
    return Survey(reader, rows, tuple(problems), tuple(samples))
