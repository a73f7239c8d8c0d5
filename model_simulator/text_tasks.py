"""Tasks for the text model: one JSON document for each kind of structured answer."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from model_simulator.replies import BadRequestError

Count = Annotated[int, Field(ge=1, le=1000)]


class _Task(BaseModel):
    # A task may hold more fields than the simulator reads.
    model_config = ConfigDict(alias_generator=to_camel, extra="allow")


class CategoriesTask(_Task):
    """Write names of new categories."""

    subject: str
    count: Count
    existing: list[str] = []
    forbidden_words: list[str] = []


class CategoryShare(_Task):
    """Number of drafts for one category, and names that it already has."""

    name: str
    count: Count
    taken: list[str] = []


class ItemsTask(_Task):
    """Write drafts of items."""

    batch: int = 0
    subject: str
    openings: Annotated[list[str], Field(min_length=1)]
    tail: str = ""
    prompt_characters: Count
    categories: Annotated[list[CategoryShare], Field(min_length=1)]
    forbidden_words: list[str] = []


class PromptRow(_Task):
    """A row that needs an image prompt; its other fields describe the product."""

    index: int


class PromptsTask(_Task):
    """Write one image prompt for each row."""

    openings: list[str] = []
    tail: str = ""
    prompt_characters: Count
    rows: Annotated[list[PromptRow], Field(min_length=1)]
    forbidden_words: list[str] = []
    brands: list[str] = []


class RewriteTask(_Task):
    """Rewrite a prompt that was refused or scored low; ``tail`` stays its end."""

    prompt: Annotated[str, Field(min_length=1)]
    tail: str = ""
    missing: list[str] = []
    wrong: list[str] = []
    unlike: list[str] = []
    avoid: list[str] = []
    prompt_characters: Annotated[int, Field(ge=1, le=10_000)]


class EvaluationTask(_Task):
    """Score how well an image matches its prompt; ``iteration`` is the round, from 1."""

    prompt: Annotated[str, Field(min_length=1)]
    iteration: Count = 1


class StyleEvaluationTask(EvaluationTask):
    """As `EvaluationTask`, and compare the look of the image with those of ``references`` images that follow it."""

    references: Annotated[int, Field(ge=1)]


EVALUATION = "image_evaluation"
STYLE_EVALUATION = "image_style_evaluation"

TASKS: dict[str, type[_Task]] = {
    "category_list": CategoriesTask,
    "item_batch": ItemsTask,
    "prompt_batch": PromptsTask,
    "prompt_rewrite": RewriteTask,
    EVALUATION: EvaluationTask,
    STYLE_EVALUATION: StyleEvaluationTask,
}
"""Task types by the name of the answer's schema."""


def parse_task(schema_name: str, document: str) -> dict[str, Any]:
    """Parse a task; missing fields get their defaults, and keys stay as on the wire.

    Raises:
        BadRequestError: the schema's name is unknown, or the document is not a valid task.
    """
    if schema_name not in TASKS:
        raise BadRequestError(
            f"The simulator does not support the schema {schema_name!r}; expected one of {', '.join(TASKS)}.",
            param="text.format.name",
        )
    try:
        task = TASKS[schema_name].model_validate_json(document)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        key = ".".join(map(str, problem["loc"])) or "the document"
        raise BadRequestError(
            f"The input is not a valid task for {schema_name!r}: {key}: {problem['msg']}.", param="input"
        ) from error
    return task.model_dump(by_alias=True)
