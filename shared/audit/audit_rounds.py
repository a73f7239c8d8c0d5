"""The tables of ``audit.sqlite`` about refined images: rounds, evaluations and prompt rewrites."""

import json
from collections.abc import Iterable

from shared.audit.audit_tables import AuditFile
from shared.images.refined_items import RefinedItem
from shared.reasons import Reason


def add_refined_item(audit: AuditFile, item: RefinedItem) -> None:
    """Add all records of an item's images and prompts, and an error for each unreadable record."""
    _add_rewrites(audit, item)
    if item.was_evaluated:
        _add_rounds(audit, item)
    for error in item.damaged:
        audit.add_error("audit", str(Reason.DAMAGED_FILE), str(error), product_id=item.product_id)


def _add_rewrites(audit: AuditFile, item: RefinedItem) -> None:
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


def _add_rounds(audit: AuditFile, item: RefinedItem) -> None:
    outcome = item.summarize_refinement()
    audit.insert(
        "refinements",
        product_id=item.product_id,
        iterations=outcome.iterations,
        first_score=outcome.first_score,
        best_score=outcome.best_score,
        first_likeness=outcome.first_likeness,
        best_likeness=outcome.best_likeness,
        shipped_iteration=outcome.shipped_iteration,
        stopped_because=outcome.stopped_because,
        reason=outcome.reason,
        nano_usd=item.cost.nano_usd,
    )
    for number, image in item.iterations.items():
        audit.insert(
            "iterations",
            product_id=item.product_id,
            iteration=number,
            prompt=image.prompt,
            rewrites=image.rewrites,
            file=image.file,
            model=image.model,
            bytes=image.bytes,
            width=image.width,
            height=image.height,
            sha256=image.sha256,
            nano_usd=image.cost.nano_usd,
            request_id=image.request_id,
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
            likeness=found.likeness,
            unlike=_dump(found.unlike),
            model=found.model,
            nano_usd=found.cost.nano_usd,
            request_id=found.request_id,
        )


def _dump(texts: Iterable[str]) -> str:
    """Return texts in the format of SQLite's JSON functions."""
    return json.dumps(list(texts), ensure_ascii=False)
