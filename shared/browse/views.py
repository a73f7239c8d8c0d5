"""What callers see of catalogs, items and rounds: the JSON documents of browsing. Pure."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.browse.item_rows import ItemState


class _View(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, defer_build=True)


class ImageView(_View):
    """The image of an item, or its placeholder."""

    sha256: str = Field(description="Of the file, in hex; a decision is about it.")
    bytes: int
    width: int
    height: int
    has_thumbnail: bool
    is_placeholder: bool
    score: int | None = Field(description="0-100; null if the image was not evaluated.")
    likeness: int | None = Field(
        default=None, description="Likeness to the style references, 0-100; null if it was evaluated without any."
    )
    run_id: str | None = Field(description="Run that generated the image; null if it was placed by hand.")
    round: int | None = Field(description="Number among the rounds of its run, from 1; null without a run.")
    cost_usd: float | None = Field(description="Cost of its image call in US dollars; null if unknown.")
    style_distance: float | None = Field(
        default=None,
        description="Distance of its colors from those of the nearest style reference, 0-1; null without references.",
    )


class FailureView(_View):
    """Why the image of an item failed in the last run."""

    reason: str
    message: str


class DecisionView(_View):
    """What a reviewer decided about the current image."""

    decision: Literal["approved", "rejected"]
    note: str | None
    reviewer: str | None
    at: datetime


class ItemRow(_View):
    """An item of a catalog."""

    product_id: str = Field(description="Id as in catalog.json.")
    item_id: str = Field(description="Internal id: safe in paths and file names.")
    name: str
    category: str
    description: str
    image_prompt: str = Field(description="Prompt that the current image was generated from, or the next one will be.")
    filename: str
    state: ItemState
    image: ImageView | None
    failure: FailureView | None
    duplicate_group: str | None = Field(description="itemId of the first of the items whose images look nearly alike.")
    decision: DecisionView | None = Field(description="Null if there is none about the current image.")


class SectionView(_View):
    """Adjacent items of a list that belong together."""

    key: str = Field(description="Name of the category, or with `duplicates` the id of the group.")
    items: int


class ItemList(_View):
    """A page of items."""

    items: list[ItemRow]
    total: int = Field(description="Number of all items that match.")
    offset: int = Field(description="Number of matching items before the page.")
    version: str = Field(description="Changes whenever an answer about the catalog may have changed.")
    continuation: str | None = Field(description="Starts the next page; null = this is the last one.")
    sections: list[SectionView] | None = Field(
        description="With `sort=category` or `duplicates`: what all matching items consist of, in order."
    )


class Counts(_View):
    """Items of a catalog: all, with an image, failed, with a placeholder, and the images by decision."""

    items: int
    images: int
    failed: int
    placeholders: int
    approved: int
    rejected: int
    undecided: int


class Cover(_View):
    """An image that represents a catalog."""

    product_id: str
    item_id: str
    filename: str
    sha256: str
    has_thumbnail: bool


class LastRun(_View):
    """The last run of a catalog."""

    run_id: str
    status: str
    created_at: datetime


class CatalogSummary(_View):
    """A catalog in a list."""

    catalog: str
    counts: Counts
    category_count: int
    covers: list[Cover]
    last_run: LastRun | None
    published_at: datetime | None
    review: Literal["optional", "required"] = Field(description='With "required", approved items only are published.')


class CategoryView(_View):
    """A category, and how many items are in it."""

    name: str
    slug: str
    items: int


class CatalogDetail(CatalogSummary):
    """A catalog with its categories."""

    categories: list[CategoryView]
    version: str
    has_style_distances: bool = Field(
        default=False, description="Whether images have a distance from style references, to sort by."
    )


class CatalogList(_View):
    """A page of catalogs, in name order."""

    catalogs: list[CatalogSummary]
    continuation: str | None
