"""Drafts of figures: a name from a theme's words, a matching appearance, a description and an image prompt."""

import random
from dataclasses import dataclass
from functools import cache
from typing import Any

from model_simulator.text_generation.compose_prompt import Frame, pick_colour
from model_simulator.text_generation.descriptions import DescriptionWriter
from model_simulator.text_generation.english_grammar import (
    add_article,
    capitalize,
    drop_article,
    have_common_stem,
    have_common_word,
    make_plural,
    name_single_item,
)
from model_simulator.text_generation.shuffle_bag import ShuffleBag
from model_simulator.text_generation.themes import Job, ThemeWords
from model_simulator.text_generation.vocabulary import EXPRESSIONS, TRIMS
from model_simulator.text_generation.word_data import read_json, read_phrases

MAX_NAME_WORDS = 4
"""The catalog's rules allow six; shorter names read better."""

_LEAD_SOURCES, _LEAD_WEIGHTS = ("own", "tempers", "tints", "hours"), (62, 16, 12, 10)
_NAME_FORMS, _NAME_WEIGHTS = (("lead", "thing", "role"), ("lead", "role"), ("thing", "role")), (80, 14, 6)
_COLOURLESS_HEADGEAR = frozenset(
    {"antenna", "flower wreath", "feather headdress", "goggles", "headlamp", "headphones", "pharaoh headdress"},
)


@dataclass(frozen=True, slots=True)
class FigureName:
    """A name and its parts.

    Attributes:
        text: the name.
        job: the job.
        lead: first word or words; empty without any.
        topic: subject of the job, in lower case: "comet trail".
        role: in lower case: "navigator".
    """

    text: str
    job: Job
    lead: str
    topic: str
    role: str


@dataclass(frozen=True, slots=True)
class FigureAppearance:
    """The visible details, in words of the vocabulary; ``clothes`` is the outfit with its colour."""

    clothes: str
    colour: str
    outfit: str
    trim: str
    hat: str
    hat_colour: str
    tool: str
    extra: str
    setting: str
    expression: str


class FigureWriter:
    """Writes the drafts of one category; varies words, sentences and appearance within a batch."""

    def __init__(self, theme: ThemeWords, description_writer: DescriptionWriter, rng: random.Random) -> None:
        self._theme = theme
        self._description_writer = description_writer
        self._rng = rng
        self._jobs = ShuffleBag(theme.jobs, rng)
        self._does = {job: ShuffleBag(job.does, rng) for job in theme.jobs}
        self._where = ShuffleBag(theme.where, rng)
        self._loves = ShuffleBag(theme.loves, rng)
        self._outfits, self._hats = ShuffleBag(theme.outfits, rng), ShuffleBag(theme.hats, rng)
        self._pools = {key: ShuffleBag(_read_pools()[key], rng) for key in ("virtues", "moods", "quirks")}

    def propose_name(self) -> FigureName:
        """Return a plausible name, which may already be taken."""
        pools, rng = _read_pools(), self._rng
        while True:
            job = self._jobs.pick()
            source = rng.choices(_LEAD_SOURCES, _LEAD_WEIGHTS)[0]
            lead = rng.choice(self._theme.leads if source == "own" else pools[source])
            parts = {"lead": lead, "thing": rng.choice(job.things), "role": rng.choice(job.roles)}
            form = rng.choices(_NAME_FORMS, _NAME_WEIGHTS)[0]
            text = " ".join(parts[part] for part in form)
            if len(text.split()) <= MAX_NAME_WORDS and not have_common_stem(text.replace("-", " ").split()):
                shown_lead = lead if "lead" in form else ""
                topic = f"{shown_lead} {parts['thing']}" if source == "own" else parts["thing"]
                return FigureName(text, job, shown_lead, topic.strip().lower(), parts["role"].lower())

    def complete(self, name: FigureName, frame: Frame) -> dict[str, str]:
        """Return description and image prompt for a name."""
        appearance = self._choose_appearance(name)
        return {
            "description": self._description_writer.describe(self._collect_values(name, appearance)),
            "imagePrompt": frame.compose(_list_details(appearance), self._rng),
        }

    def _choose_appearance(self, name: FigureName) -> FigureAppearance:
        rng, theme = self._rng, self._theme
        outfit, hat = self._outfits.pick(), self._hats.pick()
        tint = _read_tints().get(name.lead, "")
        colour = pick_colour(outfit, theme.colours, rng, wish=tint)
        trim_colour = pick_colour("trim", theme.colours, rng, avoid=colour, wish=tint if tint != colour else "")
        hat_colour = "" if hat in _COLOURLESS_HEADGEAR else pick_colour(hat, theme.colours, rng, avoid=colour)
        return FigureAppearance(
            clothes=f"{colour} {outfit}",
            colour=colour,
            outfit=outfit,
            trim=f"{trim_colour} {rng.choice(TRIMS)}",
            hat=hat,
            hat_colour=hat_colour,
            tool=rng.choice(name.job.tools),
            extra=rng.choice(theme.extras),
            setting=rng.choice(theme.settings),
            expression=rng.choice(EXPRESSIONS),
        )

    def _collect_values(self, name: FigureName, appearance: FigureAppearance) -> dict[str, str]:
        where, mood = self._where.pick(), self._pools["moods"].pick()
        tool, hat = name_single_item(appearance.tool), name_single_item(appearance.hat, appearance.hat_colour)
        outfit = name_single_item(appearance.outfit, appearance.colour)
        return {
            "role": name.role,
            "roles": make_plural(name.role),
            "a_role": add_article(name.role),
            "mood": mood,
            "A_mood": capitalize(add_article(mood)),
            "does": self._does[name.job].pick(lambda does: not have_common_word(does, where)),
            "topic": name.topic,
            "where": where,
            "Where": capitalize(where),
            "love": self._loves.pick(),
            "quirk": self._pools["quirks"].pick(),
            "virtue": self._pools["virtues"].pick(),
            "virtue_2": self._pools["virtues"].pick(),
            "tool": drop_article(tool),
            "a_tool": tool,
            "A_tool": capitalize(tool),
            "hat": drop_article(name_single_item(appearance.hat)),
            "a_hat": hat,
            "A_hat": capitalize(hat),
            "outfit": appearance.clothes,
            "an_outfit": outfit,
        }


def _list_details(appearance: FigureAppearance) -> list[str]:
    """Return the details of the prompt, in the order of the vocabulary's pattern."""
    return [
        f"{appearance.clothes} with {appearance.trim}",
        f"{appearance.hat_colour} {appearance.hat}".strip(),
        f"holding {name_single_item(appearance.tool)}",
        f"{appearance.setting} backdrop",
        appearance.extra,
        appearance.expression,
    ]


@cache
def _read_pools() -> dict[str, tuple[str, ...]]:
    return {**read_phrases("pools.json"), "tints": tuple(_read_tints())}


@cache
def _read_tints() -> dict[str, str]:
    """Return the colour of each tint in a name."""
    document: dict[str, Any] = read_json("pools.json")
    return dict(document["tints"])
