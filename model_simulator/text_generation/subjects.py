"""What a subject asks for: figures, or products with their materials and settings.

A known field (kitchen, garden, lighting, ...) has things, materials and settings. A subject outside the known fields
stands for itself: "space-age toasters" are toasters.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from model_simulator.text_generation.english_grammar import capitalize, make_singular
from model_simulator.text_generation.vocabulary import MATERIALS
from model_simulator.text_generation.word_data import read_json, read_phrases, split_phrases

MAX_WORD_CHARACTERS = 20
"""Longer words of a subject (in UTF-16 units) do not fit into names of 80 characters."""

_FIGURES = re.compile(
    r"\b(?:minifigs?|(?:mini)?figures?|figurines?|characters?|dolls?|hero(?:es)?|heroines?|soldiers?|puppets?)"
    r"\s*(?:$|[^\w\s-]|(?:and|as|at|for|from|in|inspired|of|on|or|that|to|who|with)\b)",
    re.IGNORECASE,
)
"""A word for figures at the end of a phrase: "toy figures for collectors", but not "character mugs"."""


@dataclass(frozen=True, slots=True)
class ProductLine:
    """Things and their possible materials."""

    things: tuple[str, ...]
    materials: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProductField:
    """The things, settings and uses of a category's products."""

    lines: tuple[ProductLine, ...]
    settings: tuple[str, ...]
    does: tuple[str, ...]

    def list_things(self) -> tuple[str, ...]:
        """Return the things of all lines."""
        return tuple(thing for line in self.lines for thing in line.things)

    def narrow(self, thing: str) -> "ProductField":
        """Return the field with this thing only, in the materials of its line, or in general ones if it is unknown."""
        materials = next((line.materials for line in self.lines if thing in line.things), None)
        return replace(self, lines=(ProductLine((thing,), materials or _read_general_field().lines[0].materials),))

    def restrict(self, materials: tuple[str, ...]) -> "ProductField":
        """Return the field with these materials only; unchanged if there are none."""
        return replace(self, lines=tuple(replace(line, materials=materials or line.materials) for line in self.lines))


def is_about_figures(subject: str) -> bool:
    """Return whether the items are figures ("LEGO-style minifigures") rather than products ("kitchen tools")."""
    return _FIGURES.search(subject) is not None


@lru_cache(maxsize=512)
def find_field(subject: str, category: str) -> ProductField:
    """Return the product field of a category.

    The category's noun decides ("Patio Chairs" are chairs). If it is vague ("Kitchen Tools"), the field's things apply,
    or the subject's noun without a known field. A material that category or subject name applies to all products.
    """
    words = f"{category} {subject}".casefold()
    return _choose_field(subject, category).restrict(
        tuple(material for material in MATERIALS if re.search(rf"\b{material}\b", words)),
    )


def _choose_field(subject: str, category: str) -> ProductField:
    field = _find_known_field(category) or _find_known_field(subject)
    for text in (category, subject):
        noun = find_noun(text)
        if noun and not is_vague(noun):
            return (_find_field_of(noun) or field or _read_general_field()).narrow(noun)
    if field:
        return field
    words = list_words(subject)[-2:] or list_words(category)[-2:] or ["Product"]
    return _read_general_field().narrow(make_singular(" ".join(words)))


def list_things(subject: str) -> tuple[str, ...]:
    """Return the things of a vague subject with a known field, such as "kitchen tools"; else none."""
    field = _find_known_field(subject)
    noun = find_noun(subject)
    return field.list_things() if field and (not noun or is_vague(noun)) else ()


def find_noun(text: str) -> str:
    """Return the noun of a phrase, singular and in title case: the known thing at its end, or its last word.

    Empty if the phrase has no words.
    """
    words = make_singular(" ".join(list_words(text))).split()
    for length in (3, 2):
        if _find_field_of(" ".join(words[-length:])):
            return " ".join(words[-length:])
    return words[-1] if words else ""


def is_vague(noun: str) -> bool:
    """Return whether a noun, such as "Tool", does not name a kind of thing."""
    return noun.casefold() in read_phrases("products.json")["vague_heads"]


def list_words(text: str) -> list[str]:
    """Return the words of a text in title case, with hyphens, without overlong words, numbers and "-style"."""
    found = re.findall(r"[^\W_]+(?:[-'][^\W_]+)*", text)
    words = [word for word in found if _is_short(word) and re.search(r"[^\W\d_]", word) and not word.endswith("-style")]
    return ["-".join(map(capitalize, word.split("-"))) for word in words]


def _is_short(word: str) -> bool:
    return len(word.encode("utf-16-le")) <= 2 * MAX_WORD_CHARACTERS


def _find_known_field(text: str) -> ProductField | None:
    """Return the field that matches most words of a text, or None."""
    words = {make_singular(word) for word in re.findall(r"[^\W_]+", text.casefold())}
    best = max(_read_fields(), key=lambda keys: len(words.intersection(keys)))
    return None if words.isdisjoint(best) else _read_fields()[best]


@cache
def _find_field_of(thing: str) -> ProductField | None:
    return next((field for field in _read_fields().values() if thing in field.list_things()), None)


@cache
def _read_fields() -> Mapping[tuple[str, ...], ProductField]:
    """Return the fields by their keywords."""
    return {split_phrases(entry["keys"]): _read_field(entry) for entry in read_json("products.json")["fields"]}


@cache
def _read_general_field() -> ProductField:
    """Return the field for products of any kind; it has no things."""
    return _read_field(read_json("products.json")["general"])


def _read_field(entry: Mapping[str, Any]) -> ProductField:
    lines = (ProductLine(split_phrases(line["things"]), split_phrases(line["materials"])) for line in entry["lines"])
    return ProductField(tuple(lines), split_phrases(entry["settings"]), split_phrases(entry["does"]))
