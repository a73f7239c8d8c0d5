"""What travels between orchestrators and activities: small, serializable, and without items or images.

Every orchestrator and activity takes one message and gives one back. Absent fields take their defaults and unknown
ones are ignored, so that a message of the version before is still understood while a new version rolls out.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from pydantic import ConfigDict, TypeAdapter
from pydantic.alias_generators import to_camel

from shared.reasons import Reason

_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def _find_adapter(message_type: type[Any]) -> TypeAdapter[Any]:
    if message_type not in _ADAPTERS:
        _ADAPTERS[message_type] = TypeAdapter(message_type)
    return _ADAPTERS[message_type]


class Message:
    """Turns a dataclass into JSON data and back."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """Return JSON data without the fields that have their default."""
        data: dict[str, Any] = _find_adapter(type(self)).dump_python(self, mode="json", exclude_defaults=True)
        return data

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Return the message that ``to_json`` gave."""
        message: Self = _find_adapter(cls).validate_python(data)
        return message


@dataclass(frozen=True, slots=True)
class Cost(Message):
    """What paid calls came to.

    Attributes:
        text_calls: answered or possibly billed text calls.
        image_calls: the same of image calls.
        input_tokens: as the service counted them.
        output_tokens: as the service counted them.
        nano_usd: thousand-millionths of a US dollar: exact, since list prices are cents per million tokens.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    text_calls: int = 0
    image_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    nano_usd: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.text_calls + other.text_calls,
            self.image_calls + other.image_calls,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.nano_usd + other.nano_usd,
        )

    def raise_to(self, other: "Cost") -> "Cost":
        """Return the higher of each count."""
        return Cost(
            max(self.text_calls, other.text_calls),
            max(self.image_calls, other.image_calls),
            max(self.input_tokens, other.input_tokens),
            max(self.output_tokens, other.output_tokens),
            max(self.nano_usd, other.nano_usd),
        )


@dataclass(frozen=True, slots=True)
class Failure(Message):
    """Why a call brought nothing.

    Attributes:
        reason: from the closed list.
        message: one line for people.
        retry_after_seconds: what the service asked us to wait.
        request_id: the service's id of the call.
        is_final: it was retried already, for as long as makes sense.
        cause: of a failure that sums up others, the reason of the last of them.
    """

    reason: Reason
    message: str = ""
    retry_after_seconds: float | None = None
    request_id: str | None = None
    is_final: bool = False
    cause: Reason | None = None


def describe_rejected(rejected: Mapping[str, int]) -> str:
    """Return which rules the last drafts broke, for the end of a message; empty where they broke none."""
    if not rejected:
        return ""
    rules = ", ".join(f"{reason} {count}" for reason, count in sorted(rejected.items(), key=lambda pair: -pair[1]))
    return f"; rejected in the last answer: {rules} (rejected_items.json has each draft and why)"


@dataclass(frozen=True, slots=True)
class Counters(Message):
    """What an instance has done so far; tallies of a run's instances add up to its progress.

    Attributes:
        accepted: items written to the store.
        rejected: drafts by reason code.
        made: images stored that were not there before.
        kept: images found in the store.
        failed: images given up on, by reason code.
        rate_limited: answers 429.
        cost: what it came to.
        refined: images that were looked at, and are not drawn again.
        lost: how often a worker was lost with activities or an orchestrator in it.
    """

    accepted: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    made: int = 0
    kept: int = 0
    failed: Mapping[str, int] = field(default_factory=dict)
    rate_limited: int = 0
    cost: Cost = Cost()
    refined: int = 0
    lost: int = 0

    def __add__(self, other: "Counters") -> "Counters":
        return Counters(
            self.accepted + other.accepted,
            dict(Counter(self.rejected) + Counter(other.rejected)),
            self.made + other.made,
            self.kept + other.kept,
            dict(Counter(self.failed) + Counter(other.failed)),
            self.rate_limited + other.rate_limited,
            self.cost + other.cost,
            self.refined + other.refined,
            self.lost + other.lost,
        )

    def raise_to(self, other: "Counters") -> "Counters":
        """Return the higher of each count: of an instance that was started again, and of the one that was lost."""
        return Counters(
            max(self.accepted, other.accepted),
            dict(Counter(self.rejected) | Counter(other.rejected)),
            max(self.made, other.made),
            max(self.kept, other.kept),
            dict(Counter(self.failed) | Counter(other.failed)),
            max(self.rate_limited, other.rate_limited),
            self.cost.raise_to(other.cost),
            max(self.refined, other.refined),
            max(self.lost, other.lost),
        )


@dataclass(frozen=True, slots=True)
class FailureCounts(Message):
    """How a piece of work has failed so far.

    Attributes:
        calls: all failed calls.
        counted: of them, those that count against maxRetries.
        ambiguous: of them, those that may have been billed.
        store: times that the store did not answer.
        lost: calls that failed although no code of ours decided so.
    """

    calls: int = 0
    counted: int = 0
    ambiguous: int = 0
    store: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class RunRef(Message):
    """Which run, of which catalog, and how often it was resumed before.

    Attributes:
        pausing: the run waits from here on, until a person resumes it; only ``read_stop_record`` is given this.
    """

    run_id: str
    catalog: str
    resume_count: int = 0
    pausing: bool = False


@dataclass(frozen=True, slots=True)
class ResumeInput(Message):
    """Input of ``resume_run``: ``resume_count`` is that of the pause that ends, from 0."""

    run_id: str
    catalog: str
    resume_count: int


@dataclass(frozen=True, slots=True)
class StartInventory(Message):
    """What a run found when it began.

    Attributes:
        categories: how many the catalog has; 0 = they must be asked for.
        items: accepted items.
        images: of them, how many have a valid image that is kept.
        next_batch: the first unused batch number.
        failure: why the run cannot begin.
    """

    categories: int = 0
    items: int = 0
    images: int = 0
    next_batch: int = 1
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class RootRestart(Message):
    """What a run whose root was lost continues from.

    Attributes:
        resume_count: the first one of the new root: no earlier one's pages and children are used.
        found: what the run found when it began, as far as the lost root had published it.
        counters: of the lost root and its children, as far as they had published it.
    """

    resume_count: int
    found: StartInventory | None = None
    counters: Counters = Counters()


@dataclass(frozen=True, slots=True)
class SeedInput(Message):
    """Input of ``seed_catalog``: of the request, only what decides the course of the orchestration.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        target_count: items that the catalog is to hold.
        parallel_image_requests: image calls at a time, at most.
        max_retries: of calls that fail in a way that counts.
        dry_run: no images.
        parallel_text_requests: batches that are written at a time, at most.
        pause_limit_minutes: how long a blocked run waits to be resumed; 0 = it does not wait, it fails.
        writes_items: the text model writes categories and items.
        imports_rows: rows of an input become items first; a repair takes the items that the catalog has.
        writes_prompts: the text model writes the image prompts of rows.
        restart: what the run continues from after its root was lost; None = it begins.
    """

    run_id: str
    catalog: str
    target_count: int
    parallel_image_requests: int
    max_retries: int
    dry_run: bool = False
    parallel_text_requests: int = 1
    pause_limit_minutes: int = 0
    writes_items: bool = True
    imports_rows: bool = False
    writes_prompts: bool = False
    restart: RootRestart | None = None


@dataclass(frozen=True, slots=True)
class TextCall(Message):
    """Input of ``write_categories``, ``write_batch`` and ``write_prompt_batch``.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        batch: the batch to write, by the writer's own count; 0 for categories. For prompts,
            the number of the batch whose items need them.
        attempt: which call for the same result this is, from 0.
        stricter: the previous answer could not be used.
        rejected_last_time: reason counts of the previous batch, when its yield was low.
        writer: which of the run's writers asks, and for which of its batches; the batch takes the next free number
            when it is stored. None where no batch is written.
        image worker: the writer's place among ``workers``: it writes the categories whose index modulo ``workers`` is
        ``worker``.
        image workers: how many writers share the categories.
        resume_count: for prompts, how often the run was resumed before; the writer's name of a batch begins with it.
        halvings: how often the number of entries to ask for was halved, because an answer was cut off.
        deferral: how often the call was postponed because the run is suspended.
    """

    run_id: str
    catalog: str
    batch: int = 0
    attempt: int = 0
    stricter: bool = False
    rejected_last_time: Mapping[str, int] = field(default_factory=dict)
    writer: str | None = None
    writer_index: int = 0
    writer_count: int = 1
    resume_count: int = 0
    halvings: int = 0
    deferral: int = 0

    def reduce(self, entries: int) -> int:
        """Return how many of so many entries to ask for at a time; at least 1."""
        return max(1, entries >> self.halvings)


@dataclass(frozen=True, slots=True)
class TextResult(Message):
    """What a text activity did.

    Attributes:
        accepted: categories, items or prompts that are new in the store.
        total: how many the catalog holds now.
        asked: how many were asked for.
        rejected: drafts by reason code.
        cost: of this result, whether it was paid now or by an earlier delivery.
        failure: why there is no result.
        stopped: the run was stopped before the call.
        last_success_at: when any call of the run last succeeded, ISO 8601.
        rate_limited: answers 429 on the way here.
        remaining: entries of the same batch that still have to be asked for.
        deferred_seconds: the call was not made because the run is suspended; ask again then. None = it was made.
    """

    accepted: int = 0
    total: int = 0
    asked: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    cost: Cost = Cost()
    failure: Failure | None = None
    stopped: bool = False
    last_success_at: str | None = None
    rate_limited: int = 0
    remaining: int = 0
    deferred_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class WriteItemsInput(Message):
    """Input of ``write_items``, carried from generation to generation, in the middle of a batch too.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        target_count: items to write in all.
        max_retries: of calls that fail in a way that counts.
        next_batch: the number of the batch to write, by the writer's own count.
        items: how many the catalog holds.
        batches_without_items: so many in a row brought nothing.
        rejected_last_time: reason counts of the previous batch, when its yield was low.
        calls: made so far for the batch to write.
        stricter: its previous answer could not be used.
        failure_counts: how its call has failed so far.
        started_at: when that call was first made, ISO 8601; None = it was not.
        failure: what the previous batch failed with.
        counters: of all generations so far.
        resume_count: how often the run was resumed before.
        image worker: this writer's place among ``workers``: it writes the categories whose index modulo ``workers`` is
        ``worker``.
        image workers: how many writers share the categories.
        halvings: see ``TextCall``.
        deferrals: how often the call for the batch was postponed in a row because the run is suspended.
    """

    run_id: str
    catalog: str
    target_count: int
    max_retries: int
    next_batch: int
    items: int
    batches_without_items: int = 0
    rejected_last_time: Mapping[str, int] = field(default_factory=dict)
    calls: int = 0
    stricter: bool = False
    failure_counts: FailureCounts = FailureCounts()
    started_at: str | None = None
    failure: Failure | None = None
    counters: Counters = Counters()
    resume_count: int = 0
    writer_index: int = 0
    writer_count: int = 1
    halvings: int = 0
    deferrals: int = 0


@dataclass(frozen=True, slots=True)
class PublishResult(Message):
    """What a run left in the store, as ``publish_catalog`` found it.

    Attributes:
        status: the run's final status.
        categories: how many the catalog has.
        items: accepted items.
        images: of them, those whose image was seen in the store.
        failed: items without an image, by reason code.
        placeholders: of them, those that have a placeholder.
        outputs: store paths by name.
        shortfall: why the run ended before it had done all that it was asked.
        failure: why publishing failed.
        notes: what a caller should know although nothing failed, one line each.
    """

    status: str = "Failed"
    categories: int = 0
    items: int = 0
    images: int = 0
    failed: Mapping[str, int] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    shortfall: Failure | None = None
    failure: Failure | None = None
    notes: tuple[str, ...] = ()
    placeholders: int = 0


@dataclass(frozen=True, slots=True)
class FinishRunInput(Message):
    """What instances of a run did, and why they ended early, if they did; input of the activities that end a run.

    ``recount`` asks for costs and images to be counted in the store: an instance that was lost took its count along.
    """

    run_id: str
    catalog: str
    counters: Counters = Counters()
    failure: Failure | None = None
    published: PublishResult | None = None
    recount: bool = False


@dataclass(frozen=True, slots=True)
class StopResult(Message):
    """Result of ``read_stop_record``: why the run pays no more, or nothing.

    Attributes:
        stop: what the stop record says; None = there is none.
        failure: why that could not be told.
        last_success_at: when a call of the run to the model last succeeded, ISO 8601; None = none is recorded.
    """

    stop: Failure | None = None
    failure: Failure | None = None
    last_success_at: str | None = None


@dataclass(frozen=True, slots=True)
class ActivityResult(Message):
    """Result of an activity that has nothing to tell but that it is done, or why not."""

    failure: Failure | None = None
    status: str | None = None
