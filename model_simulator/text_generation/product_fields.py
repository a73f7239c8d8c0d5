"""What the products of a category are, for any subject.

A known field (kitchen, garden, lighting, ...) brings things, materials and settings; a subject of no known field brings
itself: "space-age toasters" are toasters.
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
"""Longer words of a subject (in UTF-16 units, as the importer counts) do not fit into names of 80 characters."""


@dataclass(frozen=True, slots=True)
class ProductLine:
    """Things, and the materials that each of them can be made of."""

    things: tuple[str, ...]
    materials: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProductField:
    """What a category's products are, where they stand and what they do."""

    lines: tuple[ProductLine, ...]
    settings: tuple[str, ...]
    does: tuple[str, ...]

    def list_things(self) -> tuple[str, ...]:
        """Return the things of all lines."""
        return tuple(thing for line in self.lines for thing in line.things)

    def narrow(self, thing: str) -> "ProductField":
        """Return the field with this one thing, of the materials of its line, or of any where it is unknown."""
        materials = next((line.materials for line in self.lines if thing in line.things), None)
        return replace(self, lines=(ProductLine((thing,), materials or _read_general_field().lines[0].materials),))

    def restrict(self, materials: tuple[str, ...]) -> "ProductField":
        """Return the field with everything made of these materials; with its own ones where there are none."""
        return replace(self, lines=tuple(replace(line, materials=materials or line.materials) for line in self.lines))


@lru_cache(maxsize=512)
def find_field(subject: str, category: str) -> ProductField:
    """Return what the products of a category are.

    The category's own noun decides ("Patio Chairs" are chairs) unless it is a vague one ("Kitchen Tools"): then the
    field's things are taken, or, where no field is known, the subject's noun. Where category or subject name a
    material, everything is made of it.
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
    """Return the things that a vague subject of a known field stands for, such as "kitchen tools"; else none."""
    field = _find_known_field(subject)
    noun = find_noun(subject)
    return field.list_things() if field and (not noun or is_vague(noun)) else ()


def find_noun(text: str) -> str:
    """Return what a phrase is about, in the singular and in title case: the known thing it ends with, or its last word.

    Empty if there is no word in it.
    """
    words = make_singular(" ".join(list_words(text))).split()
    for length in (3, 2):
        if _find_field_of(" ".join(words[-length:])):
            return " ".join(words[-length:])
    return words[-1] if words else ""


def is_vague(noun: str) -> bool:
    """Tell whether a noun, such as "Tool", says nothing of what is to be drawn."""
    return noun.casefold() in read_phrases("products.json")["vague_heads"]


def list_words(text: str) -> list[str]:
    """Return the words of a text in title case, hyphens kept; none that are overlong, numbers or "-style"."""
    found = re.findall(r"[^\W_]+(?:[-'][^\W_]+)*", text)
    words = [word for word in found if _is_short(word) and re.search(r"[^\W\d_]", word) and not word.endswith("-style")]
    return ["-".join(map(capitalize, word.split("-"))) for word in words]


def _is_short(word: str) -> bool:
    return len(word.encode("utf-16-le")) <= 2 * MAX_WORD_CHARACTERS


def _find_known_field(text: str) -> ProductField | None:
    """Return the field that most words of a text point to, or None if none does."""
    words = {make_singular(word) for word in re.findall(r"[^\W_]+", text.casefold())}
    best = max(_read_fields(), key=lambda keys: len(words.intersection(keys)))
    return None if words.isdisjoint(best) else _read_fields()[best]


@cache
def _find_field_of(thing: str) -> ProductField | None:
    return next((field for field in _read_fields().values() if thing in field.list_things()), None)


@cache
def _read_fields() -> Mapping[tuple[str, ...], ProductField]:
    """Return the fields by the words that tell them."""
    return {split_phrases(entry["keys"]): _read_field(entry) for entry in read_json("products.json")["fields"]}


@cache
def _read_general_field() -> ProductField:
    """Return what suits products of any kind; it has no things of its own."""
    return _read_field(read_json("products.json")["general"])


def _read_field(entry: Mapping[str, Any]) -> ProductField:
    lines = (ProductLine(split_phrases(line["things"]), split_phrases(line["materials"])) for line in entry["lines"])
    return ProductField(tuple(lines), split_phrases(entry["settings"]), split_phrases(entry["does"]))
