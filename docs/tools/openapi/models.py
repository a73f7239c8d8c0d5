"""Models of the OpenAPI document for what the app reads and writes without a model of its own."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel
from pydantic.alias_generators import to_camel

from shared.reviews.publishing_gate import MAX_EXAMPLES, LeftOutReason
from shared.runs.status import RunStatus, Status

CAMEL_CASE = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class View(BaseModel):
    """Base of models with names in camelCase."""

    model_config = CAMEL_CASE


class EstimateQuery(View):
    """Query of calls that start a run or estimate it."""

    estimate: bool = Field(default=False, description="Only estimate the run: start nothing and write nothing.")


class RunLinks(View):
    """Addresses of a run."""

    self: str = Field(description="Its status.")
    cancel: str = Field(description="Cancels it.")
    repair: str = Field(description="Repairs its catalog.")


class AcceptedRun(View):
    """A run that was started, or whose course was changed."""

    run_id: str = Field(description="Id of the run.")
    catalog: str = Field(description="Name of its catalog.")
    status: Status
    links: RunLinks


class RunPage(View):
    """A page of runs, newest first."""

    runs: list[RunStatus]
    continuation: str | None = Field(description="Starts the next page; null = this is the last one.")


class EstimateFigures(View):
    """What a run needs if no call fails."""

    text_calls: int = Field(description="Text calls: categories, batches, prompts of rows, evaluations and rewrites.")
    image_calls: int = Field(description="Image calls.")
    input_tokens: int = Field(description="Input tokens of all calls.")
    output_tokens: int = Field(description="Output tokens of all calls.")
    cost_usd: float = Field(description="Cost in US dollars at list prices.")
    minimum_seconds: float | None = Field(
        description="Minimum duration of the image calls under the requested quota; null = no quota is requested."
    )
    window_seconds: float = Field(description="Duration of the images with as many calls at a time as requested.")


class Estimate(EstimateFigures):
    """Estimate of a run."""

    catalog: str = Field(description="Name of the catalog.")
    items: int = Field(description="Number of items to generate.")
    typical: EstimateFigures | None = Field(
        description="Estimate with typical scores of images; only if the request asks for refinement.",
        exclude_if=lambda figures: figures is None,
    )


class RunOrEstimate(RootModel[Estimate | AcceptedRun]):
    """Estimate of a run, or the run that was started.

    One schema for both, because generated clients have one return type per operation: that of the lowest status.
    """


class PrunedItem(View):
    """An item that was removed."""

    product_id: str = Field(description="Public id of the item.")
    name: str
    category: str


class LeftOutItem(View):
    """An item that is not published."""

    product_id: str = Field(description="Public id of the item.")
    item_id: str = Field(description="Its internal id.")
    name: str


class LeftOutItems(View):
    """The items that are not published for one reason."""

    reason: LeftOutReason
    count: int = Field(description="Number of items.")
    examples: list[LeftOutItem] = Field(description=f"The first {MAX_EXAMPLES} of them.")


class PruneResult(View):
    """What a prune removed and what it kept."""

    catalog: str = Field(description="Name of the catalog.")
    pruned: list[PrunedItem] = Field(description="The removed items.")
    items: int = Field(description="Number of published items.")
    left_out: list[LeftOutItems] = Field(description="Items that are not published, by reason.")
    backup: str | None = Field(description="Folder in the store with the replaced files; null = nothing was missing.")
    outputs: dict[str, str] = Field(description="Published files, as paths in the store.")


class PublishQuery(View):
    """Query of a publish."""

    preview: bool = Field(default=False, description="Only report what would be published: change nothing.")


class PublishedCatalog(View):
    """What was published."""

    catalog: str = Field(description="Name of the catalog.")
    only: Literal["approved"] | None = Field(description="`approved`, or null for all items that are not rejected.")
    items: int = Field(description="Number of published items.")
    images: int = Field(description="Number of their images.")
    missing: int = Field(description="Number of items without an image.")
    placeholders: int = Field(description="Number of those with a placeholder.")
    missing_thumbnails: int = Field(description="Number of images without a thumbnail; another publish makes more.")
    missing_variants: int = Field(description="Number of images without all their variants; likewise.")
    left_out: list[LeftOutItems] = Field(description="Items that are not published, by reason.")
    outputs: dict[str, str] = Field(description="Published files, as paths in the store.")


class PublishPreview(View):
    """What would be published."""

    catalog: str = Field(description="Name of the catalog.")
    only: Literal["approved"] | None = Field(description="`approved`, or null for all items that are not rejected.")
    items: int = Field(description="Number of items of the catalog.")
    publish: int = Field(description="Number of items that would be published.")
    left_out: list[LeftOutItems] = Field(description="Items that would not be published, by reason.")


class PublishResult(RootModel[PublishedCatalog | PublishPreview]):
    """What was published; with `preview=true`, what would be published."""


class ImageFileQuery(View):
    """Query of an image."""

    sha256: str | None = Field(
        default=None, description="SHA-256 of the image in hex; a response to the current one may be cached for a year."
    )


class StoredInput(View):
    """An input that was stored."""

    path: str = Field(description="Path of the input: the field `input` of a request.")
    bytes: int = Field(description="Its size.")


class Health(View):
    """The app is configured."""

    status: Literal["ok"]
    version: str = Field(description="Version of the app.")


class StoreHealth(View):
    """Result of the probe of the store."""

    kind: Literal["folder", "blob"]
    probe: str = Field(description="`reached`, or what is wrong.")
    tried: str = Field(description="`read` or `write`.")


class ModelHealth(View):
    """Providers and models, and the result of their probe."""

    endpoint: str | None = Field(description="Address of the provider.")
    text_provider: str
    vision_provider: str
    image_provider: str
    text_deployment: str
    vision_deployment: str
    image_deployment: str
    probe: str = Field(description="`reached`, or what is wrong.")


class HealthDetails(Health):
    """The app is configured, and store and providers answer."""

    warnings: list[str] = Field(description="Settings with an old name, and models that shut down soon.")
    host: str = Field(description="Id of the host.")
    store: StoreHealth
    model: ModelHealth


class FieldError(View):
    """What is wrong with one field, parameter or row."""

    field: str = Field(description="Path of the field, or name of the parameter.")
    message: str


def _member(description: str) -> Any:
    """Return a field that only some problems have."""
    return Field(default=None, description=description, exclude_if=lambda value: value is None)


class Problem(BaseModel):
    """An error (RFC 9457). `type` is stable; some types have further members."""

    model_config = ConfigDict(extra="allow", **CAMEL_CASE)

    type: str
    title: str = Field(description="The type in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong, what was received and what to do.")
    errors: list[FieldError] | None = _member(
        "Of `invalid-request` and `invalid-input`: one entry per field, or the first rows."
    )
    run_id: str | None = _member("Of `catalog-busy` and `idempotency-key-reused`: the run.")
    links: RunLinks | None = _member("Of `catalog-busy`: the addresses of the active run.")
    run_status: str | None = _member("Of `no-audit` and `run-not-paused`.")
    max_cost_usd: float | None = _member("Of `estimate-above-budget`, which also has the members of an estimate.")
    path: str | None = _member("Of `audit-too-large` and `damaged-file`: the file in the store.")
    bytes: int | None = _member("Of `audit-too-large`: its size.")
    left_out: list[LeftOutItems] | None = _member("Of `nothing-to-publish`: the items that are not published.")
    setting: str | None = _member("Of `not-configured`: the setting.")


class OpenapiDocument(BaseModel):
    """An OpenAPI 3.1 document."""

    model_config = ConfigDict(extra="allow")

    openapi: str
    info: dict[str, Any]
    paths: dict[str, Any]
