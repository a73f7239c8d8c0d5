"""Queries of a run's ``audit.sqlite``."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic.alias_generators import to_camel

from cli.errors import CliError
from shared.images.refinement_policy import MAX_ITERATIONS
from shared.reasons import Reason

MAX_ROWS = 10
"""Maximum number of rows of a query that ranks calls or items."""

JSON_KEYS = {"repeatedItems": "mostCalls"}
"""Keys of ``--json`` that differ from the attribute of `AuditReport`."""

Row = Mapping[str, Any]

RUN_QUERY = """
SELECT run_id, catalog, status, created_at, completed_at, error_reason, error_message, items, images_made, images_kept,
    images_failed FROM run_info"""

TOTALS_QUERY = """
SELECT COUNT(*) AS calls, TOTAL(billed) AS billed, TOTAL(input_tokens) AS input_tokens,
    TOTAL(output_tokens) AS output_tokens, TOTAL(nano_usd) / 1e9 AS cost_usd FROM api_calls"""

COST_BY_MODEL_QUERY = """
SELECT kind, model, COUNT(*) AS calls, SUM(billed) AS billed, SUM(input_tokens) AS input_tokens,
    SUM(output_tokens) AS output_tokens, SUM(nano_usd) / 1e9 AS cost_usd
FROM api_calls GROUP BY kind, model ORDER BY SUM(nano_usd) DESC, kind, model"""

CALLS_BY_STATUS_QUERY = """
SELECT kind, status, COUNT(*) AS calls, SUM(billed) AS billed, SUM(nano_usd) / 1e9 AS cost_usd,
    ROUND(AVG(duration_ms) / 1e3, 3) AS mean_seconds
FROM api_calls GROUP BY kind, status ORDER BY kind, COUNT(*) DESC, status"""

FAILURES_BY_REASON_QUERY = """
SELECT reason, SUM(scope = 'call') AS calls, SUM(scope = 'image') AS images_given_up, MAX(message) AS example
FROM errors WHERE scope IN ('call', 'image') GROUP BY reason ORDER BY COUNT(*) DESC, reason"""

SLOWEST_CALLS_QUERY = f"""
SELECT kind, COALESCE(product_id, batch) AS subject, attempt + 1 AS attempt, status, reason,
    ROUND(duration_ms / 1e3, 3) AS seconds, started_at, request_id
FROM api_calls ORDER BY duration_ms DESC, call_id LIMIT {MAX_ROWS}"""  # noqa: S608 - a number of ours

RATE_LIMITED_BY_MINUTE_QUERY = """
SELECT SUBSTR(started_at, 1, 16) || 'Z' AS minute, SUM(reason IS ?) AS rate_limited, COUNT(*) AS calls
FROM api_calls GROUP BY 1 HAVING SUM(reason IS ?) > 0 ORDER BY 1"""

ITEMS_WITH_MOST_CALLS_QUERY = f"""
SELECT api_calls.product_id, prompts.name, COUNT(*) AS calls, SUM(kind = 'image' AND status = 'ok') AS made,
    SUM(nano_usd) / 1e9 AS cost_usd, prompts.prompt
FROM api_calls LEFT JOIN prompts USING (product_id) WHERE api_calls.product_id IS NOT NULL
GROUP BY api_calls.product_id HAVING COUNT(*) > 1 ORDER BY COUNT(*) DESC, prompts.name LIMIT {MAX_ROWS}"""  # noqa: S608

KEPT_ROUNDS_QUERY = """
SELECT shipped_iteration AS iteration, COUNT(*) AS items, AVG(first_score) AS mean_first_score,
    AVG(best_score) AS mean_score, AVG({first_likeness}) AS mean_first_likeness, AVG({best_likeness}) AS mean_likeness
FROM refinements WHERE best_score IS NOT NULL GROUP BY shipped_iteration ORDER BY shipped_iteration"""

REFINEMENT_ENDS_QUERY = """
SELECT stopped_because, reason, COUNT(*) AS items, SUM(iterations) AS images, AVG(best_score) AS mean_score,
    SUM(nano_usd) / 1e9 AS cost_usd
FROM refinements GROUP BY stopped_because, reason ORDER BY COUNT(*) DESC, stopped_because, reason"""

THREE_ROUNDS_QUERY = f"""
SELECT refinements.product_id, prompts.name, shipped_iteration, best_score,
    (SELECT GROUP_CONCAT(score, ' ') FROM (SELECT score FROM evaluations
        WHERE evaluations.product_id = refinements.product_id ORDER BY iteration)) AS scores,
    refinements.nano_usd / 1e9 AS cost_usd, first.prompt, COUNT(*) OVER () AS items
FROM refinements LEFT JOIN prompts USING (product_id)
    LEFT JOIN iterations AS first ON first.product_id = refinements.product_id AND first.iteration = 1
WHERE iterations >= {MAX_ITERATIONS} ORDER BY best_score, prompts.name LIMIT {MAX_ROWS}"""  # noqa: S608 - numbers of ours


@dataclass(frozen=True, slots=True)
class AuditReport:
    """Results of the queries; rows hold the columns of the query.

    Attributes:
        run: the run and its final status.
        totals: sums over all calls.
        cost_by_model: calls and cost by model, the most expensive first.
        calls_by_status: calls by kind and status.
        failures_by_reason: failed calls and failed images by reason code.
        slowest_calls: the MAX_ROWS slowest calls.
        rate_limited_by_minute: minutes with a response with status 429, in order.
        repeated_items: the MAX_ROWS items with the most calls, if more than one.
        kept_images: number of items by the round that they kept, with the mean scores of the first round and of the
            kept one, and the mean likenesses of both; empty without refinement, like the next two.
        refinement_ends: number of items by the reason that ended their refinement, the most frequent first; null = the
            run ended before.
        three_rounds: the MAX_ROWS items of three rounds with the lowest best score, and how many there are.
    """

    run: Row
    totals: Row
    cost_by_model: list[Row]
    calls_by_status: list[Row]
    failures_by_reason: list[Row]
    slowest_calls: list[Row]
    rate_limited_by_minute: list[Row]
    repeated_items: list[Row]
    kept_images: list[Row]
    refinement_ends: list[Row]
    three_rounds: list[Row]

    def to_json(self) -> dict[str, Any]:
        """Return the results as ``--json`` prints them."""
        report: dict[str, Any] = _rename_keys(asdict(self))
        return {**report.pop("run"), **{JSON_KEYS.get(key, key): rows for key, rows in report.items()}}


def query_audit(file: Path) -> AuditReport:
    """Run all queries on an audit.

    Raises:
        CliError: the file is not an audit.
    """
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
            database.row_factory = sqlite3.Row
            limited = str(Reason.RATE_LIMITED)
            return AuditReport(
                run=_query(database, RUN_QUERY)[0],
                totals=_query(database, TOTALS_QUERY)[0],
                cost_by_model=_query(database, COST_BY_MODEL_QUERY),
                calls_by_status=_query(database, CALLS_BY_STATUS_QUERY),
                failures_by_reason=_query(database, FAILURES_BY_REASON_QUERY),
                slowest_calls=_query(database, SLOWEST_CALLS_QUERY),
                rate_limited_by_minute=_query(database, RATE_LIMITED_BY_MINUTE_QUERY, limited, limited),
                repeated_items=_query(database, ITEMS_WITH_MOST_CALLS_QUERY),
                kept_images=_query(database, _name_likenesses(database)),
                refinement_ends=_query(database, REFINEMENT_ENDS_QUERY),
                three_rounds=_query(database, THREE_ROUNDS_QUERY),
            )
    except (sqlite3.DatabaseError, IndexError) as error:
        message = f"{file.name} is damaged: expected the tables of an audit, got {error}"
        raise CliError(message, reason=Reason.DAMAGED_FILE) from error


def _name_likenesses(database: sqlite3.Connection) -> str:
    """Return the query of kept rounds; an audit of an earlier version has no likenesses."""
    names = {row["name"] for row in database.execute("PRAGMA table_info(refinements)")}
    columns = ("first_likeness", "best_likeness")
    return KEPT_ROUNDS_QUERY.format_map({name: name if name in names else "NULL" for name in columns})


def _query(database: sqlite3.Connection, query: str, *values: str) -> list[Row]:
    return [dict(row) for row in database.execute(query, values)]


def _rename_keys(value: Any) -> Any:
    """Return rows with keys in camelCase."""
    if isinstance(value, list):
        return [_rename_keys(row) for row in value]
    return {to_camel(name): _rename_keys(held) for name, held in value.items()} if isinstance(value, dict) else value
