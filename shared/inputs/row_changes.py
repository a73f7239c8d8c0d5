"""Applies a changed row to its item, and finds the item that a row belongs to."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from shared.catalog.items import EarlierPrompt, Item, SourceItem, VariantRow
from shared.inputs.column_mapping import ColumnMapping
from shared.inputs.item_builder import build_item_with_names
from shared.inputs.item_source import RowSource
from shared.inputs.row_values import parse_row
from shared.inputs.rows import Row, TextIdentities
from shared.runs.request import SeedRequest
from shared.text.cleaning import fold_name
from shared.text.digest_table import hash_text

_FIELDS_NOT_FROM_ROW: Final = {"product_id", "filename", "source_id", "importer_id", "earlier", "variants"}


@dataclass(frozen=True, slots=True)
class RowChange:
    """What the input says about an item.

    Attributes:
        index: of the item in its batch.
        row: the changed row; None if it is unchanged.
        variant: a new or changed variant.
        removed_variant: key of a variant that has become an item; None if none has.
    """

    index: int
    row: Row | None = None
    variant: VariantRow | None = None
    removed_variant: str | None = None


@dataclass(frozen=True, slots=True)
class CurrentImage:
    """The image of an item: the run that generated it ("" = placed by hand), and the item's prompt at that time."""

    generated_by: str
    prompt: str


class ItemIdentities:
    """Finds the row that an item belongs to: by its id or, for rows without ids, by its content.

    Args:
        source: products or prompts.
        mapping: of the input; None if it has no rows.
    """

    def __init__(self, source: RowSource, mapping: ColumnMapping | None) -> None:
        self._is_by_text = source.rows_may_be_text and mapping is not None
        self._mapping = mapping
        self._identities = TextIdentities(source)

    def find(self, item: Item) -> str:
        """Return the identity of an item's row; call it in acceptance order."""
        if not self._is_by_text or self._mapping is None or not isinstance(item, SourceItem):
            return item.public_id
        values = read_values(item, self._mapping)
        return item.source_id if values.get("id") else self._identities.find("", values)


def read_values(item: SourceItem, mapping: ColumnMapping) -> dict[str, str]:
    """Return the fields of an item's row as words; empty if the row cannot be parsed."""
    row = _parse(item.row)
    return {name: mapping.read(row, name) for name in mapping.columns}


def apply_change(
    old: Item,
    change: RowChange,
    request: SeedRequest,
    mapping: ColumnMapping | None,
    image: CurrentImage | None,
    *,
    run_id: str,
) -> Item:
    """Return an item as its changed row describes it; id, file name and image stay.

    An image from before is kept with its prompt. It is outdated if the texts of the row have changed, not if a new
    theme,
    mapping or version changes the prompt.

    Args:
        old: the item.
        change: what the input says.
        request: of the run.
        mapping: of the input.
        image: of the item, if any.
        run_id: the run.
    """
    if not isinstance(old, SourceItem):
        return old
    if change.variant is not None:
        return put_variant(old, change.variant)
    if change.removed_variant is not None:
        kept = tuple(variant for variant in old.variants if variant.key != change.removed_variant)
        return old.model_copy(update={"variants": kept})
    if change.row is None or mapping is None:
        return old
    row = replace(change.row, id=old.source_id)
    new = build_item_with_names(row, request, product_id=old.product_id, filename=old.filename)
    earlier = None
    if image is not None:
        before = replace(row, text=old.row, values=read_values(old, mapping))
        said = build_item_with_names(before, request, product_id=old.product_id, filename=old.filename)
        earlier = _find_earlier(old, image, run_id, is_changed=_fold_texts(said) != _fold_texts(new))
        if fold_name(earlier.prompt) == fold_name(new.image_prompt):
            earlier = None if earlier.prompt == new.image_prompt else set_outdated(earlier, is_outdated=False)
    return new.model_copy(update={"importer_id": old.importer_id, "earlier": earlier, "variants": old.variants})


def put_variant(item: SourceItem, variant: VariantRow) -> SourceItem:
    """Return an item with a variant added, or replaced if the key exists."""
    kept = [variant if known.key == variant.key else known for known in item.variants]
    if all(known.key != variant.key for known in item.variants):
        kept.append(variant)
    return item.model_copy(update={"variants": tuple(kept)})


def set_outdated(earlier: EarlierPrompt, *, is_outdated: bool) -> EarlierPrompt:
    """Return an earlier prompt with its image marked as outdated or not."""
    return earlier.model_copy(update={"is_outdated": is_outdated})


def hash_content(item: Item) -> int:
    """Return a digest of everything in an item that comes from its row."""
    return hash_text(item.model_dump_json(exclude=_FIELDS_NOT_FROM_ROW))


def hash_variant(parent: int, key: str) -> int:
    """Return a digest of a product's variant, never 0."""
    digest = hashlib.blake2b(f"{parent:016x}/{key}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") or 1


def _find_earlier(old: SourceItem, image: CurrentImage, run_id: str, *, is_changed: bool) -> EarlierPrompt:
    """Return the prompt of the current image: that of its last change, if the image was not regenerated since."""
    known = old.earlier
    if known is None or not known.applies_to(image.generated_by):
        return EarlierPrompt(prompt=image.prompt, run_id=run_id, is_outdated=is_changed)
    return EarlierPrompt(prompt=known.prompt, run_id=run_id, is_outdated=is_changed or known.is_outdated)


def _fold_texts(item: SourceItem) -> list[str]:
    """Return the texts that determine an image: the prompt, and what the text model writes one from."""
    texts = [item.image_prompt]
    if item.prompt_hints is not None:
        texts += [item.name, item.description, item.category, *map(str, sorted(item.prompt_hints.items()))]
    return [fold_name(text) for text in texts]


def _parse(text: str) -> Mapping[str, Any]:
    try:
        value = parse_row(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
