"""Spoiling a text answer on purpose: names that are taken, words that are forbidden, and JSON cut off."""

import random
from collections.abc import Mapping
from typing import Any

FORBIDDEN_ENDING = " with a nod to {word}."


def add_duplicate_names(drafts: list[dict[str, Any]], task: Mapping[str, Any], stream: random.Random) -> None:
    """Give half of the drafts a name that their category has already, or that another draft of the answer has."""
    taken = {category["name"]: list(category["taken"]) for category in task["categories"]}
    victims, others = _halve(drafts, stream)
    for draft in victims:
        names = taken.get(draft["category"], []) + [other["name"] for other in others]
        if names:
            draft["name"] = stream.choice(names)


def add_forbidden_words(drafts: list[dict[str, Any]], task: Mapping[str, Any], stream: random.Random) -> None:
    """Put a forbidden word into the description of half of the drafts; the number of sentences stays."""
    if not task["forbiddenWords"]:
        return
    for draft in _halve(drafts, stream)[0]:
        word = stream.choice(task["forbiddenWords"])
        draft["description"] = draft["description"].rstrip(" .!?") + FORBIDDEN_ENDING.format(word=word)


def add_forbidden_details(prompts: list[dict[str, Any]], task: Mapping[str, Any], stream: random.Random) -> None:
    """Put a brand or a forbidden word into half of the prompts, before their tail."""
    words = [*task["brands"], *task["forbiddenWords"]]
    if not words:
        return
    tail = f", {task['tail']}" if task["tail"] else ""
    for prompt in _halve(prompts, stream)[0]:
        prompt["prompt"] = f"{prompt['prompt'].removesuffix(tail)}, with a {stream.choice(words)} sign{tail}"


def truncate_json(text: str, stream: random.Random) -> str:
    """Cut an answer somewhere in its middle third, so that what is left is no JSON."""
    return text[: stream.randint(len(text) // 3, len(text) * 2 // 3)]


def _halve(drafts: list[dict[str, Any]], stream: random.Random) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Split at random; the odd one of an odd number goes to either half."""
    shuffled = stream.sample(drafts, len(drafts))
    middle = (len(drafts) + stream.randint(0, 1)) // 2
    return shuffled[:middle], shuffled[middle:]
