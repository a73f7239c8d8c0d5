"""The model's second look: rewriting a prompt that did not pass, and judging an image."""

import random
import re
from collections.abc import Iterable, Mapping
from typing import Any

NEUTRAL_WORDS = {
    "axe": "shovel",
    "bow": "flag",
    "cannon": "barrel",
    "knife": "spoon",
    "mask": "book",
    "skull": "star",
    "spear": "staff",
    "sword": "staff",
    "syringe": "clipboard",
    "weapon": "tool",
}
"""What an image service may take amiss, and what is drawn instead."""

IMPROVEMENTS = (
    "friendly relaxed pose", "simple rounded shapes", "calm welcoming mood", "soft daylight", "clear silhouette",
    "gentle colors", "neat studio setup", "cheerful family-friendly look",
)  # fmt: skip

_UNWANTED = ("stray text in the background", "a second figure at the edge", "a blurred corner", "a harsh shadow")
_SCORE_BANDS, _BAND_WEIGHTS = ((86, 98), (68, 85), (35, 67)), (75, 17, 8)
_GOOD_SCORE, _FAIR_SCORE = 86, 68


def rewrite_prompt(task: Mapping[str, Any], rng: random.Random) -> dict[str, Any]:
    """Write an image prompt anew: same subject, neutral words, what was missing named.

    The first part between commas stays the first; what is added follows it, so that the tail stays the tail, also
    behind a sentence. Where nothing would change for lack of room, the last detail makes some: the same prompt would be
    refused again.

    Args:
        task: ``{"prompt", "tail", "missing": [...], "wrong": [...], "avoid": [...], "promptCharacters"}``.
        rng: decides everything that is left open.

    Returns:
        ``{"prompt"}``, no longer than ``promptCharacters`` unless the given one was.
    """
    prompt: str = task["prompt"]
    limit: int = task["promptCharacters"]
    tail: str = task.get("tail", "")
    end = tail if prompt.endswith(tail) else ""
    opening, *parts = prompt.removesuffix(end).rstrip(", ").split(", ")
    unwelcome = [*task.get("avoid", ()), *task.get("wrong", ())]
    kept = [part for part in map(_neutralize, parts) if not _mentions(part, unwelcome)]

    def has_room_for(text: str) -> bool:
        return len(_join([opening, text, *kept], end)) <= limit

    for text in task.get("missing", ()):
        if text not in kept and not _mentions(text, unwelcome) and has_room_for(text):
            kept.insert(0, text)
    improvements = [text for text in IMPROVEMENTS if text not in kept and not _mentions(text, unwelcome)]
    if kept == parts and not any(map(has_room_for, improvements)):
        kept = kept[:-1]
    if fitting := list(filter(has_room_for, improvements)):
        kept.insert(0, rng.choice(fitting))
    return {"prompt": _join([opening, *kept], end)}


def evaluate_image(
    task: Mapping[str, Any], rng: random.Random, score_range: tuple[int, int] | None = None
) -> dict[str, Any]:
    """Judge how well an image shows its prompt.

    Args:
        task: ``{"prompt"}``; the image itself is not looked at.
        rng: decides the verdict.
        score_range: the lowest and the highest score that it may give; None = drawn, mostly a good one.

    Returns:
        ``{"score": 0-100, "missing": [...], "wrong": [...], "unwanted": [...]}``; the lower the score, the more there
        is to find fault with.
    """
    score = rng.randint(*(score_range or rng.choices(_SCORE_BANDS, _BAND_WEIGHTS)[0]))
    details = task["prompt"].split(", ")[1:5]
    rng.shuffle(details)
    return {
        "score": score,
        "missing": details[:1] if score < _GOOD_SCORE else [],
        "wrong": details[1:2] if score < _FAIR_SCORE else [],
        "unwanted": [rng.choice(_UNWANTED)] if score < _FAIR_SCORE else [],
    }


def _join(parts: list[str], tail: str) -> str:
    body = ", ".join(parts)
    if not tail:
        return body
    return f"{body}{' ' if body.endswith(('.', '!', '?')) else ', '}{tail}"


def _neutralize(text: str) -> str:
    # A bow tie is no bow.
    return re.sub(r"bow tie|\w+", lambda word: NEUTRAL_WORDS.get(word[0].casefold(), word[0]), text)


def _mentions(text: str, phrases: Iterable[str]) -> bool:
    folded = text.casefold()
    return any(phrase and phrase.casefold() in folded for phrase in phrases)
