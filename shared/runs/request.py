"""The request of a run, validated where it enters. The limits of the fields are part of the HTTP contract."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, ValidationError, model_validator

from shared.catalog.theme import STRICT_JSON, Theme
from shared.images.refinement_policy import Refinement
from shared.images.variant_spec import ImageVariants
from shared.inputs.item_source import ItemSource, RowSource, SourceName, find_item_source, find_row_source
from shared.messages.run import RootRestart, SeedInput

CATALOG_NAME_PATTERN = r"[a-z0-9](?:-?[a-z0-9]){1,38}"
IMAGE_SIZE_PATTERN = r"[1-9][0-9]{1,3}x[1-9][0-9]{1,3}"
MAX_PAUSE_MINUTES = 8_640
"""Six days: the longest wait that Durable Functions runs as a single timer."""

MIN_IMAGE_SIDE_PIXELS, MAX_IMAGE_SIDE_PIXELS = 64, 4096

MAX_STYLE_REFERENCES = 4
MAX_TRIAL_IMAGES = 20
INPUT_PATH_PATTERN = r"inputs/[A-Za-z0-9](?:[A-Za-z0-9._-]{0,118}[A-Za-z0-9_-])?"
WHOLE_REQUEST = "(body)"
"""In place of a field, in problems that are about several fields."""

BASE_URL_PATTERN = r"https?://[^\s?#]{1,500}"

RESERVED_NAMES = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{device}{digit}" for device in ("com", "lpt") for digit in range(10)},
)
"""Windows does not allow these device names as folders: https://learn.microsoft.com/windows/win32/fileio/naming-a-file"""


def check_catalog_name(name: str) -> str:
    """Return a valid catalog name unchanged.

    Raises:
        ValueError: the name is not valid.
    """
    if re.fullmatch(CATALOG_NAME_PATTERN, name) is None:
        raise ValueError(
            f"{_shorten(name)!r} is not a catalog name; expected 2 to 39 lower-case letters and digits "
            "with single hyphens between them, such as spring-sale",
        )
    if name in RESERVED_NAMES:
        raise ValueError(f"{name!r} is a reserved device name on Windows; expected any other name")
    return name


def check_image_size(size: str) -> str:
    """Return a valid image size unchanged.

    Raises:
        ValueError: the size is not WIDTHxHEIGHT within the limits.
    """
    if re.fullmatch(IMAGE_SIZE_PATTERN, size) is None or not all(
        MIN_IMAGE_SIDE_PIXELS <= side <= MAX_IMAGE_SIDE_PIXELS for side in parse_image_size(size)
    ):
        raise ValueError(
            f"{size[:40]!r} is not an image size; expected WIDTHxHEIGHT such as 1024x1024, "
            f"each {MIN_IMAGE_SIDE_PIXELS} to {MAX_IMAGE_SIDE_PIXELS}",
        )
    return size


def check_input_path(path: str) -> str:
    """Return a valid path of an input unchanged.

    Raises:
        ValueError: the path is not ``inputs/NAME``.
    """
    if re.fullmatch(INPUT_PATH_PATTERN, path) is None:
        raise ValueError(
            f"{_shorten(path)!r} is not the path of an input; expected inputs/NAME with 1 to 120 letters, digits, "
            "dots, hyphens and underscores in NAME, and no dot at its end",
        )
    return path


def check_base_url(url: str) -> str:
    """Return a valid base URL of images unchanged.

    Raises:
        ValueError: the URL is not absolute, or has a query or fragment.
    """
    if re.fullmatch(BASE_URL_PATTERN, url) is None:
        raise ValueError(f"{_shorten(url)!r} is not a base URL; expected a URL such as https://cdn.example.com/images")
    return url


def parse_image_size(size: str) -> tuple[int, int]:
    """Return (width, height) in pixels of a size such as ``1024x1536``."""
    width, _, height = size.partition("x")
    return int(width), int(height)


class StyleReference(BaseModel):
    """Images whose look every image of a run is to have: inputs, or images of the run that a person approves."""

    model_config = STRICT_JSON

    images: tuple[Annotated[str, AfterValidator(check_input_path)], ...] | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_STYLE_REFERENCES,
        strict=False,
        exclude_if=lambda images: images is None,
        description="Inputs with the images, each as inputs/NAME: PNG, JPEG or WebP of at most 8192 pixels a side.",
    )
    first_approved: int | None = Field(
        default=None,
        ge=1,
        le=MAX_TRIAL_IMAGES,
        exclude_if=lambda count: count is None,
        description="Number of trial images: the run generates the images of the first items, and waits until a person "
        "has approved some of them and resumes it. Up to four approved ones become the references.",
    )

    @model_validator(mode="after")
    def _check_choice(self) -> Self:
        if (self.images is None) == (self.first_approved is None):
            given = "none of both" if self.images is None else "both"
            raise ValueError(f"has {given}; expected either images or firstApproved")
        return self


class SeedRequest(BaseModel):
    """What a caller asks a run to bring a catalog to. JSON in camelCase; unknown fields are refused.

    The field descriptions are the text of ``seeder run --help`` and of the reference of request fields.
    """

    model_config = STRICT_JSON

    catalog: Annotated[str, AfterValidator(check_catalog_name)] = Field(
        description="Name of the catalog: 2-39 lower-case letters and digits, with single hyphens between them.",
        json_schema_extra={"pattern": f"^{CATALOG_NAME_PATTERN}$"},
    )
    target_count: int = Field(default=200, ge=1, le=50_000, description="Number of items in the catalog.")
    category_count: int = Field(default=20, ge=1, le=100, description="Number of categories in a new catalog.")
    batch_size: int = Field(default=20, ge=1, le=50, description="Number of items per text call.")
    parallel_image_requests: int = Field(
        default=4, ge=1, le=64, description="Maximum number of image calls at the same time."
    )
    image_requests_per_minute: Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)] | None = Field(
        default=None,
        description="Image quota in calls per minute, if the provider does not report it; calls are spread evenly.",
    )
    parallel_text_requests: int = Field(
        default=1, ge=1, le=16, description="Maximum number of text calls at the same time."
    )
    max_retries: int = Field(
        default=5, ge=0, le=10, description="Maximum number of retries per call; waits for the quota do not count."
    )
    image_size: Annotated[str, AfterValidator(check_image_size)] = Field(
        default="1024x1024",
        description="Width and height of images in pixels, each 64-4096; the image model must support the size.",
        json_schema_extra={"pattern": f"^{IMAGE_SIZE_PATTERN}$"},
    )
    image_quality: Literal["low", "medium", "high", "xhigh", "max"] = Field(
        default="medium", description="Image quality; xhigh and max need gpt-image-2.5 or later."
    )
    image_mode: Literal["normal", "batch"] = Field(
        default="normal",
        description="How images are generated: one call each, or in the provider's batches, which cost half and may "
        "take a day (OpenAI only).",
    )
    text_mode: Literal["normal", "batch"] = Field(
        default="normal",
        description="How the text model writes image prompts (promptWriter model): one call each, or in the provider's "
        "batches, which cost half and may take a day (OpenAI only).",
    )
    batch_fallback: Literal["normal", "next-batch", "none"] = Field(
        default="normal",
        description="What follows for images that a batch leaves out: a normal call at the full price, the next batch, "
        "or nothing.",
    )
    image_format: Literal["png", "jpeg"] = Field(default="png", description="File format of images.")
    thumbnails: bool = Field(default=True, description="Write a small WebP copy of each image.")
    image_variants: ImageVariants = Field(
        default=(),
        description="Copies of each image in other sizes and formats, made from the image without a call.",
    )
    force_categories: bool = Field(default=False, description="Generate the categories again.")
    force_images: bool = Field(default=False, description="Generate every image again; each one is billed again.")
    dry_run: bool = Field(default=False, description="Generate items, but no images.")
    validate_items: bool = Field(
        default=True,
        description="Apply the content rules to items, in addition to uniqueness and the importer's limits.",
    )
    publish: bool = Field(
        default=True,
        description="Publish catalog.json when the run ends, instead of leaving catalog.partial.json for review.",
    )
    review: Literal["optional", "required"] = Field(
        default="optional",
        description="Whether reviewers decide what is published: optional publishes every image that is not rejected, "
        "required only approved ones.",
    )
    pause_on_block: bool = Field(
        default=False, description="Pause instead of failing when the account is blocked or most calls fail."
    )
    pause_limit_minutes: int = Field(
        default=1_440,
        ge=1,
        le=MAX_PAUSE_MINUTES,
        description="Minutes that a paused run waits to be resumed before it fails, also for the approval of its first "
        "images.",
    )
    max_cost_usd: Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)] | None = Field(
        default=None, description="Budget in US dollars at list prices; no call is sent that could exceed it."
    )
    accept_estimate: bool = Field(
        default=False, description="Start even if the estimate exceeds the budget; the run stops at the budget."
    )
    theme: Theme = Field(
        default=Theme(),
        description="What the catalog is about: subject, prompt openings, prompt tail, forbidden words and template.",
    )
    source: SourceName = Field(
        default="generate",
        description="Source of the items: the text model, or the products or prompts in the rows of an input.",
    )
    input: Annotated[str, AfterValidator(check_input_path)] | None = Field(
        default=None,
        description="Input with the rows of a source, as inputs/NAME in the store.",
        json_schema_extra={"pattern": f"^{INPUT_PATH_PATTERN}$"},
    )
    field_mapping: dict[str, Annotated[str, Field(max_length=200)]] = Field(
        default_factory=dict,
        max_length=20,
        description="Input column of a field that the automatic column mapping gets wrong; an empty column unmaps it.",
    )
    skip_invalid: bool = Field(
        default=False, description="Skip input rows that cannot be used; rejected_items.json lists them."
    )
    keep_changed: bool = Field(default=False, description="Keep the image of an input row whose text has changed.")
    variant_images: bool = Field(default=False, description="Generate an image for each variant of a product.")
    prompt_writer: Literal["template", "model"] = Field(
        default="template",
        description="What writes the image prompts of rows that have none: the theme's template or the text model.",
    )
    image_base_url: Annotated[str, AfterValidator(check_base_url)] | None = Field(
        default=None,
        description="URL that the images will be served from; each imageUrl in catalog.json starts with it.",
        json_schema_extra={"pattern": f"^{BASE_URL_PATTERN}$"},
    )
    style_reference: StyleReference | None = Field(
        default=None,
        description="Images whose look every new image is to have; not with every image model, and with input tokens "
        "for each reference.",
    )
    refine: Refinement = Field(
        default=Refinement(), description="Evaluate images, and generate those with a low score again."
    )
    policy_rewrites: int = Field(
        default=0,
        ge=0,
        le=2,
        description="Maximum number of neutral rewrites of a prompt that the content policy refuses.",
    )
    placeholder: bool = Field(
        default=False,
        description="Publish a placeholder for an image that the content policy refuses; it still counts as failed.",
    )

    @model_validator(mode="after")
    def _check_source(self) -> Self:
        if self.item_source.writes_items and self.input is not None:
            raise ValueError("source is 'generate', which takes no input; expected source 'products' or 'prompts'")
        if self.item_source.writes_items and self.writes_prompts:
            raise ValueError(
                "promptWriter is 'model', and source is 'generate'; expected source 'products' or 'prompts', or "
                "promptWriter 'template': generated items come with their prompts"
            )
        return self

    @model_validator(mode="after")
    def _check_image_mode(self) -> Self:
        problem = self.find_batch_problem()
        if problem is not None:
            raise ValueError(f"imageMode is 'batch', and {problem}")
        return self

    def find_batch_problem(self) -> str | None:
        """Return what the request asks for that the provider's batches cannot do; None if they are not asked for."""
        if self.is_batched and self.refine.is_wanted:
            return (
                "refine asks for evaluations; expected imageMode 'normal', or no refine: each round would wait for a "
                "batch of its own"
            )
        return None

    @model_validator(mode="after")
    def _check_text_mode(self) -> Self:
        problem = self.find_text_batch_problem()
        if problem is not None:
            raise ValueError(f"textMode is 'batch', and {problem}")
        return self

    def find_text_batch_problem(self) -> str | None:
        """Return why the request has no text calls for the provider's batches; None if they are not asked for."""
        if self.text_mode == "normal":
            return None
        if self.generates_items:
            return (
                "source is 'generate'; expected textMode 'normal', or rows with promptWriter 'model': each call for "
                "items continues from the names of the calls before it"
            )
        if not self.writes_prompts:
            return "promptWriter is 'template'; expected textMode 'normal', or promptWriter 'model': no text is written"
        return None

    @property
    def is_batched(self) -> bool:
        """Whether the provider's batches generate the images."""
        return self.image_mode == "batch"

    @property
    def is_text_batched(self) -> bool:
        """Whether the provider's batches write the image prompts."""
        return self.text_mode == "batch" and self.writes_prompts

    @property
    def first_approved(self) -> int:
        """The number of trial images; 0 = the run has none."""
        return 0 if self.style_reference is None else self.style_reference.first_approved or 0

    @property
    def may_pause(self) -> bool:
        """Whether the run may wait for a person."""
        return self.pause_on_block or self.first_approved > 0

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
    def generates_items(self) -> bool:
        """Whether the run generates categories and items with the text model."""
        return self.item_source.writes_items

    @property
    def writes_prompts(self) -> bool:
        """Whether the text model writes the image prompts of rows that have none."""
        return self.prompt_writer == "model"

    @property
    def requires_review(self) -> bool:
        """Whether only approved items are published."""
        return self.review == "required"

    @property
    def needs_text_model(self) -> bool:
        """Whether the run may call the text model: for items, for prompts, or to rewrite prompts."""
        return self.generates_items or self.writes_prompts or self.policy_rewrites > 0 or self.refine.iterations > 1

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Return the request in JSON data; accepts the camelCase names of fields only.

        Raises:
            ValidationError: the data breaks the schema; see `describe_validation_error`.
        """
        return cls.model_validate(data, by_alias=True, by_name=False)

    def to_json(self) -> dict[str, Any]:
        """Return the request as JSON data, every field present."""
        return self.model_dump(mode="json", by_alias=True)


def make_seed_input(run_id: str, request: SeedRequest, restart: RootRestart | None = None) -> SeedInput:
    """Return the input of ``seed_catalog``; ``restart`` is where a new root continues after an earlier one was lost."""
    return SeedInput(
        run_id=run_id,
        catalog=request.catalog,
        target_count=request.target_count,
        parallel_image_requests=request.parallel_image_requests,
        max_retries=request.max_retries,
        dry_run=request.dry_run,
        parallel_text_requests=request.parallel_text_requests,
        pause_limit_minutes=request.pause_limit_minutes if request.pause_on_block else 0,
        writes_items=request.generates_items,
        imports_rows=request.input is not None,
        writes_prompts=request.writes_prompts,
        restart=restart,
        batches_images=request.is_batched,
        batches_text=request.is_text_batched,
        first_approved=0 if request.dry_run else request.first_approved,
        approval_limit_minutes=request.pause_limit_minutes if request.first_approved else 0,
    )


_LENGTH_RULES = {"too_short": ("least", "min_length"), "too_long": ("most", "max_length")}
"""How messages name the limit of an array's length, by the type of Pydantic's error."""


def describe_validation_error(error: ValidationError) -> list[dict[str, str]]:
    """Return one ``{field, message}`` per problem: the path of the field, what is wrong and what was received."""
    problems = []
    details = error.errors(include_url=False)
    for detail in details:
        place = detail["loc"]
        if detail["type"] == "too_short" and any(one["loc"][:-1] == place for one in details):
            continue  # Pydantic does not count invalid entries, which have problems of their own
        field = _shorten(".".join(str(part) for part in place)) or WHOLE_REQUEST
        message = str(detail["msg"]).removeprefix("Value error, ")
        if detail["type"] == "extra_forbidden":
            message = "is not a field of this request"
        elif detail["type"] == "missing":
            message = "is required"
        elif detail["type"] in _LENGTH_RULES:
            rule, limit = _LENGTH_RULES[detail["type"]]
            message = f"has {detail['ctx']['actual_length']} entries; expected at {rule} {detail['ctx'][limit]}"
        elif detail["type"] == "tuple_type":
            message = f"Input should be a JSON array, got {_shorten(repr(detail['input']))}"
        elif detail["type"] == "model_type":  # Pydantic's message names classes of this program
            message = f"Input should be a JSON object, got {_shorten(repr(detail['input']))}"
        elif detail["type"] != "value_error":
            message = f"{message}, got {_shorten(repr(detail['input']))}"
        problems.append({"field": field, "message": message})
    return problems


def _shorten(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004 - one line on a terminal
