"""Descriptions: two to four sentences whose details never repeat each other."""

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
"""How often there is no sentence, one, or two between the first and the last one. Products have less to tell from
each other by, so that two sentences would repeat too often."""

_FREE_TO_REPEAT = frozenset({"role", "roles", "noun"})
"""What the item is may be said twice."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with blanks, and the details that it speaks of (``a_tool`` and ``A_tool`` are both the tool)."""

    pattern: str
    blanks: frozenset[str]
    details: frozenset[str]


@cache
def read_sentences(name: str) -> Mapping[str, tuple[Sentence, ...]]:
    """Return the sentences of a data file by slot: openings, middles, closings."""
    return {
        slot: tuple(Sentence(pattern, blanks := _find_blanks(pattern), _find_details(blanks)) for pattern in patterns)
        for slot, patterns in read_json(name).items()
    }


class DescriptionWriter:
    """Writes descriptions; uses every sentence of a slot before it uses one again."""

    def __init__(self, name: str, rng: random.Random) -> None:
        self._bags = {slot: ShuffleBag(sentences, rng) for slot, sentences in read_sentences(name).items()}
        self._middle_weights = _MIDDLE_WEIGHTS[name]
        self._rng = rng

    def describe(self, values: Mapping[str, str]) -> str:
        """Return a description of two to four sentences.

        ``values`` fills the blanks; sentences with other blanks are not used.
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
    """Tell whether all that a sentence speaks of is known, and nothing of it has been told."""
    return sentence.blanks <= known and used.isdisjoint(sentence.details)


def _find_blanks(pattern: str) -> frozenset[str]:
    return frozenset(re.findall(r"{(\w+)}", pattern))


def _find_details(blanks: frozenset[str]) -> frozenset[str]:
    return frozenset(re.sub(r"^an?_|_2$", "", blank.lower()) for blank in blanks) - _FREE_TO_REPEAT
