"""Descriptions: two to four sentences that do not repeat details."""

import random
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache, partial

from model_simulator.text_generation.shuffle_bag import ShuffleBag
from model_simulator.text_generation.word_data import read_json

FIGURE_SENTENCES, PRODUCT_SENTENCES = "figure_sentences.json", "product_sentences.json"

_MIDDLE_WEIGHTS = {FIGURE_SENTENCES: (20, 55, 25), PRODUCT_SENTENCES: (0, 65, 35)}
"""Weights of zero, one and two sentences between the first and the last. Products always have at least one: their
first and last sentences vary less."""

_FREE_TO_REPEAT = frozenset({"role", "roles", "noun"})
"""Details that may repeat: what the item is."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence pattern, its blanks, and the details they stand for (``a_tool`` and ``A_tool`` are both the tool)."""

    pattern: str
    blanks: frozenset[str]
    details: frozenset[str]


@cache
def read_sentences(name: str) -> Mapping[str, tuple[Sentence, ...]]:
    """Return the sentences of a data file by position: openings, middles, closings."""
    return {
        slot: tuple(Sentence(pattern, blanks := _find_blanks(pattern), _find_details(blanks)) for pattern in patterns)
        for slot, patterns in read_json(name).items()
    }


class DescriptionWriter:
    """Writes descriptions; uses every sentence once before it repeats one."""

    def __init__(self, name: str, rng: random.Random) -> None:
        self._bags = {slot: ShuffleBag(sentences, rng) for slot, sentences in read_sentences(name).items()}
        self._middle_weights = _MIDDLE_WEIGHTS[name]
        self._rng = rng

    def describe(self, values: Mapping[str, str]) -> str:
        """Return a description of two to four sentences.

        ``values`` fills the blanks; sentences with other blanks are skipped.
        """
        middles = self._rng.choices(range(3), self._middle_weights)[0]
        used: set[str] = set()
        sentences = []
        for slot in ("openings", *["middles"] * middles, "closings"):
            sentence = self._bags[slot].pick(partial(_adds_only_new_details, used, values.keys()))
            used |= sentence.details
            sentences.append(sentence.pattern.format_map(values))
        return " ".join(sentences)


def _adds_only_new_details(used: AbstractSet[str], known: AbstractSet[str], sentence: Sentence) -> bool:
    """Return whether all blanks of a sentence have values, and none of its details was used."""
    return sentence.blanks <= known and used.isdisjoint(sentence.details)


def _find_blanks(pattern: str) -> frozenset[str]:
    return frozenset(re.findall(r"{(\w+)}", pattern))


def _find_details(blanks: frozenset[str]) -> frozenset[str]:
    return frozenset(re.sub(r"^an?_|_2$", "", blank.lower()) for blank in blanks) - _FREE_TO_REPEAT
