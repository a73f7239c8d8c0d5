"""Counters of the simulator: calls by outcome, and what was billed."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from model_simulator.billing import TokenUsage, price_image_call, price_text_call

CallKind = Literal["images", "responses"]


@dataclass(slots=True)
class Stats:
    """Counters since the start of the process. Probes and requests for the counters are not counted.

    A call is billed when it is accepted, so once no call is in flight,
    ``billed_images == requests["images"]["200"] + ambiguous_billed``.
    """

    requests: dict[CallKind, Counter[str]] = field(
        default_factory=lambda: {"images": Counter(), "responses": Counter()}
    )
    billed_by_prompt: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    billed_images: int = 0
    ambiguous_billed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    open_images: int = 0
    max_open_images: int = 0
    first_image_started_at: float | None = None
    last_image_ended_at: float | None = None

    def count_answer(self, kind: CallKind, outcome: str) -> None:
        """Count the outcome of a call: its status code, or ``dropped`` or ``timeout`` without a response."""
        self.requests[kind][outcome] += 1

    def bill_text(self, model: str, usage: TokenUsage, *, is_batched: bool = False) -> None:
        """Bill a text call, even without a response; ``is_batched``: it is a line of a batch."""
        self._bill(usage, price_text_call(model, usage, is_batched=is_batched))

    def bill_image(
        self, model: str, prompt: str, usage: TokenUsage, *, is_ambiguous: bool, is_batched: bool = False
    ) -> None:
        """Bill an image.

        Args:
            model: the model.
            prompt: the prompt.
            usage: the tokens.
            is_ambiguous: its caller gets no response, and cannot know that it was billed.
            is_batched: it is a line of a batch.
        """
        self._bill(usage, price_image_call(model, usage, is_batched=is_batched))
        self.billed_images += 1
        self.billed_by_prompt[prompt] += 1
        self.ambiguous_billed += is_ambiguous

    def start_image(self, now: float) -> None:
        """Count the start of an accepted image call; ``now`` in epoch seconds."""
        self.open_images += 1
        self.max_open_images = max(self.max_open_images, self.open_images)
        if self.first_image_started_at is None:
            self.first_image_started_at = now

    def finish_image(self, now: float) -> None:
        """Count the end of an accepted image call, with or without a response; ``now`` in epoch seconds."""
        self.open_images -= 1
        self.last_image_ended_at = now

    def report(self) -> dict[str, Any]:
        """Return the document of ``GET /_stats``."""
        return {
            "requests": {kind: dict(sorted(counts.items())) for kind, counts in self.requests.items()},
            "billedImageCount": self.billed_images,
            "billedImagesByPrompt": dict(self.billed_by_prompt),
            "ambiguousBilled": self.ambiguous_billed,
            "inputTokens": self.input_tokens,
            "outputTokens": self.output_tokens,
            "costUsd": float(self.cost_usd),
            "maxConcurrentImages": self.max_open_images,
            "firstImageStartedAt": self.first_image_started_at,
            "lastImageEndedAt": self.last_image_ended_at,
        }

    def _bill(self, usage: TokenUsage, cost: Decimal) -> None:
        self.input_tokens += usage.input_tokens
        self.output_tokens += usage.output_tokens
        self.cost_usd += cost
