"""Image prompts by the text model: what it is told of some rows, and which of its prompts can be used."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shared.catalog.forbidden_words import find_word
from shared.catalog.items import Item, PromptDraft, PromptDraftBatch, RuleViolation, SourceItem, describe_rejection
from shared.catalog.prompt_frame import find_own_text, frame_prompt
from shared.catalog.theme import DEFAULT_OPENINGS, Theme
from shared.inputs.brands import find_forbidden_words, list_words_to_avoid
from shared.inputs.item_builder import NO_CATEGORY
from shared.inputs.prompt_template import clean_text, shorten
from shared.models.prompts.items import STRICTER_INSTRUCTION
from shared.models.protocol import TextRequest
from shared.reasons import Reason
from shared.runs.request import SeedRequest
from shared.text.cleaning import clean_line
from shared.text.digest_table import hash_text

REQUESTED_PROMPT_CHARACTERS: Final = 400
"""Of a prompt, tail included: room for what can be seen, and no more for a description than the template gives it."""

MAX_WRITTEN_PROMPT_CHARACTERS: Final = 500
"""Accepted: models count characters badly."""

MAX_REJECTED_CHARACTERS: Final = 1_000
"""Kept of a prompt that cannot be used: enough to see what is wrong with it."""

INSTRUCTIONS: Final = """\
You write the image prompts for the rows of a shop's or an editor's list. The user message is a JSON task.
For each entry of `rows` write one prompt for an image model, as the JSON schema says, with the row's `index`.
- Describe only what can be seen: the thing itself, its shape, colours, material and parts, then how it is set up, the
  surroundings and the light. Leave out what no image shows, such as prices, sizes, guarantees and advice.
- Keep to the row: invent no colour, material or part that goes against it. Where it says nothing, choose what is usual.
- Each prompt stands for itself, and images of one list should look as if one photographer had made them.
- Begin with one of `openings`, if there are any, and end with a comma and `tail`, if there is one.
- One line of at most `promptCharacters` characters in all.
- No text, numbers, labels, logos or packaging print in the image.
- Nowhere one of `brands`, another brand, franchise or real person, and no word of `forbiddenWords`."""


@dataclass(frozen=True, slots=True)
class WrittenPrompt:
    """What the text model wrote for an item's image.

    Attributes:
        digest: of what the item said then; an item that says something else by now needs another prompt.
        prompt: ready to be used; None = the template's is used.
        reason: why there is none that can be used.
        rejected: the beginning of what was written, where it could not be used.
        message: what is wrong with that.
    """

    digest: str
    prompt: str | None = None
    reason: Reason | None = None
    rejected: str = ""
    message: str = ""

    def describe_rejection(self, item: SourceItem) -> dict[str, Any]:
        """Return why the prompt of an item was not used, as one row of ``rejected_items.json``."""
        row = {"productId": item.public_id, "name": item.name, "imagePrompt": self.rejected}
        return describe_rejection("prompt", row, [] if self.reason is None else [self.reason], [self.message])

    def is_for(self, item: Item) -> bool:
        """Tell whether it was written for what the item says now."""
        return self.digest == digest_item(item)


def digest_item(item: Item) -> str:
    """Return what changes with an item's texts and with what the theme's template makes of them."""
    texts = [item.name, item.description, item.category, item.image_prompt]
    return f"{hash_text(json.dumps(texts)):016x}"


def find_openings(request: SeedRequest) -> tuple[str, ...]:
    """Return how prompts for rows begin: as the theme says, or as its template does; the default ones are for figures.

    Rows of the source ``prompts`` begin as they like unless the theme says how.
    """
    theme = request.theme
    if theme.openings != DEFAULT_OPENINGS:
        return theme.openings
    if not request.row_source.has_template_opening:
        return ()
    beginning = clean_line(theme.prompt_template.partition("{")[0].rstrip(" ,;:"))
    return (beginning,) if beginning else ()


def make_prompts_request(
    request: SeedRequest,
    items: Sequence[SourceItem],
    *,
    batch: int,
    attempt: int = 0,
    stricter: bool = False,
) -> TextRequest[PromptDraftBatch]:
    """Return the request for the image prompts of some items.

    Args:
        request: what the run was asked.
        items: the rows, indexed from 1.
        batch: the number of the batch that holds them.
        attempt: which try this is; it makes every request differ, so that no answer comes twice.
        stricter: the previous answer could not be used.
    """
    theme = request.theme
    task = {
        "task": "prompts",
        "batch": batch,
        "attempt": attempt,
        "openings": list(find_openings(request)),
        "tail": theme.tail,
        "promptCharacters": REQUESTED_PROMPT_CHARACTERS,
        "rows": [{"index": index, **_describe(item, theme)} for index, item in enumerate(items, start=1)],
        "forbiddenWords": list(list_words_to_avoid(theme, (text for item in items for text in _list_texts(item)))),
        "brands": sorted({brand for item in items if (brand := _find_brand(item))}),
    }
    return TextRequest(
        instructions=INSTRUCTIONS + (STRICTER_INSTRUCTION if stricter else ""),
        task=json.dumps(task, ensure_ascii=False, separators=(",", ":")),
        answer_type=PromptDraftBatch,
        schema_name="prompt_batch",
    )


def validate_prompts(
    drafts: Iterable[PromptDraft], items: Sequence[SourceItem], request: SeedRequest
) -> dict[str, WrittenPrompt]:
    """Return by product id what was written for each item; of two prompts with one index the first counts.

    Args:
        drafts: the answer.
        items: those that were asked for, in the same order.
        request: what the run was asked.
    """
    by_index: dict[int, str] = {}
    for draft in drafts:
        by_index.setdefault(draft.index, draft.prompt)
    return {
        item.product_id: _validate_prompt(by_index.get(index, ""), item, request)
        for index, item in enumerate(items, start=1)
    }


def _validate_prompt(text: str, item: SourceItem, request: SeedRequest) -> WrittenPrompt:
    theme, digest = request.theme, digest_item(item)
    openings = find_openings(request)
    prompt = frame_prompt(text, openings=openings, tail=theme.tail, max_characters=MAX_WRITTEN_PROMPT_CHARACTERS)
    own = find_own_text(prompt, openings, theme.tail)
    violations = _find_broken(
        prompt, own, (*list_words_to_avoid(theme, _list_texts(item)), *filter(None, [_find_brand(item)]))
    )
    if violations is not None:
        return WrittenPrompt(
            digest, None, violations.reason, clean_line(text)[:MAX_REJECTED_CHARACTERS], violations.message
        )
    return WrittenPrompt(digest, prompt)


def _find_broken(prompt: str, own: str, forbidden: tuple[str, ...]) -> RuleViolation | None:
    if not any(map(str.isalnum, own)):
        return RuleViolation(Reason.MALFORMED_ANSWER, "the answer has no prompt for this row; expected one")
    if len(prompt) > MAX_WRITTEN_PROMPT_CHARACTERS:
        message = f"the prompt has {len(prompt)} characters; expected at most {MAX_WRITTEN_PROMPT_CHARACTERS}"
        return RuleViolation(Reason.PROMPT_LENGTH, message)
    if word := find_word(own, forbidden):
        return RuleViolation(
            Reason.FORBIDDEN_WORD, f"{word!r} is a brand or forbidden word; expected a prompt without it"
        )
    return None


def _describe(item: SourceItem, theme: Theme) -> dict[str, Any]:
    """Return what the model is told of a row; it never sees what it must not write."""
    texts = {
        "name": "" if item.name == item.source_id else item.name,
        "description": item.description,
        "category": "" if item.category == NO_CATEGORY else item.category,
        **(item.prompt_hints or {}),
    }
    brand = texts.pop("brand", "")
    forbidden = (*filter(None, [brand]), *find_forbidden_words(theme))
    texts_without_brands = {name: shorten(clean_text(text, forbidden)) for name, text in texts.items()}
    return {name: text for name, text in texts_without_brands.items() if text}


def _list_texts(item: SourceItem) -> list[str]:
    return [item.name, item.description, item.category, *(item.prompt_hints or {}).values()]


def _find_brand(item: SourceItem) -> str:
    return (item.prompt_hints or {}).get("brand", "")
