"""Read a prompt: what a figure wears, holds and stands in front of, and in which colours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from model_simulator.drawing import scenes, tools
from model_simulator.drawing.canvas import Rgb
from model_simulator.drawing.colors import COLOUR_WORDS
from model_simulator.drawing.figures import HEADGEAR, clothing_details, extras, headgear, outfits, roles
from model_simulator.drawing.lexicon import Hit, Lexicon

FIGURE_WORDS = frozenset({"figure", "minifigure", "minifig", "figurine", "character"})
HOLDING_WORDS = frozenset(
    {"holding", "hold", "carrying", "gripping", "wielding", "raising", "using", "playing", "lifting"}
)
BACKGROUNDS = frozenset({"background", "backdrop"})
"""Words that turn a preceding colour into a background colour: "white background"."""
MAX_WORD_DISTANCE = 2
"""Maximum distance from a colour to its thing ("white padded spacesuit")."""

Meaning = tuple[str, str]
"""Meaning of a phrase: a kind (``outfit``, ``tool``, ...) and a name."""


@dataclass(frozen=True, slots=True)
class Named:
    """A thing that the prompt names, and its colours."""

    name: str
    colours: tuple[Rgb, ...] = ()

    def first_colour(self, default: Rgb) -> Rgb:
        """Return the first colour, or ``default``."""
        return self.colours[0] if self.colours else default


@dataclass(frozen=True, slots=True)
class FigureDescription:
    """The figure that a prompt describes; None and empty values where it is silent.

    Attributes:
        loose: colours without a known thing.
    """

    outfit: Named | None = None
    trim: Named | None = None
    headgear: Named | None = None
    tool: Named | None = None
    setting: Named | None = None
    extras: tuple[Named, ...] = ()
    loose: tuple[Rgb, ...] = ()


@dataclass(slots=True)
class _Notes:
    """Things found so far, by kind."""

    found: dict[str, list[Named]] = field(default_factory=dict)
    held: list[Named] = field(default_factory=list)
    loose: list[Rgb] = field(default_factory=list)

    def first(self, kind: str) -> Named | None:
        return next(iter(self.found.get(kind, ())), None)


def _collect(*tables: tuple[str, Mapping[str, object], Mapping[str, str]]) -> Lexicon[tuple[Meaning, ...]]:
    phrases: dict[str, tuple[Meaning, ...]] = {}
    for kind, things, aliases in tables:
        for phrase, name in [*((name, name) for name in things), *aliases.items()]:
            phrases[phrase] = (*phrases.get(phrase, ()), (kind, name))
    return Lexicon(phrases)


_LEXICON = _collect(
    ("headgear", HEADGEAR, headgear.ALIASES),
    ("outfit", outfits.OUTFITS, outfits.ALIASES),
    ("extra", extras.EXTRAS, extras.ALIASES),
    ("trim", clothing_details.TRIMS, clothing_details.ALIASES),
    ("tool", tools.TOOLS, tools.ALIASES),
    ("setting", scenes.SCENES, scenes.ALIASES),
    ("role", roles.ROLES, {}),
    ("colour", COLOUR_WORDS, {}),
)


def is_about_a_figure(words: Sequence[str]) -> bool:
    """Return whether the prompt asks for a toy figure rather than a product."""
    return not FIGURE_WORDS.isdisjoint(words)


def find_setting(words: Sequence[str]) -> str | None:
    """Return the last backdrop that the words name, or None."""
    names = [name for hit in _LEXICON.find(words) for kind, name in hit.value if kind == "setting"]
    return names[-1] if names else None


def find_colours(words: Sequence[str]) -> tuple[Rgb, ...]:
    """Return the colours that the words name, in order."""
    return tuple(
        COLOUR_WORDS[name]
        for hit in _LEXICON.find(words)
        for kind, name in hit.value
        if kind == "colour" and not _is_of_background(words, hit.end)
    )


def read_figure(words: Sequence[str]) -> FigureDescription:
    """Return the figure that a prompt describes after its opening.

    The first thing of each kind counts, except for the last setting and the last word after ``holding`` ("a star map
    tablet" is a tablet). A role ("pirate", "astronaut") provides what the prompt does not name.
    """
    start = next((index + 1 for index, word in enumerate(words) if word in FIGURE_WORDS), 0)
    notes = _Notes()
    clause: list[str] = []
    for word in [*words[start:], ","]:
        if word in ",.;":
            _read_clause(clause, notes)
            clause = []
        else:
            clause.append(word)
    said = notes.found
    role = roles.ROLES[said["role"][0].name] if "role" in said else roles.Role()
    return FigureDescription(
        outfit=notes.first("outfit") or _named(role.outfit),
        trim=notes.first("trim"),
        headgear=notes.first("headgear") or _named(role.headgear),
        tool=notes.held[-1] if notes.held else notes.first("tool") or _named(role.tool),
        setting=said["setting"][-1] if "setting" in said else _named(role.setting),
        extras=tuple(dict.fromkeys(said.get("extra", ()))),
        loose=tuple(notes.loose),
    )


def _is_of_background(words: Sequence[str], end: int) -> bool:
    return end < len(words) and words[end] in BACKGROUNDS


def _named(name: str | None) -> Named | None:
    return Named(name) if name else None


def _read_clause(words: Sequence[str], notes: _Notes) -> None:
    """Record the things of one clause; a colour belongs to the thing that follows it."""
    grip = next((index for index, word in enumerate(words) if word in HOLDING_WORDS), len(words))
    colours: list[Rgb] = []
    last = 0
    for hit in _LEXICON.find(words):
        if hit.start - last > MAX_WORD_DISTANCE:
            notes.loose.extend(colours)
            colours = []
        last = hit.end
        kind, name = _choose_meaning(hit, held=hit.start > grip)
        if kind == "colour":
            if not _is_of_background(words, hit.end):
                colours.append(COLOUR_WORDS[name])
            continue
        thing = Named(name, tuple(colours))
        colours = []
        if kind == "tool" and hit.start > grip:
            notes.held.append(thing)
        else:
            notes.found.setdefault(kind, []).append(thing)
    notes.loose.extend(colours)


def _choose_meaning(hit: Hit[tuple[Meaning, ...]], *, held: bool) -> Meaning:
    """Return the meaning of a phrase: a tool if it is held, else its first meaning."""
    return next((meaning for meaning in hit.value if held and meaning[0] == "tool"), hit.value[0])
