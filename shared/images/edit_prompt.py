"""Rules for image prompts that a person edits. Pure."""

import json
import re
from collections.abc import Mapping
from typing import Final

from shared.catalog.forbidden_words import find_word, fold_word
from shared.catalog.items import Item, SourceItem
from shared.catalog.prompt_frame import find_own_text, frame_prompt
from shared.inputs.brands import find_forbidden_words
from shared.inputs.column_names import COLUMN_NAMES
from shared.runs.request import SeedRequest
from shared.text.cleaning import clean_line

MAX_EDITED_PROMPT_CHARACTERS: Final = 1_000
"""Twice the limit of a prompt that the text model writes for a row: a person knows what an image needs. Image models
read at least this much, except SDXL models, which ignore what follows their first 77 tokens."""


def clean_edited_prompt(text: str, item: Item, request: SeedRequest) -> str:
    """Return an edited prompt for an item as its image is generated from it.

    A prompt of a generated item gets the theme's opening and tail, like a draft's. A prompt of a row is cleaned, and
    loses the row's brand, like the row's own prompt.

    Args:
        text: as it was edited.
        item: the item.
        request: of the catalog's last run.

    Raises:
        ValueError: the prompt is blank or too long, or has a forbidden word.
    """
    theme = request.theme
    if not isinstance(item, SourceItem):
        prompt = frame_prompt(_drop_inner_tail(text, theme.ending), openings=theme.openings, tail=theme.ending)
        own, forbidden = find_own_text(prompt, theme.openings, theme.ending), theme.forbidden_words
    else:
        own, forbidden = clean_line(text), find_forbidden_words(theme)
        prompt = own
    if word := find_word(own, forbidden):
        raise ValueError(f"{word!r} is forbidden by the theme; expected a prompt without it")
    if isinstance(item, SourceItem) and request.source == "products":
        prompt = own = request.row_source.read_own_prompt(theme, {**_read_brand(item, request), "prompt": own}).text
    if not any(map(str.isalnum, own)):
        raise ValueError("is blank; expected a description of the image")
    if len(prompt) > MAX_EDITED_PROMPT_CHARACTERS:
        raise ValueError(f"has {len(prompt)} characters; expected at most {MAX_EDITED_PROMPT_CHARACTERS}")
    return prompt


def _drop_inner_tail(text: str, tail: str) -> str:
    """Return a text without a tail that further words follow, because the tail is added after them."""
    line = clean_line(text)
    if not tail or line.endswith(tail):
        return line
    return re.sub(rf"(^|,)\s*{re.escape(tail)}\s*(?:,|$)", r"\1", line)


def _read_brand(item: SourceItem, request: SeedRequest) -> dict[str, str]:
    """Return what decides whether a row's brand may be named: the brand, and the row's own texts."""
    texts = {"name": item.name, "description": item.description, "category": item.category}
    if item.prompt_hints is not None:
        return {**texts, **item.prompt_hints}
    row = json.loads(item.row)
    columns = (request.field_mapping.get("brand"), *COLUMN_NAMES["products"].get("brand", ()))
    return texts | {"brand": _find_value(row, [column for column in columns if column])}


def _find_value(row: Mapping[str, object], columns: list[str]) -> str:
    """Return the text of the first of some columns that a row has, compared by letters and digits."""
    by_name = {fold_word(name): value for name, value in row.items()}
    values = (by_name.get(fold_word(column)) for column in columns)
    return next((value for value in values if isinstance(value, str)), "")
