"""What reviewers send, and what they get: the JSON documents of ``PUT /api/catalogs/{catalog}/decisions``. Pure."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.catalog.theme import STRICT_JSON

MAX_DECISIONS: Final = 1000
MAX_NOTE_CHARACTERS: Final = 500
MAX_REVIEWER_CHARACTERS: Final = 80

Decided = Literal["approved", "rejected", "undecided"]


class DecisionEntry(BaseModel):
    """A decision about the image of an item; undecided withdraws an earlier one."""

    model_config = STRICT_JSON

    product_id: Annotated[str, Field(min_length=1, max_length=1000)] = Field(
        description="Id of the item, as in catalog.json or internal."
    )
    decision: Decided = Field(description="What the reviewer decided.")
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] = Field(
        description="Of the image that the decision is about, in hex: the reviewer has seen this image."
    )
    note: Annotated[str, Field(max_length=MAX_NOTE_CHARACTERS)] | None = Field(
        default=None, description="Remark of the reviewer."
    )


class DecisionRequest(BaseModel):
    """Decisions of a reviewer about items of a catalog, each item once."""

    model_config = STRICT_JSON

    decisions: Annotated[list[DecisionEntry], Field(min_length=1, max_length=MAX_DECISIONS)] = Field(
        description="Decisions, each about another item."
    )
    reviewer: Annotated[str, Field(max_length=MAX_REVIEWER_CHARACTERS)] | None = Field(
        default=None, description="Who decides; stored with each decision."
    )


class RefusalReason(StrEnum):
    """Why a decision was not recorded."""

    IMAGE_CHANGED = "image_changed"
    """The item has another image than the one that the decision is about."""

    NO_IMAGE = "no_image"
    """The item has no image, or only a placeholder."""

    UNKNOWN_ITEM = "unknown_item"
    """The catalog has no item with this id."""


class _Answer(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, defer_build=True)


class RecordedDecision(_Answer):
    """A decision that was recorded."""

    product_id: str
    item_id: str
    decision: Decided
    sha256: str
    note: str | None
    at: datetime


class RefusedDecision(_Answer):
    """A decision that was not recorded."""

    product_id: str = Field(description="As in the request.")
    reason: RefusalReason
    sha256: str | None = Field(description="Of the item's current image, in hex; null without an image.")


class DecisionResult(_Answer):
    """Which decisions were recorded. A refused one keeps no other from being recorded."""

    recorded: int
    decisions: list[RecordedDecision]
    refused: list[RefusedDecision]
