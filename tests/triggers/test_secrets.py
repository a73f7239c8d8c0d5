"""A key is only sent to its service: it is never in files, logs, journals or responses, also after errors."""

import logging
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from tests.support.running_app import FUNCTIONS_KEY_HEADER, MODEL_KEY, run_app

HOST_KEY = "a-secret-functions-key"
FAULTS: list[dict[str, Any]] = [
    {},
    {"apiKey": "another-key"},
    {"accountBlockAfter": 2},
    {"rates": {"server_error": 0.5, "dropped": 0.3, "bad_image": 0.3, "truncated_json": 0.5, "refusal": 0.2}},
]


def find_in_files(folder: Path, secrets: tuple[str, ...]) -> list[str]:
    """Return the files, journals among them, that hold one of the secrets."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if any(secret.encode() in path.read_bytes() for secret in secrets)]


@pytest.mark.parametrize("faults", FAULTS, ids=["good", "wrong key", "blocked", "faulty"])
async def test_no_key_is_written_logged_or_returned(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    faults: dict[str, Any],
) -> None:
    caplog.set_level(logging.DEBUG)
    headers = {FUNCTIONS_KEY_HEADER: HOST_KEY, "Idempotency-Key": "a-secret-idempotency-key"}
    answers = []
    async with run_app(tmp_path, faults=faults, functions_key=HOST_KEY) as app:
        body = {"catalog": "toys", "targetCount": 4, "imageSize": "64x64", "maxRetries": 0}
        start = await app.call("POST", "/api/runs", body, **headers)
        await app.wait(start.body["runId"], **headers)
        answers = [
            start,
            *[
                await app.call("GET", path, **headers)
                for path in ("/api/runs", start.headers["Location"], "/api/health", "/api/health/details")
            ],
            *[
                await app.call("POST", f"/api/catalogs/toys/{operation}", **headers)
                for operation in ("prune", "publish", "repair")
            ],
        ]
        for answer in answers:
            if answer.status == HTTPStatus.ACCEPTED:  # a run that has ended writes no file any more
                await app.host.engine.wait_for_completion(answer.body["runId"])
        app.simulator.set_faults({"apiKey": "another-key"})
        answers.append(await app.call("GET", "/api/runs", b"{", **headers))
        written = find_in_files(tmp_path, (MODEL_KEY, HOST_KEY, headers["Idempotency-Key"]))
    said = "\n".join([*(str(answer) for answer in answers), caplog.text])
    assert written == []
    assert any("audit.sqlite" in name for name in find_in_files(tmp_path, ("CREATE TABLE api_calls",)))
    for secret in (MODEL_KEY, HOST_KEY, headers["Idempotency-Key"]):
        assert secret not in said
    assert caplog.records, "the log is empty"
