"""``results/{productId}/``: what a run drew of an item, what was thought of it, and how its prompt was written anew.

Each record is written once, as soon as it was paid for: it is what a repeated activity finds before it pays.

```
iteration_1.png               the image, its cost among its facts
iteration_1_results.json      what it was drawn from, and what is known of it; .yaml says the same
iteration_1_evaluation.json   what the vision model thought of it
iteration_2_prompt.json       the prompt of the next image
iteration_1_rewrite_1.json    the prompt in place of one that the service refused
summary.json                  all of it, which image ships, and why there is no further one
```
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pydantic import ConfigDict, TypeAdapter

from shared.messages.base import Cost
from shared.messages.images import ImageStep
from shared.storage import paths
from shared.storage.json_files import CAMEL_CASE, JSON_TYPE, ResumeCount, dump_json, read_json
from shared.storage.protocol import FileInfo, Store

if TYPE_CHECKING:
    from datetime import datetime

YAML_TYPE = "application/yaml"
"""https://www.rfc-editor.org/rfc/rfc9512"""

SUMMARY_NAME = "summary.json"


@dataclass(frozen=True, slots=True)
class PromptRecord:
    """A prompt that the text model wrote anew.

    Attributes:
        prompt: the new one.
        previous: the one that it stands for.
        because_refused: the service had refused that one; otherwise its image was found wanting.
        model: what wrote it.
        request_id: the service's id of the call.
        cost: of the call.
        resume_count: how often the run was resumed before the call was counted.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    prompt: str
    previous: str
    because_refused: bool
    model: str
    request_id: str | None
    cost: Cost
    resume_count: ResumeCount = 0


@dataclass(frozen=True, slots=True)
class RoundRecord:
    """An image of an item.

    Attributes:
        iteration: which one, from 1.
        prompt: what it was drawn from.
        rewrites: how often that prompt was written anew as the service had refused it.
        file: its name beside this record.
        content_type: its media type.
        bytes: its size.
        width: in pixels.
        height: in pixels.
        sha256: of the file, in hex.
        model: what drew it.
        request_id: the service's id of the call; None where it told none.
        cost: of the call.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    iteration: int
    prompt: str
    rewrites: int
    file: str
    content_type: str
    bytes: int
    width: int
    height: int
    sha256: str
    model: str
    request_id: str | None
    cost: Cost


@dataclass(frozen=True, slots=True)
class EvaluationRecord:
    """What the vision model thought of an image.

    Attributes:
        iteration: which one, from 1.
        prompt: what it was judged against, the same for all images of an item.
        score: 0-100.
        missing: what was asked for and is not there.
        wrong: what is there, but otherwise than asked for.
        unwanted: what nobody asked for.
        model: what judged it.
        request_id: the service's id of the call.
        cost: of the call.
        resume_count: how often the run was resumed before the call was counted.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    iteration: int
    prompt: str
    score: int
    missing: tuple[str, ...]
    wrong: tuple[str, ...]
    unwanted: tuple[str, ...]
    model: str
    request_id: str | None
    cost: Cost
    resume_count: ResumeCount = 0


@dataclass(frozen=True, slots=True)
class SummaryRound:
    """An image in a summary; ``score`` is None where it could not be looked at."""

    score: int | None = None


@dataclass(frozen=True, slots=True)
class SummaryFailure:
    """Why a call failed for good, or the run ended early, in a summary."""

    reason: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class SummaryRecord:
    """What of a summary is read again.

    Attributes:
        iterations: images that were drawn.
        shipped_iteration: which of them ships, from 1; None = there is none.
        score: of the one that ships.
        stopped_because: why there is no further one, a ``RefinementEnd``.
        failure: why a call failed for good or the run ended early, if so.
        rounds: the images, in order.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    iterations: int
    shipped_iteration: int | None
    score: int | None
    stopped_because: str
    failure: SummaryFailure | None
    rounds: tuple[SummaryRound, ...]


RecordT = TypeVar("RecordT", PromptRecord, RoundRecord, EvaluationRecord, SummaryRecord)

ADAPTERS: dict[type, TypeAdapter[Any]] = {
    kind: TypeAdapter(kind) for kind in (PromptRecord, RoundRecord, EvaluationRecord, SummaryRecord)
}


@dataclass(frozen=True, slots=True)
class RoundFiles:
    """The results of one item in one run.

    Attributes:
        store: where they are.
        run_id: the run.
        product_id: the item's id, by which files are named.
    """

    store: Store
    run_id: str
    product_id: str

    def round_image_file(self, iteration: int, filename: str) -> str:
        """Return the path of an image; it ends like the file name of the item's image."""
        return self._path(f"iteration_{iteration}.{filename.rpartition('.')[2].lower()}")

    async def describe_round_image(self, iteration: int, filename: str) -> FileInfo | None:
        """Return what is known of an image, or None if there is none."""
        return await self.store.describe(self.round_image_file(iteration, filename))

    async def read_prompt(self, step: ImageStep) -> PromptRecord | None:
        """Return how the prompt of a step was written anew; None if it was not."""
        return await self._read(PromptRecord, _name_prompt(step))

    async def record_prompt(self, step: ImageStep, record: PromptRecord) -> PromptRecord:
        """Record the prompt of a step, and return what is recorded: an earlier delivery's stays."""
        return await self._create_record(record, _name_prompt(step))

    async def read_round(self, iteration: int) -> RoundRecord | None:
        """Return what is recorded of an image, or None."""
        return await self._read(RoundRecord, f"iteration_{iteration}_results")

    async def record_round(self, record: RoundRecord) -> None:
        """Record an image, as JSON and as YAML; what is recorded already stays."""
        name = f"iteration_{record.iteration}_results"
        await self._create_record(record, name)
        data = ADAPTERS[RoundRecord].dump_python(record, mode="json", by_alias=True)
        await self.store.create(self._path(f"{name}.yaml"), _dump_yaml(data), content_type=YAML_TYPE)

    async def read_evaluation(self, iteration: int) -> EvaluationRecord | None:
        """Return what was thought of an image, or None if it was not looked at."""
        return await self._read(EvaluationRecord, f"iteration_{iteration}_evaluation")

    async def record_evaluation(self, record: EvaluationRecord) -> EvaluationRecord:
        """Record an evaluation, and return what is recorded: an earlier delivery's stays."""
        return await self._create_record(record, f"iteration_{record.iteration}_evaluation")

    async def list_evaluations(self, max_rounds: int) -> list[EvaluationRecord]:
        """Return what was thought of the images up to one, in order; the first one not looked at ends the list."""
        found: list[EvaluationRecord] = []
        for iteration in range(1, max_rounds + 1):
            evaluation = await self.read_evaluation(iteration)
            if evaluation is None:
                break
            found.append(evaluation)
        return found

    async def write_summary(self, summary: dict[str, Any]) -> None:
        """Write the summary: from then on the item's image is not improved in this run."""
        await self.store.write(self._path(SUMMARY_NAME), dump_json(summary), content_type=JSON_TYPE)

    async def read_summary(self) -> SummaryRecord | None:
        """Return what the summary tells, or None if there is none."""
        return await self._read(SummaryRecord, SUMMARY_NAME.removesuffix(".json"))

    def _path(self, name: str) -> str:
        return paths.result_file(self.run_id, self.product_id, name)

    async def _read(self, kind: type[RecordT], name: str) -> RecordT | None:
        parse: TypeAdapter[RecordT] = ADAPTERS[kind]
        return await read_json(self.store, self._path(f"{name}.json"), parse.validate_python)

    async def _create_record(self, record: RecordT, name: str) -> RecordT:
        kind = type(record)
        data = dump_json(ADAPTERS[kind].dump_python(record, mode="json", by_alias=True))
        if await self.store.create(self._path(f"{name}.json"), data, content_type=JSON_TYPE):
            return record
        return await self._read(kind, name) or record


async def list_unfinished_items(store: Store, run_id: str) -> set[str]:
    """Return the ids of the items that a run has begun and not finished: their images may still improve.

    What came after a summary is not in it: the run gave the item up, was resumed, and began with it anew.
    """
    folder = paths.results_folder(run_id)
    begun: dict[str, datetime] = {}
    finished: dict[str, datetime] = {}
    async for info in store.list_files(folder):
        product_id, _, name = info.path.removeprefix(folder).partition("/")
        latest = finished if name == SUMMARY_NAME else begun
        latest[product_id] = max(info.modified, latest.get(product_id, info.modified))
    return {item for item, at in begun.items() if item not in finished or finished[item] < at}


def _name_prompt(step: ImageStep) -> str:
    if step.rewrite:
        return f"iteration_{step.round}_rewrite_{step.rewrite}"
    return f"iteration_{step.round}_prompt"


def _dump_yaml(data: object) -> bytes:
    import yaml  # noqa: PLC0415 - only a run that looks at its images needs it: cold start

    text: str = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=120)
    return text.encode()
