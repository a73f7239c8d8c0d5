"""Drafts, items and categories, and the shapes of the model's structured answers.

`shared.catalog.draft_rules` has the rules by which a draft becomes an item.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from shared.reasons import Reason


def _read_text(value: object) -> str:
    """Return a text for any value that a model put in its place."""
    return "" if value is None or isinstance(value, (dict, list)) else str(value)


def _read_index(value: object) -> int:
    """Return a row's index; 0, which is not an index, for anything else."""
    is_whole = isinstance(value, (int, str)) and re.fullmatch(r"[0-9]{1,9}", str(value)) is not None
    return int(str(value)) if is_whole else 0


_Text = Annotated[str, BeforeValidator(_read_text)]


class _Answer(BaseModel):
    """A structured answer. Its schema requires every field and allows no other; extra fields are ignored."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")


class _Entry(_Answer):
    """An entry of an answer's list. A missing or wrong field is blank, so that the rules reject this entry only."""

    @model_validator(mode="before")
    @classmethod
    def _fill_missing_fields(cls, value: Any) -> Any:
        if isinstance(value, cls):
            return value
        names = {str(field.alias): name for name, field in cls.model_fields.items()}
        given = value if isinstance(value, dict) else {next(iter(names)): value}
        return given | {alias: None for alias, name in names.items() if alias not in given and name not in given}


class CategoryDraft(_Entry):
    """A proposed category; a bare text counts as its name."""

    name: _Text


class CategoryList(_Answer):
    """The answer to a request for categories."""

    categories: list[CategoryDraft]


class Draft(_Entry):
    """A proposed item, before the rules accept or reject it."""

    name: _Text
    description: _Text
    category: _Text
    image_prompt: _Text


class DraftBatch(_Answer):
    """The answer to a request for a batch of items."""

    items: list[Draft]


class PromptDraft(_Entry):
    """A proposed image prompt for a row; ``index`` is the row's in the task."""

    index: Annotated[int, BeforeValidator(_read_index)]
    prompt: _Text


class PromptDraftBatch(_Answer):
    """The answer to a request for the image prompts of some rows."""

    prompts: list[PromptDraft]


class Item(BaseModel):
    """An accepted catalog entry: one row of ``catalog.json``."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    product_id: str = Field(description="UUID v4, assigned once and never changed; 36 characters.")
    name: str = Field(description="Unique in the catalog without regard to case.", max_length=80)
    description: str
    category: str = Field(description="One of categories.json.", max_length=64)
    filename: str = Field(description="File name of the image below images/.", max_length=64)
    image_prompt: str = Field(description="Prompt that the image is generated from.")

    @property
    def public_id(self) -> str:
        """The id of the item in published files."""
        return self.product_id

    def to_json(self) -> dict[str, Any]:
        """Return the row as JSON data."""
        return self.model_dump(mode="json", by_alias=True)


class EarlierPrompt(BaseModel):
    """The prompt of an item's image from before its row, or the prompt derived from it, changed.

    It applies until the image is regenerated.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    prompt: str
    run_id: str = Field(description="Run that found the change; images of earlier runs are from this prompt.")
    is_outdated: bool = Field(description="The row has changed, so that the image is to be regenerated.")

    def applies_to(self, generated_by: str) -> bool:
        """Return whether an image is from this prompt, by the run that generated it ("" = placed by hand)."""
        return not generated_by or generated_by > self.run_id  # run ids count down: an earlier run has the greater id


class VariantRow(BaseModel):
    """A row that is a variant of an item: published after it, without an image of its own."""

    model_config = ConfigDict(frozen=True)

    key: str = Field(description="Distinguishes the variant from others of the item.")
    row: str = Field(description="JSON text of the row as given; an object.")


class SourceItem(Item):
    """An item of an input row; its ``product_id`` is derived from the row's id and is a valid file name."""

    source_id: str = Field(description="Id as given.")
    row: str = Field(description="JSON text of the row as given; an object.")
    importer_id: str | None = Field(
        default=None,
        description="Id in importer-catalog.json, assigned once; None for items of version 0.3.",
    )
    prompt_hints: dict[str, str] | None = Field(
        default=None,
        alias="facts",
        description="Further values of the row for the text model; None = the text model does not write the prompt.",
    )
    earlier: EarlierPrompt | None = Field(default=None, description="None: the image, if any, is from image_prompt.")
    variants: tuple[VariantRow, ...] = ()

    @property
    def public_id(self) -> str:
        """The id of the item in published files."""
        return self.source_id


def is_outdated(item: Item, generated_by: str) -> bool:
    """Return whether an item's image shows an earlier version of its row.

    Args:
        item: the item.
        generated_by: the run that generated the image; "" if it was placed by hand.
    """
    earlier = item.earlier if isinstance(item, SourceItem) else None
    return earlier is not None and earlier.is_outdated and earlier.applies_to(generated_by)


@dataclass(frozen=True, slots=True)
class Category:
    """A category and its slug; slugs are distinct within a catalog."""

    name: str
    slug: str


@dataclass(frozen=True, slots=True)
class RuleViolation:
    """A rule that a draft broke; the message says what was got and what was expected."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Rejection:
    """A draft that did not become an item, and every rule that it broke."""

    draft: Draft
    reasons: tuple[Reason, ...]
    messages: tuple[str, ...] = ()

    @classmethod
    def from_violations(cls, draft: Draft, violations: Sequence[RuleViolation]) -> Self:
        """Return the rejection of a draft, with each reason once."""
        return cls(
            draft, tuple(dict.fromkeys(rule.reason for rule in violations)), tuple(rule.message for rule in violations)
        )

    def to_json(self) -> dict[str, Any]:
        """Return the rejection as a row of ``rejected_items.json``."""
        return describe_rejection("item", self.draft.model_dump(by_alias=True), self.reasons, self.messages)


def describe_rejection(
    kind: str, row: Mapping[str, Any], reasons: Iterable[Reason], messages: Iterable[str]
) -> dict[str, Any]:
    """Return a row of ``rejected_items.json``; ``kind`` is item, category or prompt."""
    return {"kind": kind, **row, "reasons": [str(reason) for reason in reasons], "messages": list(messages)}


def find_content_type(filename: str) -> str:
    """Return the content type of an image file, by its name."""
    return "image/jpeg" if filename.lower().endswith((".jpg", ".jpeg")) else "image/png"


def make_slug(category_name: str) -> str:
    """Return the slug that the .NET importer derives from a category name.

    Its rule: lower case; letters, digits and spaces stay, other characters are dropped; each space becomes a hyphen. So
    "Sci-Fi" and "SciFi" have one slug, and the importer's unique index accepts only one of them. Lower case is C#'s
    ``ToLowerInvariant``, character by character: "İ" stays, and a final sigma is treated like any other. Letters and
    digits
    are C#'s ``char.IsLetterOrDigit``: neither "½" nor anything beyond U+FFFF, which .NET sees as two halves.
    """
    lowered = (character if character == "\u0130" else character.lower() for character in category_name)
    return "".join(character for character in lowered if _is_kept_in_slug(character)).replace(" ", "-")


def _is_kept_in_slug(character: str) -> bool:
    category = unicodedata.category(character)
    return character == " " or (character <= "\uffff" and (category == "Nd" or category.startswith("L")))
