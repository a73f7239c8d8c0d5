"""Drafts of products, for every subject that is not about figures."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from model_simulator.text_generation.compose_prompt import Frame, pick_colour
from model_simulator.text_generation.descriptions import DescriptionWriter
from model_simulator.text_generation.english_grammar import add_article, capitalize, drop_article, have_common_stem
from model_simulator.text_generation.shuffle_bag import ShuffleBag
from model_simulator.text_generation.subjects import ProductField
from model_simulator.text_generation.vocabulary import COLOURS, SHAPES
from model_simulator.text_generation.word_data import read_json, read_phrases, split_phrases

MAX_NAME_WORDS = 6
_FEW_THINGS = 4
"""Categories with fewer things get longer names, which differ more."""

_SHORT_NAMES = {
    ("series", "material", "thing"): 40,
    ("series", "feature", "thing"): 40,
    ("series", "colour", "thing"): 15,
    ("series", "thing"): 5,
}
_LONG_NAMES = {
    ("series", "feature", "colour", "thing"): 40,
    ("series", "feature", "material", "thing"): 45,
    ("series", "colour", "material", "thing"): 15,
}
"""Parts of names, and their weights."""

_PRODUCT_TRIMS = ("trim", "stripes", "panels")


@dataclass(frozen=True, slots=True)
class ProductName:
    """A name and its parts."""

    text: str
    series: str
    material: str
    colour: str
    thing: str


@dataclass(frozen=True, slots=True)
class _MaterialStyle:
    """Words for products of some materials: details, care, edges and joints."""

    materials: tuple[str, ...]
    details: tuple[str, ...]
    care: str
    edges: str
    joint: str


class ProductWriter:
    """Writes the drafts of one category; varies words, sentences and appearance within a batch."""

    def __init__(self, field: ProductField, description_writer: DescriptionWriter, rng: random.Random) -> None:
        self._field = field
        self._description_writer = description_writer
        self._rng = rng
        words = read_phrases("products.json")
        self._series, self._features = words["series"], words["features"]
        self._things = ShuffleBag(((thing, line) for line in field.lines for thing in line.things), rng)
        self._forms = _LONG_NAMES if len(field.list_things()) < _FEW_THINGS else _SHORT_NAMES
        self._details = {kind: ShuffleBag(style.details, rng) for kind, style in _read_material_styles().items()}
        self._places, self._virtues = ShuffleBag(words["places"], rng), ShuffleBag(words["virtues"], rng)
        self._does = ShuffleBag(field.does + words["does"], rng)

    def propose_name(self) -> ProductName:
        """Return a plausible name, which may already be taken."""
        rng = self._rng
        while True:
            thing, line = self._things.pick()
            material = rng.choice(line.materials)
            colour = pick_colour(material, COLOURS, rng)
            shown = {
                "series": rng.choice(self._series),
                "feature": rng.choice(self._features),
                "material": material.title(),
                "colour": colour.title(),
                "thing": thing,
            }
            form = rng.choices(list(self._forms), list(self._forms.values()))[0]
            text = " ".join(shown[part] for part in form)
            added = [shown[part] for part in form if part != "thing"]
            if not have_common_stem([*added, *shown["thing"].split()[-1:]]) and len(text.split()) <= MAX_NAME_WORDS:
                return ProductName(text, shown["series"], material, colour, thing)

    def complete(self, name: ProductName, frame: Frame) -> dict[str, str]:
        """Return description and image prompt for a name."""
        rng, thing = self._rng, name.thing.lower()
        kind = "soft" if name.material in _read_material_styles()["soft"].materials else "hard"
        style, detail, place = _read_material_styles()[kind], self._details[kind].pick(), self._places.pick()
        trim_colour = pick_colour("trim", COLOURS, rng, avoid=name.colour)
        shape, finish = rng.choice(SHAPES), rng.choice(_read_finishes()[name.material])
        blanks = {
            "noun": thing,
            "a_noun": add_article(thing),
            "series": name.series,
            "material": name.material,
            "colour": name.colour,
            "trim_colour": trim_colour,
            "finish": finish,
            "A_finish": capitalize(add_article(finish)),
            "detail": detail,
            "place": place,
            "Place": capitalize(place),
            "does": self._does.pick(),
            "virtue": self._virtues.pick(),
            "care": style.care,
            "edges": style.edges,
            "joint": style.joint,
        }
        if kind == "hard":  # soft things have no fixed shape
            blanks |= {"shape": shape, "A_shape": capitalize(add_article(shape))}
        details = [
            f"{shape} {thing}" if kind == "hard" else thing,
            f"{name.colour} {name.material} body with {trim_colour} {rng.choice(_PRODUCT_TRIMS)}",
            f"{finish} finish with {drop_article(detail)}",
            f"{rng.choice(self._field.settings)} backdrop",
        ]
        return {"description": self._description_writer.describe(blanks), "imagePrompt": frame.compose(details, rng)}


@cache
def _read_material_styles() -> Mapping[str, _MaterialStyle]:
    """Return the words for hard and for soft products."""
    document = read_json("products.json")
    return {
        kind: _MaterialStyle(
            split_phrases(document[kind]["materials"]),
            split_phrases(document[kind]["details"]),
            *(document[kind][key] for key in ("care", "edges", "joint")),
        )
        for kind in ("hard", "soft")
    }


@cache
def _read_finishes() -> Mapping[str, tuple[str, ...]]:
    """Return the possible finishes of each material."""
    return {
        material: split_phrases(finishes)
        for materials, finishes in read_json("products.json")["finishes"].items()
        for material in split_phrases(materials)
    }
