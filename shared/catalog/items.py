"""Drafts, items, categories and batches, and the shape of the model's structured answers."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from shared.reasons import Reason


def _read_text(value: object) -> str:
    """Return a text for whatever a model put in a text's place."""
    return "" if value is None or isinstance(value, (dict, list)) else str(value)


def _read_index(value: object) -> int:
    """Return a row's index, or 0, which no row has."""
    is_whole = isinstance(value, (int, str)) and re.fullmatch(r"[0-9]{1,9}", str(value)) is not None
    return int(str(value)) if is_whole else 0


_Text = Annotated[str, BeforeValidator(_read_text)]


class _Answer(BaseModel):
    """A structured answer. The schema that is sent requires every field and allows no other; extra ones are ignored."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")


class _Entry(_Answer):
    """An entry of an answer's list: a missing or wrong field is blank, so that the rules reject this entry only."""

    @model_validator(mode="before")
    @classmethod
    def _fill_missing_fields(cls, value: Any) -> Any:
        if isinstance(value, cls):
            return value
        names = {str(field.alias): name for name, field in cls.model_fields.items()}
        given = value if isinstance(value, dict) else {next(iter(names)): value}
        return given | {alias: None for alias, name in names.items() if alias not in given and name not in given}


class CategoryDraft(_Entry):
    """A category that the model proposed; a bare text in its place is its name."""

    name: _Text


class CategoryList(_Answer):
    """The answer to a request for categories."""

    categories: list[CategoryDraft]


class Draft(_Entry):
    """What the model proposed as an item, before the rules looked at it."""

    name: _Text
    description: _Text
    category: _Text
    image_prompt: _Text


class DraftBatch(_Answer):
    """The answer to a request for a batch of items."""

    items: list[Draft]


class PromptDraft(_Entry):
    """An image prompt that the model proposed for a row; ``index`` is the row's in the task."""

    index: Annotated[int, BeforeValidator(_read_index)]
    prompt: _Text


class PromptDraftBatch(_Answer):
    """The answer to a request for the image prompts of some rows."""

    prompts: list[PromptDraft]


class Item(BaseModel):
    """An accepted catalog entry: one row of ``catalog.json``."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    product_id: str = Field(description="UUID v4, given once and kept for ever; 36 characters.")
    name: str = Field(description="Unique in the catalog without regard to case.", max_length=80)
    description: str
    category: str = Field(description="One of categories.json.", max_length=64)
    filename: str = Field(description="The image's file name below images/.", max_length=64)
    image_prompt: str = Field(description="What the image was asked for with.")

    @property
    def public_id(self) -> str:
        """The id by which whoever reads our files knows the item."""
        return self.product_id

    def to_json(self) -> dict[str, Any]:
        """Return the row as JSON data."""
        return self.model_dump(mode="json", by_alias=True)


class EarlierPrompt(BaseModel):
    """The prompt of the image that an item had when its row, or what is made of it, changed.

    It is the image's until that is regenerated.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    prompt: str
    run_id: str = Field(description="The run that saw the change; images of earlier runs are from this prompt.")
    is_outdated: bool = Field(description="The row says something else, so that the image is to be regenerated.")

    def applies_to(self, generated_by: str) -> bool:
        """Return whether an image is from this prompt, by the run that generated it ("" = none of ours)."""
        return (
            not generated_by or generated_by > self.run_id
        )  # ids of runs count down: an earlier run has the greater one


class VariantRow(BaseModel):
    """A row that is a variant of an item: published behind it, without an image of its own."""

    model_config = ConfigDict(frozen=True)

    key: str = Field(description="Distinguishes it from the item's other variants.")
    row: str = Field(description="The JSON text of the row as it was given; an object.")


class SourceItem(Item):
    """An item of a row that somebody gave: ``product_id`` is made of its id so that files can be named by it."""

    source_id: str = Field(description="The id as it was given.")
    row: str = Field(description="The JSON text of the row as it was given; an object.")
    importer_id: str | None = Field(
        default=None,
        description="The id in importer-catalog.json, given once; None = the item is of version 0.3.",
    )
    prompt_hints: dict[str, str] | None = Field(
        default=None,
        alias="facts",
        description="Further values of the row for the text model; None = the text model does not write the prompt.",
    )
    earlier: EarlierPrompt | None = Field(default=None, description="None = its image, if any, is from image_prompt.")
    variants: tuple[VariantRow, ...] = ()

    @property
    def public_id(self) -> str:
        """The id by which whoever reads our files knows the item."""
        return self.source_id


def is_outdated(item: Item, generated_by: str) -> bool:
    """Return whether an item's image shows what its row said before.

    Args:
        item: the item.
        generated_by: the run that generated the image; "" = none of ours.
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
        """Return the rejection of a draft for some rules; each reason comes once."""
        return cls(
            draft, tuple(dict.fromkeys(rule.reason for rule in violations)), tuple(rule.message for rule in violations)
        )

    def to_json(self) -> dict[str, Any]:
        """Return the rejection as one row of ``rejected_items.json``."""
        return describe_rejection("item", self.draft.model_dump(by_alias=True), self.reasons, self.messages)


def describe_rejection(
    kind: str, row: Mapping[str, Any], reasons: Iterable[Reason], messages: Iterable[str]
) -> dict[str, Any]:
    """Return a row of ``rejected_items.json``; ``kind`` is item, category or prompt."""
    return {"kind": kind, **row, "reasons": [str(reason) for reason in reasons], "messages": list(messages)}


def find_content_type(filename: str) -> str:
    """Return the content type of an image of this name."""
    return "image/jpeg" if filename.lower().endswith((".jpg", ".jpeg")) else "image/png"


def make_slug(category_name: str) -> str:
    """Return the slug that the .NET importer makes of a category name.

    Its rule: lower case; letters, digits and spaces stay, everything else goes; each space becomes a hyphen. So
    "Sci-Fi" and "SciFi" have one slug, and the importer's unique index lets only one of them in. Lower case is C#'s
    ``ToLowerInvariant``, character by character: "İ" stays, and a sigma at a word's end is one like any other. Letters
    and digits are C#'s ``char.IsLetterOrDigit``: "½" is none, and neither is anything beyond U+FFFF, which .NET sees
    in halves.
    """
    lowered = (character if character == "\u0130" else character.lower() for character in category_name)
    return "".join(character for character in lowered if _is_kept_in_slug(character)).replace(" ", "-")


def _is_kept_in_slug(character: str) -> bool:
    category = unicodedata.category(character)
    return character == " " or (character <= "\uffff" and (category == "Nd" or category.startswith("L")))
