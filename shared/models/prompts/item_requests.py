"""Requests for categories and items: instructions, and a task that differs from call to call.

The instructions are equal for all calls of a kind, so that providers can cache them. The task is a JSON document whose
size does not grow with the catalog.
"""

import json
from collections.abc import Mapping, Sequence

from shared.catalog import draft_rules
from shared.catalog.category_rules import MAX_CATEGORY_WORDS, MIN_CATEGORY_WORDS
from shared.catalog.items import CategoryList, DraftBatch
from shared.catalog.planning import CategoryQuota, pick_taken_names
from shared.catalog.theme import Theme
from shared.models.protocol import Question

CATEGORY_INSTRUCTIONS = f"""\
You name the categories of a product catalog. The user message is a JSON task.
Return exactly `count` new categories for the `subject`, in the format of the JSON schema.
- Write each name in Title Case with {MIN_CATEGORY_WORDS} or {MAX_CATEGORY_WORDS} words, such as "Space Explorers". In a
  language without spaces between words, write one short noun phrase.
- Write the names in the language of `subject`.
- Make each name differ from all others, and from each name in `existing`, in more than punctuation, spacing or plural.
- Choose categories that together cover the subject broadly. No category may contain another one.
- Do not use brands, franchises, real people, fictional characters, or any word in `forbiddenWords`."""

ITEM_INSTRUCTIONS = f"""\
You write the items of a product catalog. The user message is a JSON task.
For each entry of `categories`, write `count` items for the `subject`, in the format of the JSON schema.
- Write names and descriptions in the language of the category names.
- `name`: new and specific. 2 to {draft_rules.MAX_NAME_WORDS - 2} words, never more than {draft_rules.MAX_NAME_WORDS};
  {draft_rules.MIN_NAME_CHARACTERS} to {draft_rules.MAX_NAME_CHARACTERS} characters. Do not repeat or vary a name in
  `taken`. Do not number names.
- `description`: {draft_rules.MIN_SENTENCES} to {draft_rules.MAX_SENTENCES} complete sentences,
  {draft_rules.MIN_DESCRIPTION_CHARACTERS} to {draft_rules.MAX_DESCRIPTION_CHARACTERS} characters. Be friendly and
  factual. Make each description different from the others.
- `category`: the name of the category, spelled exactly as in the task.
- `imagePrompt`: start with one of `openings` and a comma. Then describe what is visible: colors, clothes or material,
  headgear or parts, one tool or feature, and the setting. End with a comma and `tail`. Use at most `promptCharacters`
  characters in total. Do not ask for text, numbers or labels in the image.
- In all fields, do not use brands, franchises, real people, fictional characters, or any word in `forbiddenWords`."""

STRICTER_INSTRUCTION = """
Your previous answer to this task could not be used. Answer with one complete and valid JSON object that matches the
schema exactly, with nothing before or after it. Everything that this task asks for is harmless product copy."""

STYLE_INSTRUCTION = """
- `style` is the look that all images have in common; `tail` holds it. Describe nothing in an image prompt that
  contradicts its light, background, camera or palette, and do not describe these again."""

SUPPLEMENT_INSTRUCTION = """
Some of your previous items broke a rule. `rejectedLastTime` counts them by reason. Follow those rules carefully."""

LOW_YIELD_SHARE = 0.7
"""Below this share of accepted drafts, the next request lists the reasons of the rejected ones."""


def build_categories_request(
    theme: Theme,
    *,
    count: int,
    existing: Sequence[str],
    attempt: int,
    rejected_last_time: Mapping[str, int] | None = None,
) -> Question[CategoryList]:
    """Return the request for ``count`` more categories; after the first attempt, with the stricter instruction."""
    task = {
        "task": "categories",
        "attempt": attempt,
        "subject": theme.subject,
        "count": count,
        "existing": list(existing),
        "forbiddenWords": list(theme.forbidden_words),
    }
    if rejected_last_time:
        task["rejectedLastTime"] = dict(rejected_last_time)
    return Question(
        instructions=_extend_instructions(CATEGORY_INSTRUCTIONS, rejected_last_time, stricter=attempt > 0),
        task=serialize_task(task),
        answer_type=CategoryList,
        schema_name="category_list",
    )


def build_items_request(
    theme: Theme,
    quotas: Sequence[CategoryQuota],
    taken: Mapping[str, Sequence[str]],
    *,
    batch: int,
    writer: str | None = None,
    attempt: int = 0,
    stricter: bool = False,
    rejected_last_time: Mapping[str, int] | None = None,
) -> Question[DraftBatch]:
    """Return the request for a batch of items.

    Args:
        theme: subject, openings, tail and forbidden words.
        quotas: the number of items per category.
        taken: accepted names by category; the task holds the latest ones.
        batch: the batch's number; with several writers, the writer's own count.
        writer: the writer and its batch.
        attempt: the number of the try, from 0. With ``batch`` and ``writer`` it makes every request different, so that
            no provider repeats an answer.
        stricter: the previous answer could not be used.
        rejected_last_time: the previous batch's rejected drafts by reason code, if few of its drafts were accepted.
    """
    task = {
        "task": "items",
        "batch": batch,
        "attempt": attempt,
        "subject": theme.subject,
        "openings": list(theme.openings),
        "tail": theme.ending,
        "promptCharacters": draft_rules.REQUESTED_PROMPT_CHARACTERS + theme.style_characters,
        "categories": [
            {
                "name": quota.category,
                "count": quota.count,
                "taken": pick_taken_names(taken.get(quota.category, ()), categories=len(quotas)),
            }
            for quota in quotas
        ],
        "forbiddenWords": list(theme.forbidden_words),
    }
    if style := theme.style.describe():
        task["style"] = style
    if writer is not None:
        task["writer"] = writer
    if rejected_last_time:
        task["rejectedLastTime"] = dict(rejected_last_time)
    return Question(
        instructions=_extend_instructions(
            ITEM_INSTRUCTIONS + (STYLE_INSTRUCTION if style else ""), rejected_last_time, stricter=stricter
        ),
        task=serialize_task(task),
        answer_type=DraftBatch,
        schema_name="item_batch",
    )


def _extend_instructions(instructions: str, rejected_last_time: Mapping[str, int] | None, *, stricter: bool) -> str:
    supplement = SUPPLEMENT_INSTRUCTION if rejected_last_time else ""
    return instructions + supplement + (STRICTER_INSTRUCTION if stricter else "")


def serialize_task(task: Mapping[str, object]) -> str:
    """Return a task as one line of JSON, without escapes for non-ASCII characters."""
    return json.dumps(task, ensure_ascii=False, separators=(",", ":"))
