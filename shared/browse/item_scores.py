"""Scores of the images of a catalog, from the records of the runs that refined them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pydantic import TypeAdapter

from shared.bounded_cache import BoundedCache
from shared.browse.catalog_index import CatalogIndex
from shared.images.round_files import RoundFiles
from shared.storage import paths
from shared.storage.json_files import read_json
from shared.storage.protocol import Store
from shared.storage.read_in_order import read_in_order

MAX_CACHED_SCORES: Final = 100_000
MAX_CACHED_RUNS: Final = 64
MAX_EVALUATIONS: Final = 2_000
"""Evaluations that one request reads at most, while a run has no list of its refinements yet."""


class ImageScore(NamedTuple):
    """The score of an image, and its likeness to the style references; None = it was evaluated without any."""

    score: int
    likeness: int | None = None


class _ListedScore(NamedTuple):
    filename: str
    score: int | None
    likeness: int | None
    shipped_iteration: int | None


_SCORES: Final = TypeAdapter(list[_ListedScore])


class _RoundKey(NamedTuple):
    run_id: str
    item_id: str
    round: int


class ItemScores:
    """Reads the scores of images. An evaluation never changes, so each is read once.

    Args:
        store: the store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._scores: BoundedCache[_RoundKey, ImageScore | None] = BoundedCache(MAX_CACHED_SCORES)
        self._listed_runs: BoundedCache[str, bool] = BoundedCache(MAX_CACHED_RUNS)

    async def load(self, index: CatalogIndex, numbers: Sequence[int]) -> Mapping[int, ImageScore]:
        """Return the scores of the images of these items, as far as they were evaluated.

        Raises:
            DamagedFileError: an evaluation cannot be read.
            StoreUnavailableError: the store does not answer.
        """
        keys = _list_keys(index, numbers)
        await self._read([key for key in keys.values() if key not in self._scores])
        return self._collect(keys)

    async def load_all(self, index: CatalogIndex) -> Mapping[int, ImageScore]:
        """Return the scores of all images; while a run is active, further ones may follow with the next request.

        Raises:
            DamagedFileError: a record of a run cannot be read.
            StoreUnavailableError: the store does not answer.
        """
        keys = _list_keys(index, index.refined_rounds)
        for run_id in {key.run_id for key in keys.values()}:
            await self._read_list(index, run_id)
        missing = [key for key in keys.values() if key not in self._scores]
        await self._read(missing[:MAX_EVALUATIONS])
        return self._collect(keys)

    async def _read_list(self, index: CatalogIndex, run_id: str) -> None:
        """Read the list that a run leaves of its refinements, once."""
        if run_id in self._listed_runs:
            return
        rows = await read_json(self._store, paths.run_file(run_id, "refinements.json"), _parse_scores)
        if rows is None:
            return
        item_ids = {item.filename: item.item_id for item in index.items}
        for row in rows:
            item_id = item_ids.get(row.filename)
            if row.score is not None and row.shipped_iteration is not None and item_id is not None:
                key = _RoundKey(run_id, item_id, row.shipped_iteration)
                self._scores[key] = ImageScore(row.score, row.likeness)
        self._listed_runs[run_id] = True

    async def _read(self, keys: Iterable[_RoundKey]) -> None:
        async def read(key: _RoundKey) -> tuple[_RoundKey, ImageScore | None]:
            evaluation = await RoundFiles(self._store, key.run_id, key.item_id).read_evaluation(key.round)
            return key, None if evaluation is None else ImageScore(evaluation.score, evaluation.likeness)

        async for key, score in read_in_order(keys, read):
            if score is not None or key.run_id in self._listed_runs:
                self._scores[key] = score

    def _collect(self, keys: Mapping[int, _RoundKey]) -> dict[int, ImageScore]:
        found = {number: self._scores.get(key) for number, key in keys.items()}
        return {number: score for number, score in found.items() if score is not None}


def _parse_scores(data: Any) -> list[_ListedScore]:
    return _SCORES.validate_python(
        [(row["filename"], row["score"], row.get("likeness"), row["shippedIteration"]) for row in data]
    )


def _list_keys(index: CatalogIndex, numbers: Iterable[int]) -> dict[int, _RoundKey]:
    """Return which round of which run each refined image is."""
    rounds = index.refined_rounds
    return {
        number: _RoundKey(rounds[number][0], index.items[number].item_id, rounds[number][1])
        for number in numbers
        if number in rounds
    }
