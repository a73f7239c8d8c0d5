"""The request of a run that generates images for named items only. Pure.

The selection is part of the run's stored request, so that every process of the run works on the same items. It is not
a field of `SeedRequest`: no caller can send it with ``POST /api/runs``, and no later run takes it over.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from shared.catalog.theme import STRICT_JSON
from shared.runs.request import SeedRequest


class SelectedItem(BaseModel):
    """An item whose image is generated again.

    Attributes:
        product_id: internal id of the item.
        batch: number of the batch that holds the item.
        prompt: edited prompt, already validated; None = the item's prompt.
    """

    model_config = STRICT_JSON | ConfigDict(defer_build=True)

    product_id: str
    batch: int = Field(ge=1)
    prompt: str | None = None


class SelectionRequest(SeedRequest):
    """The stored request of a run that generates images for some items of a catalog; it generates no items.

    Attributes:
        selection: the items, in acceptance order.
        body_sha256: hash of the body that asked for the run, by which a repeated command finds it.
    """

    model_config = STRICT_JSON | ConfigDict(defer_build=True)  # few runs have a selection

    selection: tuple[SelectedItem, ...] = Field(min_length=1, strict=False)
    body_sha256: str = ""

    @property
    def generates_items(self) -> bool:
        """Whether the run generates categories and items: never."""
        return False

    @property
    def first_approved(self) -> int:
        """The number of trial images: none, since the catalog's last run has its references."""
        return 0

    @cached_property
    def items_by_id(self) -> Mapping[str, SelectedItem]:
        """The items by internal id."""
        return {item.product_id: item for item in self.selection}


def find_selection(request: SeedRequest) -> SelectionRequest | None:
    """Return a request that names items, or None for a request of a whole catalog."""
    return request if isinstance(request, SelectionRequest) else None


def find_selected_item(request: SeedRequest, product_id: str) -> SelectedItem | None:
    """Return what a request selects of an item; None if it does not name the item, or names none."""
    return request.items_by_id.get(product_id) if isinstance(request, SelectionRequest) else None


def describe_request(request: SeedRequest) -> dict[str, Any]:
    """Return a stored request as callers see it: the fields that ``POST /api/runs`` takes, without named items."""
    return request.model_dump(mode="json", by_alias=True, include=set(SeedRequest.model_fields))


def parse_stored_request(data: dict[str, Any]) -> SeedRequest:
    """Return a stored request.

    Raises:
        ValidationError: the data is not a request.
    """
    return (SelectionRequest if "selection" in data else SeedRequest).model_validate(data)
