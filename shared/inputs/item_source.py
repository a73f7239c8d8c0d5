"""The sources of a catalog's items: the text model, rows of products, or rows of prompts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from shared.catalog.theme import Theme
from shared.inputs.column_names import COLUMN_NAMES
from shared.inputs.prompt_template import RowPrompt, read_own_prompt, write_product_prompt, write_scene_prompt

SourceName = Literal["generate", "products", "prompts"]
RowSourceName = Literal["products", "prompts"]

PromptWriter = Callable[[Theme, Mapping[str, str]], RowPrompt]
"""Returns the image prompt of a row, from the theme and the row's values by field."""


@dataclass(frozen=True, slots=True, eq=False)
class ItemSource:
    """A source of items. The text model generates them, unless the source is a `RowSource`.

    Attributes:
        name: value of the request's field ``source``.
    """

    name: SourceName

    @property
    def writes_items(self) -> bool:
        """Whether the text model generates categories and items."""
        return not isinstance(self, RowSource)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RowSource(ItemSource):
    """A source that builds an item from each row of an input.

    Attributes:
        column_names: column names by field, the likeliest first.
        required_fields: fields that need a column.
        text_fields: fields that a prompt can be built from; a row needs one of them.
        hint_fields: fields that are not part of an item, and that the text model needs to write a prompt.
        rows_may_be_text: a row may be a plain text, which is its prompt. Such rows need no id.
        has_variants: a row may be a variant of another row.
        has_template_opening: prompts begin like the theme's prompt template.
        write_prompt: builds the prompt of a row from its fields.
        read_own_prompt: returns the prompt that a row contains, with empty text if none.
    """

    column_names: Mapping[str, tuple[str, ...]]
    required_fields: tuple[str, ...]
    text_fields: tuple[str, ...]
    hint_fields: tuple[str, ...]
    rows_may_be_text: bool
    has_variants: bool
    has_template_opening: bool
    write_prompt: PromptWriter
    read_own_prompt: PromptWriter

    def make_row_id(self, number: int) -> str:
        """Return the id of a row that has none, by its number from 1; "" if the source requires ids."""
        return f"prompt-{number:04d}" if self.rows_may_be_text else ""


def _read_scene_prompt(theme: Theme, values: Mapping[str, str]) -> RowPrompt:
    """Return the prompt of a row of prompts together with its other texts; "" if it has none."""
    return write_scene_prompt(theme, values) if values.get("prompt") else RowPrompt("")


GENERATED: Final = ItemSource("generate")

PRODUCTS: Final = RowSource(
    "products",
    column_names=COLUMN_NAMES["products"],
    required_fields=("id",),
    text_fields=("name", "description", "prompt"),
    hint_fields=("brand", "colour", "material", "attributes"),
    rows_may_be_text=False,
    has_variants=True,
    has_template_opening=True,
    write_prompt=write_product_prompt,
    read_own_prompt=read_own_prompt,
)

PROMPTS: Final = RowSource(
    "prompts",
    column_names=COLUMN_NAMES["prompts"],
    required_fields=(),
    text_fields=("title", "scene", "mood", "prompt"),
    hint_fields=("mood",),
    rows_may_be_text=True,
    has_variants=False,
    has_template_opening=False,
    write_prompt=write_scene_prompt,
    read_own_prompt=_read_scene_prompt,
)

_SOURCES: Final[Mapping[str, ItemSource]] = {source.name: source for source in (GENERATED, PRODUCTS, PROMPTS)}


def find_item_source(name: str | None) -> ItemSource:
    """Return the source of this name; None is the default, `GENERATED`.

    Raises:
        KeyError: the name is unknown.
    """
    return GENERATED if name is None else _SOURCES[name]


def find_row_source(name: str) -> RowSource:
    """Return the row source of this name.

    Raises:
        ValueError: the source of this name has no rows.
    """
    source = find_item_source(name)
    if not isinstance(source, RowSource):
        raise ValueError(f"source {name!r} has no rows; expected 'products' or 'prompts'")  # noqa: TRY004
    return source
