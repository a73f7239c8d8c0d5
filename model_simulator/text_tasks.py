"""The tasks that this product gives the text model: one JSON document for each kind of structured answer."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from model_simulator.replies import InvalidRequestError

Count = Annotated[int, Field(ge=1, le=1000)]


class _Task(BaseModel):
    # A task may say more than the simulator needs: a real model reads all of it.
    model_config = ConfigDict(alias_generator=to_camel, extra="allow")


class CategoriesTask(_Task):
    """Names of categories are wanted, none of the existing ones."""

    subject: str
    count: Count
    existing: list[str] = []
    forbidden_words: list[str] = []


class CategoryShare(_Task):
    """How many drafts one category gets, and names that it has already."""

    name: str
    count: Count
    taken: list[str] = []


class ItemsTask(_Task):
    """Drafts of items are wanted."""

    batch: int = 0
    subject: str
    openings: Annotated[list[str], Field(min_length=1)]
    tail: str = ""
    prompt_characters: Count
    categories: Annotated[list[CategoryShare], Field(min_length=1)]
    forbidden_words: list[str] = []


class PromptRow(_Task):
    """A row that an image prompt is wanted for; what it says is for the writer."""

    index: int


class PromptsTask(_Task):
    """Image prompts are wanted, one a row."""

    openings: list[str] = []
    tail: str = ""
    prompt_characters: Count
    rows: Annotated[list[PromptRow], Field(min_length=1)]
    forbidden_words: list[str] = []
    brands: list[str] = []


class RewriteTask(_Task):
    """A prompt is wanted that passes where the given one did not; ``tail`` stays its end."""

    prompt: Annotated[str, Field(min_length=1)]
    tail: str = ""
    missing: list[str] = []
    wrong: list[str] = []
    avoid: list[str] = []
    prompt_characters: Annotated[int, Field(ge=1, le=10_000)]


class EvaluationTask(_Task):
    """A judgement is wanted of how well an image shows its prompt; ``iteration`` is its round, from 1."""

    prompt: Annotated[str, Field(min_length=1)]
    iteration: Count = 1


EVALUATION = "image_evaluation"

TASKS: dict[str, type[_Task]] = {
    "category_list": CategoriesTask,
    "item_batch": ItemsTask,
    "prompt_batch": PromptsTask,
    "prompt_rewrite": RewriteTask,
    EVALUATION: EvaluationTask,
}
"""The task by the name of the schema of its answer."""


def parse_task(schema_name: str, document: str) -> dict[str, Any]:
    """Read a task, defaults filled in, keys as on the wire.

    Raises:
        InvalidRequestError: the schema's name is unknown, or the document is no such task.
    """
    if schema_name not in TASKS:
        raise InvalidRequestError(
            f"The simulator knows no schema named {schema_name!r}; expected one of {', '.join(TASKS)}.",
            param="text.format.name",
        )
    try:
        task = TASKS[schema_name].model_validate_json(document)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        key = ".".join(map(str, problem["loc"])) or "the document"
        raise InvalidRequestError(
            f"The input is no task for {schema_name!r}: {key}: {problem['msg']}.", param="input"
        ) from error
    return task.model_dump(by_alias=True)
