"""The tables of ``audit.sqlite``, and the rows that fill them. The documentation describes the columns."""

import json
import sqlite3
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from shared.audit.call_records import CallRecord
from shared.catalog.items import Item
from shared.messages.base import Cost
from shared.runs.request import SeedRequest
from shared.runs.status import RunStatus

TABLES = """
CREATE TABLE run_info ( -- The run: what summary.json has, and the request
    run_id TEXT PRIMARY KEY, -- id of the run
    catalog TEXT NOT NULL, -- name of the catalog
    status TEXT NOT NULL, -- status of the run
    created_at TEXT NOT NULL, -- UTC, as all times
    completed_at TEXT, -- null: the run has not ended
    error_reason TEXT, -- reason code of the run's error
    error_message TEXT, -- its message
    items INTEGER NOT NULL, -- accepted items of the catalog
    images_made INTEGER NOT NULL, -- new images
    images_kept INTEGER NOT NULL, -- existing images
    images_failed INTEGER NOT NULL, -- images that failed for good
    text_calls INTEGER NOT NULL, -- billed text and vision calls
    image_calls INTEGER NOT NULL, -- billed image calls
    input_tokens INTEGER NOT NULL, -- of all billed calls
    output_tokens INTEGER NOT NULL, -- of all billed calls
    usd REAL NOT NULL, -- US dollars at list prices
    request TEXT NOT NULL -- the request as JSON
);
CREATE TABLE versions ( -- A program that took part in the run
    component TEXT PRIMARY KEY, -- name of the program or package
    version TEXT NOT NULL -- its version
);
CREATE TABLE prompts ( -- An image for which a call was made
    product_id TEXT PRIMARY KEY, -- id of the item
    name TEXT NOT NULL, -- name of the item
    category TEXT NOT NULL, -- category of the item
    prompt TEXT NOT NULL, -- prompt of the promoted image; the item's own prompt if there is none
    model TEXT NOT NULL, -- image model
    iteration INTEGER, -- the promoted image, from 1; null: none
    rewrites INTEGER NOT NULL, -- how often that prompt was rewritten after a refusal
    style_reference TEXT -- digest of the style references of the run; null: none
);
CREATE TABLE rewrites ( -- A prompt that the text model rewrote
    product_id TEXT NOT NULL, -- id of the item
    iteration INTEGER NOT NULL, -- the image that the prompt is for
    rewrite INTEGER NOT NULL, -- from 1 after a refusal; 0: after an evaluation
    source TEXT NOT NULL, -- evaluation (of the image before) or refusal (of the prompt before)
    prompt TEXT NOT NULL, -- the new prompt
    previous TEXT NOT NULL, -- the prompt before
    model TEXT NOT NULL, -- text model
    nano_usd INTEGER NOT NULL, -- cost in billionths of a US dollar
    request_id TEXT, -- the provider's id of the call
    PRIMARY KEY (product_id, iteration, rewrite)
);
CREATE TABLE iterations ( -- An image of a refined item, stored as results/{product_id}/{file} of the run
    product_id TEXT NOT NULL, -- id of the item
    iteration INTEGER NOT NULL, -- number of the image, from 1
    prompt TEXT NOT NULL, -- prompt of the image
    rewrites INTEGER NOT NULL, -- how often that prompt was rewritten after a refusal
    file TEXT NOT NULL, -- name of the image's file
    model TEXT NOT NULL, -- image model
    bytes INTEGER NOT NULL, -- size of the file
    width INTEGER NOT NULL, -- pixels
    height INTEGER NOT NULL, -- pixels
    sha256 TEXT NOT NULL, -- digest of the file
    nano_usd INTEGER NOT NULL, -- cost in billionths of a US dollar
    request_id TEXT, -- the provider's id of the call
    is_shipped INTEGER NOT NULL, -- 1: the promoted image; 0: another one
    PRIMARY KEY (product_id, iteration)
);
CREATE TABLE evaluations ( -- The evaluation of an image
    product_id TEXT NOT NULL, -- id of the item
    iteration INTEGER NOT NULL, -- number of the image
    score INTEGER NOT NULL, -- 0 to 100
    missing TEXT NOT NULL, -- JSON array of texts
    wrong TEXT NOT NULL, -- JSON array of texts
    unwanted TEXT NOT NULL, -- JSON array of texts
    likeness INTEGER, -- 0 to 100, to the style references; null: evaluated without any
    unlike TEXT NOT NULL, -- JSON array of texts: how the look of the references differs
    model TEXT NOT NULL, -- vision model
    nano_usd INTEGER NOT NULL, -- cost in billionths of a US dollar
    request_id TEXT, -- the provider's id of the call
    PRIMARY KEY (product_id, iteration)
);
CREATE TABLE refinements ( -- An item whose images were evaluated
    product_id TEXT PRIMARY KEY, -- id of the item
    iterations INTEGER NOT NULL, -- number of images
    first_score INTEGER, -- score of the first image
    best_score INTEGER, -- score of the promoted image
    first_likeness INTEGER, -- likeness of the first image to the style references
    best_likeness INTEGER, -- likeness of the promoted image
    shipped_iteration INTEGER, -- the promoted image
    stopped_because TEXT, -- why there was no further image; null: the run died before
    reason TEXT, -- reason code of a call that failed for good
    nano_usd INTEGER NOT NULL -- cost in billionths of a US dollar
);
CREATE TABLE api_calls ( -- A call to a model, including refused ones
    call_id TEXT PRIMARY KEY, -- id of the call record
    kind TEXT NOT NULL, -- text, vision or image
    model TEXT NOT NULL, -- model or deployment
    product_id TEXT, -- id of the item; null: a batch
    iteration INTEGER, -- for which image of the item, from 1; null: a batch
    batch TEXT, -- writer and its count (0.1.0/3), prompts/N, or categories; null: an item
    leg INTEGER NOT NULL, -- resume count of the run, for image calls
    attempt INTEGER NOT NULL, -- number of the attempt, from 0
    status TEXT NOT NULL, -- ok, unusable, lost or refused
    reason TEXT, -- reason code; null: ok
    billed INTEGER NOT NULL, -- 1: billed, or possibly billed
    input_tokens INTEGER NOT NULL, -- tokens of the request
    output_tokens INTEGER NOT NULL, -- tokens of the response
    nano_usd INTEGER NOT NULL, -- cost in billionths of a US dollar
    started_at TEXT NOT NULL, -- start of the call
    duration_ms INTEGER NOT NULL, -- duration in milliseconds
    request_id TEXT -- the provider's id of the call
);
CREATE TABLE errors ( -- What failed, and what was rejected
    id INTEGER PRIMARY KEY, -- row number
    scope TEXT NOT NULL, -- failed: call, image, run, audit; rejected: item, category, prompt, row
    call_id TEXT, -- id of the call record, of a call
    product_id TEXT, -- id of the item, if there is one
    reason TEXT NOT NULL, -- reason code
    message TEXT NOT NULL, -- what was wrong
    at TEXT -- when, if known
);
"""
"""The comments of tables and columns are the source of ``docs/reference/audit.md``."""

INDEXES = """
CREATE INDEX api_calls_by_product ON api_calls (product_id);
CREATE INDEX api_calls_by_model ON api_calls (kind, model);
CREATE INDEX api_calls_by_status ON api_calls (status);
CREATE INDEX api_calls_by_reason ON api_calls (reason, started_at);
CREATE INDEX api_calls_by_duration ON api_calls (duration_ms);
CREATE INDEX errors_by_reason ON errors (scope, reason);
CREATE INDEX evaluations_by_score ON evaluations (score);
CREATE INDEX refinements_by_iterations ON refinements (iterations, best_score);
CREATE INDEX refinements_by_end ON refinements (stopped_because, reason);
"""
SELECT_PROMOTED_PROMPT = "SELECT prompt, model, iteration, rewrites FROM iterations WHERE product_id = ? AND is_shipped"
SELECT_UNEVALUATED_PROMPT = """
WITH calls AS (SELECT * FROM api_calls WHERE product_id = ?1 AND kind = 'image'),
    made AS (SELECT 1 AS iteration FROM calls WHERE status = 'ok' LIMIT 1),
    worded AS (SELECT prompt, rewrite FROM rewrites JOIN made USING (iteration) WHERE product_id = ?1
        ORDER BY rewrite DESC LIMIT 1)
SELECT (SELECT prompt FROM worded), model, (SELECT iteration FROM made), COALESCE((SELECT rewrite FROM worded), 0)
FROM calls ORDER BY started_at DESC LIMIT 1"""
"""For an image that was not evaluated: the call succeeded with the latest rewrite of the prompt."""


class AuditFile:
    """A new audit file on the local disk; close it before reading the file.

    Args:
        path: of the file; it must not exist.
    """

    def __init__(self, path: Path) -> None:
        # Different threads may use the connection, one at a time. A cancelled caller must wait for the thread that
        # creates the indexes: closing the connection meanwhile would crash the process.
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False)
        # One file without a journal beside it. No waiting for the disk: after a crash the audit is built again.
        self._database.execute("PRAGMA journal_mode = DELETE")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.executescript(TABLES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._database.close()

    def create_indexes(self) -> None:
        """Create the indexes: faster after the calls are inserted, and ``add_prompt`` needs them."""
        with self._lock:
            self._database.executescript(INDEXES)

    def finish(self) -> None:
        """Commit all rows."""
        self._database.commit()

    def add_run(self, run: RunStatus, request: SeedRequest) -> None:
        """Add the request and the outcome of the run."""
        self.insert(
            "run_info",
            run_id=run.run_id,
            catalog=run.catalog,
            status=str(run.status),
            created_at=format_time(run.created_at),
            completed_at=None if run.completed_at is None else format_time(run.completed_at),
            error_reason=None if run.error is None else run.error.reason,
            error_message=None if run.error is None else run.error.message,
            items=run.progress.items.accepted,
            images_made=run.images_made,
            images_kept=run.images_kept,
            images_failed=run.progress.images.failed,
            text_calls=run.cost.text_calls,
            image_calls=run.cost.image_calls,
            input_tokens=run.cost.input_tokens,
            output_tokens=run.cost.output_tokens,
            usd=run.cost.usd,
            request=json.dumps(request.to_json(), ensure_ascii=False),
        )
        if run.error is not None:
            self.add_error("run", run.error.reason, run.error.message)

    def add_versions(self, versions: Mapping[str, str]) -> None:
        """Add the versions of the programs that write the audit."""
        for component, version in versions.items():
            self.insert("versions", component=component, version=version)

    def add_call(self, call: CallRecord) -> None:
        """Add a call, and an error if it failed."""
        product_id = None if call.iteration is None else call.subject
        self.insert(
            "api_calls",
            call_id=call.call_id,
            kind=call.kind,
            model=call.model,
            product_id=product_id,
            iteration=call.iteration,
            batch=call.subject if call.iteration is None else None,
            leg=call.resume_count,
            attempt=call.attempt,
            status=str(call.status),
            reason=None if call.reason is None else str(call.reason),
            billed=call.cost.text_calls + call.cost.image_calls,
            input_tokens=call.cost.input_tokens,
            output_tokens=call.cost.output_tokens,
            nano_usd=call.cost.nano_usd,
            started_at=format_time(call.started_at),
            duration_ms=call.duration_ms,
            request_id=call.request_id,
        )
        if call.reason is not None:
            at = format_time(call.started_at)
            self.add_error("call", str(call.reason), call.message, call_id=call.call_id, product_id=product_id, at=at)

    def sum_costs(self) -> Cost:
        """Return the total cost of all calls."""
        sums = self._ask(
            "SELECT TOTAL(billed * (kind <> 'image')), TOTAL(billed * (kind = 'image')), TOTAL(input_tokens), "
            "TOTAL(output_tokens), COALESCE(SUM(nano_usd), 0) FROM api_calls"
        )
        return Cost(*map(int, sums or ()))

    def add_failed_image(self, row: Mapping[str, Any]) -> None:
        """Add a row of ``failed_images.json``."""
        at = format_time(datetime.fromisoformat(row["at"]))
        self.add_error("image", row["reason"], row["message"], product_id=row["productId"], at=at)

    def add_rejection(self, row: Mapping[str, Any]) -> None:
        """Add a row of ``rejected_items.json``; its kind (item, category, prompt or row) becomes the scope."""
        name = row.get("name") or row.get("imagePrompt") or ""
        message = "; ".join(row.get("messages") or filter(None, [row.get("message")]))
        self.add_error(
            row.get("kind", "row"),
            next(iter(row.get("reasons", ())), "") or str(row.get("reason", "")),
            f"{name}: {message}" if name and message else name or message,
            product_id=row.get("productId"),
        )

    def add_error(
        self,
        scope: str,
        reason: str,
        message: str,
        *,
        call_id: str | None = None,
        product_id: str | None = None,
        at: str | None = None,
    ) -> None:
        """Add an error; ``scope`` is run, image, call, audit, or a kind of ``add_rejection``."""
        self.insert(
            "errors", scope=scope, call_id=call_id, product_id=product_id, reason=reason, message=message, at=at
        )

    def add_prompt(self, item: Item, style: str | None = None) -> None:
        """Add the prompt of an item's published image, and the digest of the style references, if a call was made.

        Call this after all calls and refined items are added: they determine the prompt.
        """
        found = self._ask(SELECT_PROMOTED_PROMPT, item.product_id) or self._ask(
            SELECT_UNEVALUATED_PROMPT, item.product_id
        )
        if found is not None:
            prompt, model, iteration, rewrites = found
            self.insert(
                "prompts",
                product_id=item.product_id,
                name=item.name,
                category=item.category,
                prompt=item.image_prompt if prompt is None else prompt,
                model=model,
                iteration=iteration,
                rewrites=rewrites,
                style_reference=style,
            )

    def has_image_calls(self) -> bool:
        """Return whether any image call was added."""
        return self._ask("SELECT 1 FROM api_calls WHERE kind = 'image' LIMIT 1") is not None

    def insert(self, table: str, **row: object) -> None:
        """Add a row to a table, by column names."""
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        # Table and column names are literals of this package; values are bound.
        self._database.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))  # noqa: S608

    def _ask(self, question: str, *values: str) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._database.execute(question, values).fetchone()
        return row


def format_time(time: datetime) -> str:
    """Return a time in the format of SQLite's date functions: UTC, with milliseconds."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03d}Z"
