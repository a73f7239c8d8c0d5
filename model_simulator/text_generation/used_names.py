"""Keeps the names of a batch apart: from those taken, and from each other."""

from collections.abc import Iterable

from rapidfuzz import fuzz, process

MAX_SIMILARITY = 86
"""From 90 (of 100) on, the catalog's rules call two names of a category near-duplicates; a writer keeps well clear."""


class UsedNames:
    """The names that a task knows of: no two are equal, and within a category none are alike."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._by_category: dict[str, list[str]] = {}

    def add(self, name: str, category: str) -> None:
        """Remember a name."""
        folded = " ".join(name.split()).casefold()
        self._names.add(folded)
        self._by_category.setdefault(category, []).append(folded)

    def add_all(self, names: Iterable[str], category: str) -> None:
        """Remember names of one category."""
        for name in names:
            self.add(name, category)

    def is_free(self, name: str, category: str) -> bool:
        """Tell whether a name is new and unlike all others of its category."""
        folded = " ".join(name.split()).casefold()
        if folded in self._names:
            return False
        others = self._by_category.get(category, ())
        return process.extractOne(folded, others, scorer=fuzz.token_sort_ratio, score_cutoff=MAX_SIMILARITY) is None
