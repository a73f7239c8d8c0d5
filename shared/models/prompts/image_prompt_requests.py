"""Requests for the image prompts of input rows, and the validation of the text model's answers."""

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
from shared.models.prompts.item_requests import STRICTER_INSTRUCTION, STYLE_INSTRUCTION
from shared.models.protocol import Question
from shared.reasons import Reason
from shared.runs.request import SeedRequest
from shared.text.cleaning import clean_line
from shared.text.digest_table import hash_text

REQUESTED_PROMPT_CHARACTERS: Final = 400
"""Limit in the request, tail included: enough for what is visible."""

MAX_WRITTEN_PROMPT_CHARACTERS: Final = 500
"""Limit of accepted prompts. It is higher than the requested one, because models count characters badly."""

MAX_REJECTED_CHARACTERS: Final = 1_000
"""How much of a rejected prompt is stored: enough to see what is wrong with it."""

INSTRUCTIONS: Final = """\
You write image prompts for the rows of a product list or an editor's list. The user message is a JSON task.
For each entry of `rows`, write one prompt for an image model, in the format of the JSON schema, with the row's `index`.
- Describe only what is visible: first the object itself with its shape, colors, material and parts; then its
  arrangement, the surroundings and the light. Omit what an image cannot show, such as prices, sizes, warranties and
  advice.
- Follow the row. Do not invent a color, material or part that contradicts it. Where the row says nothing, choose what
  is usual.
- Write each prompt so that it is complete on its own. All images of a list should look like the work of one
  photographer.
- Start with one of `openings`, unless it is empty. End with a comma and `tail`, unless it is empty.
- Write one line of at most `promptCharacters` characters in total.
- Do not ask for text, numbers, labels, logos or printed packaging in the image.
- Do not use any of `brands`, other brands, franchises, real people, or any word in `forbiddenWords`."""


@dataclass(frozen=True, slots=True)
class WrittenPrompt:
    """The text model's prompt for an item's image.

    Attributes:
        digest: of the item's texts; an item whose texts have changed needs another prompt.
        prompt: None = the prompt was rejected, and the template's prompt is used.
        reason: why the prompt was rejected.
        rejected: the beginning of the rejected prompt.
        message: what is wrong with it.
    """

    digest: str
    prompt: str | None = None
    reason: Reason | None = None
    rejected: str = ""
    message: str = ""

    def describe_rejection(self, item: SourceItem) -> dict[str, Any]:
        """Return the row of ``rejected_items.json`` for an item whose prompt was rejected."""
        row = {"productId": item.public_id, "name": item.name, "imagePrompt": self.rejected}
        return describe_rejection("prompt", row, [] if self.reason is None else [self.reason], [self.message])

    def is_for(self, item: Item) -> bool:
        """Return whether the prompt was written for the item's current texts."""
        return self.digest == digest_item(item)


def digest_item(item: Item) -> str:
    """Return a digest of an item's texts and its prompt from the theme's template."""
    texts = [item.name, item.description, item.category, item.image_prompt]
    return f"{hash_text(json.dumps(texts)):016x}"


def find_openings(request: SeedRequest) -> tuple[str, ...]:
    """Return the openings of prompts for rows: the theme's, or else the start of its template.

    The default theme's openings are for figures, so they are not used. Rows of the source ``prompts`` have no opening
    unless the theme sets one.
    """
    theme = request.theme
    if theme.openings != DEFAULT_OPENINGS:
        return theme.openings
    if not request.row_source.has_template_opening:
        return ()
    beginning = clean_line(theme.prompt_template.partition("{")[0].rstrip(" ,;:"))
    return (beginning,) if beginning else ()


def build_prompts_request(
    request: SeedRequest,
    items: Sequence[SourceItem],
    *,
    batch: int,
    attempt: int = 0,
    stricter: bool = False,
) -> Question[PromptDraftBatch]:
    """Return the request for the image prompts of a batch of items.

    Args:
        request: the run's request.
        items: the rows, indexed from 1.
        batch: the batch's number.
        attempt: the number of the try, from 0; it makes every request different, so that no provider repeats an answer.
        stricter: the previous answer could not be used.
    """
    theme = request.theme
    task = {
        "task": "prompts",
        "batch": batch,
        "attempt": attempt,
        "openings": list(find_openings(request)),
        "tail": theme.ending,
        "promptCharacters": REQUESTED_PROMPT_CHARACTERS + theme.style_characters,
        "rows": [{"index": index, **_describe(item, theme)} for index, item in enumerate(items, start=1)],
        "forbiddenWords": list(list_words_to_avoid(theme, (text for item in items for text in _list_texts(item)))),
        "brands": sorted({brand for item in items if (brand := _find_brand(item))}),
    }
    if style := theme.style.describe():
        task["style"] = style
    added = (STYLE_INSTRUCTION if style else "") + (STRICTER_INSTRUCTION if stricter else "")
    return Question(
        instructions=INSTRUCTIONS + added,
        task=json.dumps(task, ensure_ascii=False, separators=(",", ":")),
        answer_type=PromptDraftBatch,
        schema_name="prompt_batch",
    )


def validate_prompts(
    drafts: Iterable[PromptDraft], items: Sequence[SourceItem], request: SeedRequest
) -> dict[str, WrittenPrompt]:
    """Validate the prompts of an answer, and return them by product id; of two prompts with one index, the first.

    Args:
        drafts: the answer.
        items: the items of the request, in the same order.
        request: the run's request.
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
    limit = MAX_WRITTEN_PROMPT_CHARACTERS + theme.style_characters
    prompt = frame_prompt(text, openings=openings, tail=theme.ending, max_characters=limit)
    own = find_own_text(prompt, openings, theme.ending)
    violations = _find_broken(
        prompt, own, limit, (*list_words_to_avoid(theme, _list_texts(item)), *filter(None, [_find_brand(item)]))
    )
    if violations is not None:
        return WrittenPrompt(
            digest, None, violations.reason, clean_line(text)[:MAX_REJECTED_CHARACTERS], violations.message
        )
    return WrittenPrompt(digest, prompt)


def _find_broken(prompt: str, own: str, limit: int, forbidden: tuple[str, ...]) -> RuleViolation | None:
    if not any(map(str.isalnum, own)):
        return RuleViolation(Reason.MALFORMED_ANSWER, "the answer has no prompt for this row; expected one")
    if len(prompt) > limit:
        message = f"the prompt has {len(prompt)} characters; expected at most {limit}"
        return RuleViolation(Reason.PROMPT_LENGTH, message)
    if word := find_word(own, forbidden):
        return RuleViolation(
            Reason.FORBIDDEN_WORD, f"{word!r} is a brand or forbidden word; expected a prompt without it"
        )
    return None


def _describe(item: SourceItem, theme: Theme) -> dict[str, Any]:
    """Return a row as the task holds it, without the words that a prompt must not contain."""
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
