"""Builds items from rows."""

from shared.catalog.category_names import MAX_CATEGORY_CHARACTERS
from shared.catalog.draft_rules import MAX_NAME_CHARACTERS
from shared.catalog.items import SourceItem
from shared.inputs.brands import find_brand
from shared.inputs.filenames import FileNames
from shared.inputs.prompt_template import RowPrompt, shorten
from shared.inputs.rows import Row
from shared.runs.request import SeedRequest
from shared.text.cleaning import clean_line, cut_to_utf16_units
from shared.text.collation import is_visible

NO_CATEGORY = "Uncategorized"
"""The importer skips rows without a category."""

_ENDINGS = {"png": ".png", "jpeg": ".jpg"}


def build_item(row: Row, request: SeedRequest, names: FileNames) -> SourceItem:
    """Return the item of a new row, and take its file names."""
    stem = names.choose_stem(row.id)
    filename = names.choose_filename(row.values.get("image", ""), stem, _ENDINGS[request.image_format])
    return build_item_with_names(row, request, product_id=stem, filename=filename)


def build_item_with_names(row: Row, request: SeedRequest, *, product_id: str, filename: str) -> SourceItem:
    """Return the item of a row that has its id and file name already."""
    values = row.values
    texts = (values.get("name"), values.get("title"), values.get("prompt"), values.get("description"), row.id)
    name = next(filter(is_visible, (clean_line(text or "") for text in texts)), product_id)
    category = cut_to_utf16_units(clean_line(values.get("category", "")), MAX_CATEGORY_CHARACTERS)
    return SourceItem(
        product_id=product_id,
        name=cut_to_utf16_units(name, MAX_NAME_CHARACTERS),
        description=clean_line(values.get("description") or values.get("scene") or ""),
        category=category if is_visible(category) else NO_CATEGORY,
        filename=filename,
        image_prompt=write_row_prompt(row, request).text,
        source_id=row.id,
        row=row.text,
        prompt_hints=_pick_prompt_fields(row, request),
    )


def write_row_prompt(row: Row, request: SeedRequest) -> RowPrompt:
    """Return the image prompt of a row: its own, else the theme's template filled in."""
    source = request.row_source
    own = source.read_own_prompt(request.theme, row.values)
    return own if own.text else source.write_prompt(request.theme, row.values)


def _pick_prompt_fields(row: Row, request: SeedRequest) -> dict[str, str] | None:
    """Return further values of a row for the text model; None if the text model does not write its prompt."""
    if not request.writes_prompts:
        return None
    source = request.row_source
    if source.read_own_prompt(request.theme, row.values).text:
        return None
    values = {**row.values, "brand": find_brand(row.values)}
    return {name: shorten(values[name]) for name in source.hint_fields if values.get(name)}
