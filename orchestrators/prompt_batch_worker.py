"""The state of one generation of ``write_prompt_batches``."""

from orchestrators.batch_worker import BatchWorker
from shared.messages.batches import BatchesInput, PromptJob
from shared.messages.text import WritePromptsInput
from shared.models.batches import BatchKind


class PromptBatchWorker(BatchWorker[PromptJob]):
    """Writes prompts in batches; those that a batch left out go to as many prompt writers as a normal run has."""

    kind = BatchKind.PROMPT
    fallback_orchestrator = "write_prompts"
    fallback_name = "the prompt writer of the fallback"
    max_fallback_jobs = 50

    @property
    def _max_fallbacks(self) -> int:
        return max(1, self._state.width)

    def _make_fallback(self, state: BatchesInput[PromptJob], jobs: tuple[PromptJob, ...]) -> WritePromptsInput:
        return WritePromptsInput(
            state.run_id,
            state.catalog,
            max_retries=state.max_retries,
            next_batch=0,
            last_batch=0,
            resume_count=state.resume_count,
            batches=tuple(job.batch for job in jobs),
            earlier_calls=max(job.earlier_calls for job in jobs),
        )
