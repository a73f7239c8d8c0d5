"""Results of refined items, written as a run writes them."""

from collections.abc import Sequence
from typing import Any

from shared.images.refinement_policy import RefinementEnd, pick_best_round, rate
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


def make_evaluation(number: int, score: int, likeness: int | None = None) -> EvaluationRecord:
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
        likeness=likeness,
        unlike=() if likeness is None else ("darker light",),
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
    likenesses: Sequence[int] = (),
) -> None:
    """Record one image for each score (None: not evaluated); without ``halt`` there is no summary yet."""
    likeness = dict(enumerate(likenesses, start=1))
    results = RoundFiles(store, run_id, product_id)
    for number, score in enumerate(scores, start=1):
        if number > 1:
            await results.record_prompt(ImageStep(ImageAction.REWRITE, number), make_prompt(f"prompt {number}"))
        await results.record_round(make_iteration(number))
        if score is not None:
            await results.record_evaluation(make_evaluation(number, score, likeness.get(number)))
    known = [
        (rate(score, likeness.get(at)), score, at) for at, score in enumerate(scores, start=1) if score is not None
    ]
    best = known[pick_best_round([rating for rating, *_ in known]) - 1] if known else None
    if halt is not None:
        await results.write_summary(
            {
                "productId": product_id,
                "iterations": len(scores),
                "shippedIteration": best[2] if best else (1 if scores else None),
                "score": best[1] if best else None,
                "likeness": likeness.get(best[2]) if best else None,
                "stoppedBecause": str(halt),
                "failure": None if reason is None else {"reason": reason, "message": "it failed"},
                "rounds": [
                    {"iteration": number, "score": score, "likeness": likeness.get(number)}
                    for number, score in enumerate(scores, start=1)
                ],
            }
        )
