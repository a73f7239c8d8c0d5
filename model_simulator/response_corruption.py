"""Corrupt text answers: duplicate names, forbidden words, truncated JSON."""

import random
from collections.abc import Mapping
from typing import Any

FORBIDDEN_ENDING = " with a nod to {word}."


def add_duplicate_names(drafts: list[dict[str, Any]], task: Mapping[str, Any], stream: random.Random) -> None:
    """Give half of the drafts a name that their category or another draft already has."""
    taken = {category["name"]: list(category["taken"]) for category in task["categories"]}
    affected, others = _halve(drafts, stream)
    for draft in affected:
        names = taken.get(draft["category"], []) + [other["name"] for other in others]
        if names:
            draft["name"] = stream.choice(names)


def add_forbidden_words(drafts: list[dict[str, Any]], task: Mapping[str, Any], stream: random.Random) -> None:
    """Add a forbidden word to the descriptions of half of the drafts; the number of sentences does not change."""
    if not task["forbiddenWords"]:
        return
    for draft in _halve(drafts, stream)[0]:
        word = stream.choice(task["forbiddenWords"])
        draft["description"] = draft["description"].rstrip(" .!?") + FORBIDDEN_ENDING.format(word=word)


def add_forbidden_details(prompts: list[dict[str, Any]], task: Mapping[str, Any], stream: random.Random) -> None:
    """Add a brand or a forbidden word to half of the prompts, before their tail."""
    words = [*task["brands"], *task["forbiddenWords"]]
    if not words:
        return
    tail = f", {task['tail']}" if task["tail"] else ""
    for prompt in _halve(prompts, stream)[0]:
        prompt["prompt"] = f"{prompt['prompt'].removesuffix(tail)}, with a {stream.choice(words)} sign{tail}"


def truncate_json(text: str, stream: random.Random) -> str:
    """Truncate an answer in its middle third, so that the rest is not valid JSON."""
    return text[: stream.randint(len(text) // 3, len(text) * 2 // 3)]


def _halve(drafts: list[dict[str, Any]], stream: random.Random) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Split at random into two halves; with an odd number, either may be larger."""
    shuffled = stream.sample(drafts, len(drafts))
    middle = (len(drafts) + stream.randint(0, 1)) // 2
    return shuffled[:middle], shuffled[middle:]
