"""``audit.sqlite``: what a run drew of an item, what was thought of it, and how its prompts were written anew."""

import json
from collections.abc import Iterable

from shared.reasons import Reason
from shared.records.audit_file import AuditFile
from shared.records.refined_items import RefinedItem


def tell_refined_item(audit: AuditFile, item: RefinedItem) -> None:
    """Tell all that is recorded of an item's pictures and prompts, and which records cannot be read."""
    _tell_rewrites(audit, item)
    if item.was_looked_at:
        _tell_pictures(audit, item)
    for error in item.damaged:
        audit.tell_error("audit", str(Reason.DAMAGED_FILE), str(error), product_id=item.product_id)


def _tell_rewrites(audit: AuditFile, item: RefinedItem) -> None:
    for step, record in item.prompts.items():
        audit.insert(
            "rewrites",
            product_id=item.product_id,
            iteration=step.round,
            rewrite=step.rewrite,
            source="refusal" if record.because_refused else "evaluation",
            prompt=record.prompt,
            previous=record.previous,
            model=record.model,
            nano_usd=record.cost.nano_usd,
            request_id=record.request_id,
        )


def _tell_pictures(audit: AuditFile, item: RefinedItem) -> None:
    outcome = item.conclude()
    audit.insert(
        "refinements",
        product_id=item.product_id,
        iterations=outcome.iterations,
        first_score=outcome.first_score,
        best_score=outcome.best_score,
        shipped_iteration=outcome.shipped_iteration,
        stopped_because=outcome.stopped_because,
        reason=outcome.reason,
        nano_usd=item.cost.nano_usd,
    )
    for number, picture in item.iterations.items():
        audit.insert(
            "iterations",
            product_id=item.product_id,
            iteration=number,
            prompt=picture.prompt,
            rewrites=picture.rewrites,
            file=picture.file,
            model=picture.model,
            bytes=picture.bytes,
            width=picture.width,
            height=picture.height,
            sha256=picture.sha256,
            nano_usd=picture.cost.nano_usd,
            request_id=picture.request_id,
            is_shipped=number == outcome.shipped_iteration,
        )
    for number, found in item.evaluations.items():
        audit.insert(
            "evaluations",
            product_id=item.product_id,
            iteration=number,
            score=found.score,
            missing=_dump(found.missing),
            wrong=_dump(found.wrong),
            unwanted=_dump(found.unwanted),
            model=found.model,
            nano_usd=found.cost.nano_usd,
            request_id=found.request_id,
        )


def _dump(texts: Iterable[str]) -> str:
    """Return texts as SQLite's JSON functions read them."""
    return json.dumps(list(texts), ensure_ascii=False)
