"""Prompts: the fixed texts that tell the model the rules, and the task that changes from call to call.

The instructions are the same for every call of a kind, so that services can cache them; the task is a JSON document
whose size does not grow with the catalog.
"""

import json
from collections.abc import Mapping, Sequence

from shared.catalog import draft_rules
from shared.catalog.category_rules import MAX_CATEGORY_WORDS, MIN_CATEGORY_WORDS
from shared.catalog.items import CategoryList, DraftBatch
from shared.catalog.planning import CategoryQuota, pick_taken_names
from shared.catalog.theme import Theme
from shared.models.protocol import TextRequest

CATEGORY_INSTRUCTIONS = f"""\
You name the categories of a product catalog. The user message is a JSON task.
Return exactly `count` new categories of the `subject`, as the JSON schema says.
- Each name has {MIN_CATEGORY_WORDS} or {MAX_CATEGORY_WORDS} words in Title Case, such as "Space Explorers"; in a
  language that sets no blanks between words, one short noun phrase.
- Names are in the language of `subject`.
- Names differ from each other and from `existing` in more than punctuation, spacing or plural.
- The categories together cover the subject broadly; none contains another.
- No brand, franchise, real person or character of fiction, and no word of `forbiddenWords`."""

ITEM_INSTRUCTIONS = f"""\
You write the items of a product catalog. The user message is a JSON task.
For each entry of `categories` write `count` items of the `subject`, as the JSON schema says.
- Names and descriptions are in the language of the categories' names.
- `name`: new and specific, 2 to {draft_rules.MAX_NAME_WORDS - 2} words, never more than {draft_rules.MAX_NAME_WORDS},
  at most {draft_rules.MAX_NAME_CHARACTERS} characters. Not in `taken`, not a variation of a name there, never numbered.
- `description`: {draft_rules.MIN_SENTENCES} to {draft_rules.MAX_SENTENCES} complete sentences,
{draft_rules.MIN_DESCRIPTION_CHARACTERS}
  to {draft_rules.MAX_DESCRIPTION_CHARACTERS} characters, friendly and factual, each different from the others.
- `category`: the category's name, spelled as in the task.
- `imagePrompt`: begins with one of `openings`, then a comma and what is to be seen (colours, clothes or material,
  headgear or parts, one tool or feature, setting), and ends with a comma and `tail`. At most `promptCharacters`
  characters in all. No text, numbers or labels in the image.
- Nowhere a brand, franchise, real person or character of fiction, and no word of `forbiddenWords`."""

STRICTER_INSTRUCTION = """
Your previous answer to this task could not be used. Answer with one JSON object that follows the schema exactly:
complete, valid, nothing before or after it. Everything asked for here is harmless product copy."""

SUPPLEMENT_INSTRUCTION = """
Part of your previous items broke a rule; `rejectedLastTime` counts the reasons. Take special care of those rules."""

LOW_YIELD_SHARE = 0.7
"""Below this share of accepted drafts the next batch is told why the others were rejected."""


def build_categories_request(
    theme: Theme,
    *,
    count: int,
    existing: Sequence[str],
    attempt: int,
    rejected_last_time: Mapping[str, int] | None = None,
) -> TextRequest[CategoryList]:
    """Return the request for ``count`` more categories; from the second attempt on with the stricter instruction."""
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
    return TextRequest(
        instructions=CATEGORY_INSTRUCTIONS
        + (SUPPLEMENT_INSTRUCTION if rejected_last_time else "")
        + (STRICTER_INSTRUCTION if attempt else ""),
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
) -> TextRequest[DraftBatch]:
    """Return the request for a batch of items.

    Args:
        theme: what the catalog is about.
        quotas: how many items of which categories.
        taken: accepted names by category; the latest are shown.
        batch: the batch's number, or, of several writers, the writer's own count.
        writer: which writer asks, and for which of its batches.
        attempt: which try this is; with ``batch`` and ``writer`` it makes every request differ, so that no answer comes
            twice.
        stricter: the previous answer could not be used.
        rejected_last_time: reason counts of the previous batch, when few of its drafts were accepted.
    """
    task = {
        "task": "items",
        "batch": batch,
        "attempt": attempt,
        "subject": theme.subject,
        "openings": list(theme.openings),
        "tail": theme.tail,
        "promptCharacters": draft_rules.REQUESTED_PROMPT_CHARACTERS,
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
    if writer is not None:
        task["writer"] = writer
    if rejected_last_time:
        task["rejectedLastTime"] = dict(rejected_last_time)
    return TextRequest(
        instructions=ITEM_INSTRUCTIONS
        + (SUPPLEMENT_INSTRUCTION if rejected_last_time else "")
        + (STRICTER_INSTRUCTION if stricter else ""),
        task=serialize_task(task),
        answer_type=DraftBatch,
        schema_name="item_batch",
    )


def serialize_task(task: Mapping[str, object]) -> str:
    """Return a task as it is sent: one line of JSON, in its own characters."""
    return json.dumps(task, ensure_ascii=False, separators=(",", ":"))
