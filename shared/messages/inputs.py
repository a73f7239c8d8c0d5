"""What travels where items are made of rows. See ``messages`` for what all messages have in common."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.messages.runs import Counters, Failure, Message


@dataclass(frozen=True, slots=True)
class ImportedInput(Message):
    """Result of ``import_input``: what the rows of an input became.

    Attributes:
        categories: how many the catalog has by then.
        items: how many it holds.
        added: of them, those that this run has written.
        rejected: rows that were left out, by reason code.
        outdated: items whose row has changed in this run, so that their image is to be regenerated.
        next_batch: the first unused batch number.
        failure: why nothing was taken.
    """

    categories: int = 0
    items: int = 0
    added: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    next_batch: int = 1
    outdated: int = 0
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class WritePromptsInput(Message):
    """Input of ``write_prompt_batch``, carried from generation to generation.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        max_retries: of calls that fail in a way that counts.
        next_batch: the number of the batch whose items need prompts.
        last_batch: the catalog's last one.
        image workers: how many writers share the batches; this one takes every so many of them.
        counters: of all generations so far.
        resume_count: how often the run was resumed before.
    """

    run_id: str
    catalog: str
    max_retries: int
    next_batch: int
    last_batch: int
    writer_count: int = 1
    counters: Counters = Counters()
    resume_count: int = 0


@dataclass(frozen=True, slots=True)
class GiveUpPromptsInput(Message):
    """Input of ``use_template_prompts``: the prompts of a batch are those of the template, and why."""

    run_id: str
    catalog: str
    batch: int
    failure: Failure
    resume_count: int = 0
