"""The table of HTTP calls in ``docs/reference/http.md``, from the table that registers them."""

from docs.tools.markdown import format_table
from triggers.routes import ROUTES

SECTIONS = {
    "startRun": "start-a-run",
    "getRun": "get-a-run",
    "getRunRequest": "get-the-request-of-a-run",
    "getAudit": "get-an-audit",
    "listRuns": "list-runs",
    "cancelRun": "cancel-a-run",
    "resumeRun": "resume-a-run",
    "listCatalogs": "list-catalogs",
    "getCatalog": "browse-a-catalog",
    "listItems": "browse-a-catalog",
    "getItem": "browse-a-catalog",
    "getRoundImage": "browse-a-catalog",
    "getImage": "browse-a-catalog",
    "getThumbnail": "browse-a-catalog",
    "repairCatalog": "repair-prune-and-publish",
    "regenerateImages": "regenerate-and-promote",
    "promoteRound": "regenerate-and-promote",
    "pruneCatalog": "repair-prune-and-publish",
    "publishCatalog": "repair-prune-and-publish",
    "putDecisions": "decide",
    "putInput": "upload-an-input",
    "getRunCosts": "get-the-costs-of-a-run",
    "inspectInput": "inspect-an-input",
    "getHealth": "health",
    "getHealthDetails": "health",
    "getOpenapiDocument": "openapi-document",
    "getPageFile": "review-page",
}
"""Section of ``docs/reference/http.md`` that describes an operation, as in a link."""


def describe_operations() -> str:
    """Return the table of calls, each with its usual answer."""
    rows = []
    for route in ROUTES:
        status, answer = next(iter(route.answers.items()))
        call = f"`{route.method} /api/{route.path}`"
        if route.operation_id in SECTIONS:
            call = f"[{call}](#{SECTIONS[route.operation_id]})"
        rows.append((call, f"{status}: {answer.description}"))
    return format_table(("call", "answer"), rows)
