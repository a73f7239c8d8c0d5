"""What the simulator counted: the checker's view of a run."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from shared.models.price_files import load_prices
from shared.models.protocol import Usage

CallKind = Literal["images", "responses"]


@dataclass(slots=True)
class Stats:
    """Counters since the start of the process; probes and the counters' own reading are left out.

    A call is billed when it is accepted. So once nothing is in flight,
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
        """Count how a call ended: its status code, or ``dropped`` or ``timeout`` where there was no answer."""
        self.requests[kind][outcome] += 1

    def bill_text(self, model: str, usage: Usage) -> None:
        """Charge a text call, answered or not."""
        self._bill(usage, load_prices().calculate_text_cost(model, usage))

    def bill_image(self, model: str, prompt: str, usage: Usage, *, is_ambiguous: bool) -> None:
        """Charge an image; ``is_ambiguous``: its caller will not learn of it, because no answer will come."""
        self._bill(usage, load_prices().calculate_image_cost(model, usage))
        self.billed_images += 1
        self.billed_by_prompt[prompt] += 1
        self.ambiguous_billed += is_ambiguous

    def start_image(self, now: float) -> None:
        """An accepted image call has begun; ``now`` in epoch seconds."""
        self.open_images += 1
        self.max_open_images = max(self.max_open_images, self.open_images)
        if self.first_image_started_at is None:
            self.first_image_started_at = now

    def finish_image(self, now: float) -> None:
        """An accepted image call was answered, or its caller or the service hung up; ``now`` in epoch seconds."""
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

    def _bill(self, usage: Usage, cost: Decimal) -> None:
        self.input_tokens += usage.input_tokens
        self.output_tokens += usage.output_tokens
        self.cost_usd += cost
