"""The seed request: what a caller may ask for, checked at the edge. Field limits are the HTTP contract's."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from shared.catalog.theme import Theme
from shared.images.refinement_policy import Refinement
from shared.inputs.item_source import ItemSource, RowSource, SourceName, find_item_source, find_row_source

CATALOG_NAME_PATTERN = r"[a-z0-9](?:-?[a-z0-9]){1,38}"
IMAGE_SIZE_PATTERN = r"[1-9][0-9]{1,3}x[1-9][0-9]{1,3}"
MAX_PAUSE_MINUTES = 8_640
"""Six days: the longest wait that Durable Functions keeps as a single timer."""

MIN_IMAGE_SIDE_PIXELS, MAX_IMAGE_SIDE_PIXELS = 64, 4096

INPUT_PATH_PATTERN = r"inputs/[A-Za-z0-9][A-Za-z0-9._-]{0,119}"

RESERVED_NAMES = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{device}{digit}" for device in ("com", "lpt") for digit in range(10)},
)
"""Device names that Windows lets nobody use as a folder: https://learn.microsoft.com/windows/win32/fileio/naming-a-file"""


def check_catalog_name(name: str) -> str:
    """Return the name if it can be a catalog's.

    Raises:
        ValueError: it cannot; the message tells what was got and what is expected.
    """
    if re.fullmatch(CATALOG_NAME_PATTERN, name) is None:
        raise ValueError(
            f"{_shorten(name)!r} is no catalog name; expected 2 to 39 lower-case letters and digits "
            "with single hyphens between them, such as spring-sale",
        )
    if name in RESERVED_NAMES:
        raise ValueError(f"{name!r} is a reserved device name on Windows; expected any other name")
    return name


def check_image_size(size: str) -> str:
    """Return the size if images can have it.

    Raises:
        ValueError: they cannot; the message tells what was got and what is expected.
    """
    if re.fullmatch(IMAGE_SIZE_PATTERN, size) is None or not all(
        MIN_IMAGE_SIDE_PIXELS <= side <= MAX_IMAGE_SIDE_PIXELS for side in parse_image_size(size)
    ):
        raise ValueError(
            f"{size[:40]!r} is no image size; expected WIDTHxHEIGHT such as 1024x1024, "
            f"each {MIN_IMAGE_SIDE_PIXELS} to {MAX_IMAGE_SIDE_PIXELS}",
        )
    return size


def check_input_path(path: str) -> str:
    """Return the path if an input can have it.

    Raises:
        ValueError: it cannot; the message tells what was got and what is expected.
    """
    if re.fullmatch(INPUT_PATH_PATTERN, path) is None:
        raise ValueError(
            f"{_shorten(path)!r} is no input's path; expected inputs/NAME, the name of 1 to 120 letters, digits, dots, "
            "hyphens and underscores",
        )
    return path


def check_base_url(url: str) -> str:
    """Return the URL if images can be below it.

    Raises:
        ValueError: they cannot; the message tells what was got and what is expected.
    """
    if re.fullmatch(r"https?://[^\s?#]{1,500}", url) is None:
        raise ValueError(f"{_shorten(url)!r} is no address; expected one such as https://cdn.example.com/images")
    return url


def parse_image_size(size: str) -> tuple[int, int]:
    """Return (width, height) in pixels of a size such as ``1024x1536``."""
    width, _, height = size.partition("x")
    return int(width), int(height)


class SeedRequest(BaseModel):
    """What a run is asked to bring a catalog to. JSON in camelCase; unknown fields are refused."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        strict=True,
    )

    catalog: Annotated[str, AfterValidator(check_catalog_name)]
    target_count: int = Field(default=200, ge=1, le=50_000)
    category_count: int = Field(default=20, ge=1, le=100)
    batch_size: int = Field(default=20, ge=1, le=50)
    parallel_image_requests: int = Field(default=4, ge=1, le=64)
    image_requests_per_minute: Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)] | None = None
    parallel_text_requests: int = Field(default=1, ge=1, le=16)
    max_retries: int = Field(default=5, ge=0, le=10)
    image_size: Annotated[str, AfterValidator(check_image_size)] = "1024x1024"
    image_quality: Literal["low", "medium", "high", "xhigh", "max"] = "medium"
    image_format: Literal["png", "jpeg"] = "png"
    thumbnails: bool = True
    force_categories: bool = False
    force_images: bool = False
    dry_run: bool = False
    validate_items: bool = True
    publish: bool = True
    pause_on_block: bool = False
    pause_limit_minutes: int = Field(default=1_440, ge=1, le=MAX_PAUSE_MINUTES)
    max_cost_usd: Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)] | None = None
    accept_estimate: bool = False
    theme: Theme = Theme()
    source: SourceName = "generate"
    input: Annotated[str, AfterValidator(check_input_path)] | None = None
    field_mapping: dict[str, Annotated[str, Field(max_length=200)]] = Field(default_factory=dict, max_length=20)
    skip_invalid: bool = False
    keep_changed: bool = False
    variant_images: bool = False
    prompt_writer: Literal["template", "model"] = "template"
    image_base_url: Annotated[str, AfterValidator(check_base_url)] | None = None
    refine: Refinement = Refinement()
    policy_rewrites: int = Field(default=0, ge=0, le=2)
    placeholder: bool = False

    @model_validator(mode="after")
    def _check_source(self) -> Self:
        if self.item_source.writes_items and self.input is not None:
            raise ValueError("input is given, and source is 'generate'; expected source 'products' or 'prompts'")
        if self.item_source.writes_items and self.writes_prompts:
            raise ValueError(
                "promptWriter is 'model', and source is 'generate'; expected source 'products' or 'prompts', or no "
                "promptWriter: the text model writes the prompts of items that it generates"
            )
        return self

    @property
    def item_source(self) -> ItemSource:
        """Where the items come from."""
        return find_item_source(self.source)

    @property
    def row_source(self) -> RowSource:
        """The source whose rows become items.

        Raises:
            ValueError: the text model writes the items.
        """
        return find_row_source(self.source)

    @property
    def writes_prompts(self) -> bool:
        """Whether the text model writes the image prompts of rows that have none."""
        return self.prompt_writer == "model"

    @property
    def needs_text_model(self) -> bool:
        """Tell whether the run may call the text model: for items, for prompts, or to write some anew."""
        return (
            self.item_source.writes_items
            or self.writes_prompts
            or self.policy_rewrites > 0
            or self.refine.iterations > 1
        )

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Return the request that JSON data asks for, with the fields' JSON names only.

        Raises:
            ValidationError: it breaks the schema; `describe_validation_error` tells how.
        """
        return cls.model_validate(data, by_alias=True, by_name=False)

    def to_json(self) -> dict[str, Any]:
        """Return the request as JSON data, every field present."""
        return self.model_dump(mode="json", by_alias=True)


def describe_validation_error(error: ValidationError) -> list[dict[str, str]]:
    """Return one ``{field, message}`` per problem: the field's path, what was got and what was expected."""
    problems = []
    for detail in error.errors(include_url=False):
        field = _shorten(".".join(str(part) for part in detail["loc"])) or "(body)"
        message = str(detail["msg"]).removeprefix("Value error, ")
        if detail["type"] == "extra_forbidden":
            message = "is not a field of this request"
        elif detail["type"] == "missing":
            message = "is required"
        elif detail["type"] == "model_type":  # its own message names classes of this program
            message = f"Input should be a JSON object, got {_shorten(repr(detail['input']))}"
        elif detail["type"] != "value_error":
            message = f"{message}, got {_shorten(repr(detail['input']))}"
        problems.append({"field": field, "message": message})
    return problems


def _shorten(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004 - one line on a terminal
