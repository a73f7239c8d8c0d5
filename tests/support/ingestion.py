"""An ingestion endpoint of Application Insights on the loopback interface, and the rows of its envelopes."""

import gzip
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.support.http_service import serve
from tests.support.kql import Row

TABLES = {
    "MetricData": "AppMetrics",
    "RemoteDependencyData": "AppDependencies",
    "RequestData": "AppRequests",
    "MessageData": "AppTraces",
    "ExceptionData": "AppExceptions",
}
"""The workspace's table by the type of an envelope."""


@dataclass(slots=True)
class Ingestion:
    """The envelopes that were sent. ``status`` is the answer: 200 accepts them, any other status rejects them."""

    port: int = 0
    status: int = 200
    refused: int = 0
    envelopes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def connection_string(self) -> str:
        return (
            "InstrumentationKey=00000000-0000-0000-0000-000000000000;"
            f"IngestionEndpoint=http://127.0.0.1:{self.port}/;LiveEndpoint=http://127.0.0.1:{self.port}/"
        )

    def read_tables(self) -> dict[str, list[Row]]:
        """Return the received rows by table, including tables without rows."""
        tables: dict[str, list[Row]] = {name: [] for name in (*TABLES.values(), "_LogOperation")}
        for envelope in self.envelopes:
            tables[TABLES[envelope["data"]["baseType"]]].append(make_row(envelope))
        return tables


def make_row(envelope: dict[str, Any]) -> Row:
    """Return the row of an envelope; see the columns of the tables in ``tests/kusto/schema.json``."""
    data, tags = envelope["data"]["baseData"], envelope["tags"]
    row: Row = {
        "TimeGenerated": datetime.fromisoformat(envelope["time"]),
        "Properties": data.get("properties") or {},
        "OperationId": tags.get("ai.operation.id"),
        "ParentId": tags.get("ai.operation.parentId"),
        "AppRoleName": tags.get("ai.cloud.role"),
        "AppRoleInstance": tags.get("ai.cloud.roleInstance"),
        "SDKVersion": tags.get("ai.internal.sdkVersion"),
    }
    match envelope["data"]["baseType"]:
        case "MetricData":
            (metric,) = data["metrics"]
            row |= {"Name": metric["name"], "Sum": float(metric["value"]), "ItemCount": metric.get("count", 1)}
            row |= {"Min": metric.get("min"), "Max": metric.get("max")}
        case "RemoteDependencyData" | "RequestData":
            row |= {"Id": data["id"], "Name": data["name"], "Success": data["success"]}
            row |= {"DurationMs": _read_milliseconds(data["duration"]), "ItemCount": 1}
        case "MessageData":
            row |= {"Message": data["message"]}
        case "ExceptionData":
            row |= {
                "OuterMessage": data["exceptions"][0]["message"],
                "ExceptionType": data["exceptions"][0]["typeName"],
            }
    return row


@contextmanager
def serve_ingestion() -> Iterator[Ingestion]:
    """Run an endpoint on a free port."""
    ingestion = Ingestion()

    def respond(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, Any]]:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        text = gzip.decompress(body) if request.headers.get("Content-Encoding") == "gzip" else body
        items = json.loads(text)
        is_taken = ingestion.status == 200
        if is_taken:
            ingestion.envelopes += items
        else:
            ingestion.refused += len(items)
        return ingestion.status, {
            "itemsReceived": len(items),
            "itemsAccepted": len(items) * is_taken,
            "errors": [],
        }

    with serve(respond) as ingestion.port:
        yield ingestion


def _read_milliseconds(duration: str) -> float:
    found = re.fullmatch(r"(?:(\d+)\.)?(\d+):(\d+):(\d+(?:\.\d+)?)", duration)
    assert found is not None, duration
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return 1000 * (86400 * days + 3600 * hours + 60 * minutes + seconds)
