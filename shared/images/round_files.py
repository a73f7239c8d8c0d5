"""``results/{productId}/``: the rounds of an item's image in a run, with evaluations and rewritten prompts.

Each record is written once, right after the billed call: a repeated activity finds it before it makes another call.

```
iteration_1.png               the image, with its cost in the metadata
iteration_1_results.json      its prompt and properties; .yaml has the same content
iteration_1_evaluation.json   its score, its likeness to style references, and findings
iteration_2_prompt.json       the prompt of the next image
iteration_1_rewrite_1.json    the prompt in place of one that the provider refused
summary.json                  all of it, the promoted round, and why there is no further one
```
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pydantic import ConfigDict, TypeAdapter

from shared.images.refinement_policy import rate
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
    """A prompt that the text model rewrote.

    Attributes:
        prompt: the new prompt.
        previous: the prompt that it replaces.
        because_refused: the provider refused the previous prompt; otherwise its image scored too low.
        model: the model that rewrote it.
        request_id: provider's id of the call.
        cost: of the call.
        resume_count: how often the run had been resumed when it counted the call.
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
        iteration: the round, from 1.
        prompt: the prompt that it was generated from.
        rewrites: how often that prompt was rewritten after refusals.
        file: its file name beside this record.
        content_type: its media type.
        bytes: its size.
        width: in pixels.
        height: in pixels.
        sha256: of the file, in hex.
        model: the model that generated it.
        request_id: provider's id of the call; None if not reported.
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
    """The evaluation of an image.

    Attributes:
        iteration: the round, from 1.
        prompt: the prompt that it was compared with, the same for all rounds of an item.
        score: 0-100.
        missing: requested, but absent.
        wrong: present, but not as requested.
        unwanted: not requested.
        model: the model that evaluated it.
        request_id: provider's id of the call.
        cost: of the call.
        resume_count: how often the run had been resumed when it counted the call.
        likeness: 0-100, to the style references; None without any.
        unlike: how the look of the references differs.
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
    likeness: int | None = None
    unlike: tuple[str, ...] = ()

    @property
    def rating(self) -> int:
        """By which rounds are compared."""
        return rate(self.score, self.likeness)


@dataclass(frozen=True, slots=True)
class SummaryRound:
    """A round in a summary; ``score`` is None if it was not evaluated."""

    score: int | None = None
    likeness: int | None = None


@dataclass(frozen=True, slots=True)
class SummaryFailure:
    """Why a call failed finally, or the run ended early, in a summary."""

    reason: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class SummaryRecord:
    """The part of a summary that is read again.

    Attributes:
        iterations: number of generated images.
        shipped_iteration: the promoted round, from 1; None without an image.
        score: of the promoted round.
        stopped_because: why there is no further round, a ``RefinementEnd``.
        failure: why a call failed finally or the run ended early, if so.
        rounds: in order.
        likeness: of the promoted round to the style references; None without any.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    iterations: int
    shipped_iteration: int | None
    score: int | None
    stopped_because: str
    failure: SummaryFailure | None
    rounds: tuple[SummaryRound, ...]
    likeness: int | None = None


RecordT = TypeVar("RecordT", PromptRecord, RoundRecord, EvaluationRecord, SummaryRecord)

ADAPTERS: dict[type, TypeAdapter[Any]] = {
    kind: TypeAdapter(kind) for kind in (PromptRecord, RoundRecord, EvaluationRecord, SummaryRecord)
}


@dataclass(frozen=True, slots=True)
class RoundFiles:
    """The results of one item in one run.

    Attributes:
        store: holds them.
        run_id: the run.
        product_id: internal id of the item, which names files.
    """

    store: Store
    run_id: str
    product_id: str

    def round_image_file(self, iteration: int, filename: str) -> str:
        """Return the path of a round's image; it has the file ending of the item's image."""
        return self._path(f"iteration_{iteration}.{filename.rpartition('.')[2].lower()}")

    async def describe_round_image(self, iteration: int, filename: str) -> FileInfo | None:
        """Return the description of a round's image, or None."""
        return await self.store.describe(self.round_image_file(iteration, filename))

    async def read_prompt(self, step: ImageStep) -> PromptRecord | None:
        """Return the rewritten prompt of a step, or None if it was not rewritten."""
        return await self._read(PromptRecord, _name_prompt(step))

    async def record_prompt(self, step: ImageStep, record: PromptRecord) -> PromptRecord:
        """Record the prompt of a step; return the stored record, which may be that of an earlier delivery."""
        return await self._create_record(record, _name_prompt(step))

    async def read_round(self, iteration: int) -> RoundRecord | None:
        """Return the record of a round's image, or None."""
        return await self._read(RoundRecord, f"iteration_{iteration}_results")

    async def record_round(self, record: RoundRecord) -> None:
        """Record a round's image, as JSON and YAML; an existing record stays."""
        name = f"iteration_{record.iteration}_results"
        await self._create_record(record, name)
        data = ADAPTERS[RoundRecord].dump_python(record, mode="json", by_alias=True)
        await self.store.create(self._path(f"{name}.yaml"), _dump_yaml(data), content_type=YAML_TYPE)

    async def read_evaluation(self, iteration: int) -> EvaluationRecord | None:
        """Return the evaluation of a round, or None."""
        return await self._read(EvaluationRecord, f"iteration_{iteration}_evaluation")

    async def record_evaluation(self, record: EvaluationRecord) -> EvaluationRecord:
        """Record an evaluation; return the stored record, which may be that of an earlier delivery."""
        return await self._create_record(record, f"iteration_{record.iteration}_evaluation")

    async def list_evaluations(self, max_rounds: int) -> list[EvaluationRecord]:
        """Return the evaluations of the first rounds, in order, up to the first round without one."""
        found: list[EvaluationRecord] = []
        for iteration in range(1, max_rounds + 1):
            evaluation = await self.read_evaluation(iteration)
            if evaluation is None:
                break
            found.append(evaluation)
        return found

    async def write_summary(self, summary: dict[str, Any]) -> None:
        """Write the summary, which ends the refinement of the item in this run."""
        await self.store.write(self._path(SUMMARY_NAME), dump_json(summary), content_type=JSON_TYPE)

    async def read_summary(self) -> SummaryRecord | None:
        """Return the summary, or None."""
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
    """Return the ids of the items whose refinement has begun and not ended.

    A summary does not cover records that are newer: the run gave up on the item, was resumed, and began it again.
    Records of the summary's own second are covered: times in Blob Storage have no fractions, and a resume takes longer.
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
    import yaml  # noqa: PLC0415 - only runs with refinement need it, so the cold start skips it

    text: str = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=120)
    return text.encode()
