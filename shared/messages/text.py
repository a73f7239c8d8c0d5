"""Messages of the item writers, the prompt writers and the text activities."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.messages.base import Cost, Counters, Failure, FailureCounts, Message


@dataclass(frozen=True, slots=True)
class TextCall(Message):
    """Input of ``write_categories``, ``write_batch`` and ``write_prompt_batch``.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        batch: for items, the batch to write, as its writer counts; for prompts, the batch whose items need them;
            0 for categories.
        attempt: which call for this result it is, from 0.
        stricter: the previous answer was unusable.
        rejected_last_time: rejected drafts of the previous batch by reason code, if it had few accepted ones.
        writer: names the writer and its batch; the batch gets the next free number when it is stored. None where no
            batch is written.
        writer_index: the writer's index from 0: it writes the categories whose index modulo ``writer_count`` equals it.
        writer_count: number of writers that share the categories.
        resume_count: how often the run was resumed; for prompts only, since ``writer`` begins with it.
        halvings: how often the number of entries per call was halved because an answer was cut off.
        deferral: how often the call was postponed because the run is suspended.
        item_limit: number of items of the catalog that the batch must not exceed; None = the target of the request.
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
    item_limit: int | None = None

    def reduce(self, entries: int) -> int:
        """Return how many of ``entries`` to request in one call; at least 1."""
        return max(1, entries >> self.halvings)


@dataclass(frozen=True, slots=True)
class TextResult(Message):
    """Result of a text activity.

    Attributes:
        accepted: categories, items or prompts that it added to the store.
        total: number of them in the store.
        asked: number of entries that the call requested.
        rejected: rejected drafts by reason code.
        cost: of this result, whether this delivery paid for it or an earlier one.
        failure: why there is no result.
        stopped: the run was stopped before the call.
        last_success_at: when a model call of the run last succeeded, ISO 8601.
        rate_limited: responses 429 before this result.
        remaining: entries of the same batch that are still to be requested.
        deferred_seconds: the run is suspended and the call was not sent; ask again after this time. None = it was sent.
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
    """Input of ``write_items``, carried from generation to generation, even in the middle of a batch.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        target_count: number of items that the catalog has to reach.
        max_retries: retries of a failure that counts.
        next_batch: the batch to write, as this writer counts.
        items: number of items that the catalog has.
        batches_without_items: latest batches in a row that added no item.
        rejected_last_time: rejected drafts of the previous batch by reason code, if it had few accepted ones.
        calls: calls sent so far for the batch to write.
        stricter: the previous answer for this batch was unusable.
        failure_counts: how the call for this batch has failed so far.
        started_at: when the batch was first requested, ISO 8601; None = not yet.
        failure: why the previous batch was skipped.
        counters: of all generations so far.
        resume_count: how often the run was resumed.
        writer_index: see `TextCall`.
        writer_count: see `TextCall`.
        halvings: see `TextCall`.
        deferrals: how often in a row the call was postponed because the run is suspended.
        item_limit: see `TextCall`.
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
    item_limit: int | None = None


@dataclass(frozen=True, slots=True)
class WritePromptsInput(Message):
    """Input of ``write_prompts``, carried from generation to generation.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        max_retries: retries of a failure that counts.
        next_batch: number of the next batch whose items need prompts, or its place in ``batches``.
        last_batch: number of the catalog's last batch.
        writer_count: number of writers that share the batches; this one takes every ``writer_count``-th.
        counters: of all generations so far.
        resume_count: how often the run was resumed.
        batches: the batches to write, in place of ``next_batch`` to ``last_batch``; empty = that range.
        earlier_calls: calls for each of the batches before.
    """

    run_id: str
    catalog: str
    max_retries: int
    next_batch: int
    last_batch: int
    writer_count: int = 1
    counters: Counters = Counters()
    resume_count: int = 0
    batches: tuple[int, ...] = ()
    earlier_calls: int = 0

    def find_batch(self) -> int | None:
        """Return the next batch to write; None if all are written."""
        if self.batches:
            return self.batches[self.next_batch] if self.next_batch < len(self.batches) else None
        return self.next_batch if self.next_batch <= self.last_batch else None


@dataclass(frozen=True, slots=True)
class UseTemplatePromptsInput(Message):
    """Input of ``use_template_prompts``: a batch keeps the template's prompts, and ``failure`` says why."""

    run_id: str
    catalog: str
    batch: int
    failure: Failure
    resume_count: int = 0


def describe_rejected(rejected: Mapping[str, int]) -> str:
    """Return the reasons for rejected drafts as the end of a message; empty if there are none."""
    if not rejected:
        return ""
    reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(rejected.items(), key=lambda pair: -pair[1]))
    return f"; rejected in the last answer: {reasons} (rejected_items.json lists each draft and its reasons)"
