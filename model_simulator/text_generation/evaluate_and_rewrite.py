"""Rewrite a prompt that was refused or scored low, and evaluate an image."""

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
"""Words that a content policy may refuse, and their neutral replacements."""

IMPROVEMENTS = (
    "friendly relaxed pose", "simple rounded shapes", "calm welcoming mood", "soft daylight", "clear silhouette",
    "gentle colors", "neat studio setup", "cheerful family-friendly look",
)  # fmt: skip

_UNWANTED = ("stray text in the background", "a second figure at the edge", "a blurred corner", "a harsh shadow")
_SCORE_BANDS, _BAND_WEIGHTS = ((86, 98), (68, 85), (35, 67)), (75, 17, 8)
_GOOD_SCORE, _FAIR_SCORE = 86, 68


def rewrite_prompt(task: Mapping[str, Any], rng: random.Random) -> dict[str, Any]:
    """Rewrite an image prompt: same subject, neutral words, missing details added.

    Additions follow the first part between commas, so that opening and tail stay in place. If the prompt is too long to
    change, its last detail is dropped, because the same prompt would be refused again.

    Args:
        task: ``{"prompt", "tail", "missing": [...], "wrong": [...], "unlike": [...], "avoid": [...],
            "promptCharacters"}``.
        rng: source of all random choices.

    Returns:
        ``{"prompt"}``, at most ``promptCharacters`` long unless the original was longer.
    """
    prompt: str = task["prompt"]
    limit: int = task["promptCharacters"]
    tail: str = task.get("tail", "")
    end = tail if prompt.endswith(tail) else ""
    opening, *parts = prompt.removesuffix(end).rstrip(", ").split(", ")
    unwanted = [*task.get("avoid", ()), *task.get("wrong", ())]
    kept = [part for part in map(_neutralize, parts) if not _mentions(part, unwanted)]

    def has_room_for(text: str) -> bool:
        return len(_join([opening, text, *kept], end)) <= limit

    for text in (*task.get("missing", ()), *task.get("unlike", ())):
        if text not in kept and not _mentions(text, unwanted) and has_room_for(text):
            kept.insert(0, text)
    improvements = [text for text in IMPROVEMENTS if text not in kept and not _mentions(text, unwanted)]
    if kept == parts and not any(map(has_room_for, improvements)):
        kept = kept[:-1]
    if fitting := list(filter(has_room_for, improvements)):
        kept.insert(0, rng.choice(fitting))
    return {"prompt": _join([opening, *kept], end)}


def evaluate_image(
    task: Mapping[str, Any], rng: random.Random, score_range: tuple[int, int] | None = None
) -> dict[str, Any]:
    """Score how well an image matches its prompt. The score is random: `compare_look` inspects the image.

    Args:
        task: ``{"prompt"}``.
        rng: source of all random choices.
        score_range: minimum and maximum score; None = random, mostly a good one.

    Returns:
        ``{"score": 0-100, "missing": [...], "wrong": [...], "unwanted": [...]}``, with more findings for lower scores.
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
    # A bow tie is not a bow.
    return re.sub(r"bow tie|\w+", lambda word: NEUTRAL_WORDS.get(word[0].casefold(), word[0]), text)


def _mentions(text: str, phrases: Iterable[str]) -> bool:
    folded = text.casefold()
    return any(phrase and phrase.casefold() in folded for phrase in phrases)
