"""Results of refined items, written as a run writes them."""

from collections.abc import Sequence
from typing import Any

from shared.images.refinement_policy import RefinementEnd, pick_best_round
from shared.images.round_files import EvaluationRecord, PromptRecord, RoundFiles, RoundRecord
from shared.messages.base import Cost
from shared.messages.images import ImageAction, ImageStep
from shared.storage.protocol import Store

TEXT_COST = Cost(text_calls=1, input_tokens=100, output_tokens=50, nano_usd=1_000_000)
IMAGE_COST = Cost(image_calls=1, input_tokens=50, output_tokens=1000, nano_usd=40_000_000)


def make_iteration(number: int, **changes: Any) -> RoundRecord:
    """Return the record of an image."""
    record: dict[str, Any] = {
        "iteration": number,
        "prompt": f"prompt {number}",
        "rewrites": 0,
        "file": f"iteration_{number}.png",
        "content_type": "image/png",
        "bytes": 7,
        "width": 1024,
        "height": 768,
        "sha256": "00ff",
        "model": "gpt-image-2",
        "request_id": f"drawn-{number}",
        "cost": IMAGE_COST,
    }
    return RoundRecord(**record | changes)


def make_evaluation(number: int, score: int) -> EvaluationRecord:
    """Return the evaluation of an image."""
    return EvaluationRecord(
        iteration=number,
        prompt="prompt 1",
        score=score,
        missing=("a hat",),
        wrong=(),
        unwanted=("text", "größer"),
        model="gpt-5-vision",
        request_id=f"seen-{number}",
        cost=TEXT_COST,
    )


def make_prompt(prompt: str, *, because_refused: bool = False) -> PromptRecord:
    """Return the record of a rewritten prompt."""
    return PromptRecord(prompt, "the one before", because_refused, "gpt-5", "written", TEXT_COST)


async def write_rewrite(results: RoundFiles, rewrite: int, *, round_: int = 1) -> None:
    """Record the prompt that replaces a refused one: ``neutral words`` and the number of the rewrite."""
    step = ImageStep(ImageAction.REWRITE, round_, rewrite)
    await results.record_prompt(step, make_prompt(f"neutral words {rewrite}", because_refused=True))


async def write_refined(
    store: Store,
    run_id: str,
    product_id: str,
    scores: Sequence[int | None],
    *,
    halt: RefinementEnd | None = RefinementEnd.ACCEPTED,
    reason: str | None = None,
) -> None:
    """Record one image for each score (None: not evaluated); without ``halt`` there is no summary yet."""
    results = RoundFiles(store, run_id, product_id)
    for number, score in enumerate(scores, start=1):
        if number > 1:
            await results.record_prompt(ImageStep(ImageAction.REWRITE, number), make_prompt(f"prompt {number}"))
        await results.record_round(make_iteration(number))
        if score is not None:
            await results.record_evaluation(make_evaluation(number, score))
    known = [score for score in scores if score is not None]
    if halt is not None:
        await results.write_summary(
            {
                "productId": product_id,
                "iterations": len(scores),
                "shippedIteration": pick_best_round(known) if known else (1 if scores else None),
                "score": max(known, default=None),
                "stoppedBecause": str(halt),
                "failure": None if reason is None else {"reason": reason, "message": "it failed"},
                "rounds": [{"iteration": number, "score": score} for number, score in enumerate(scores, start=1)],
            }
        )
