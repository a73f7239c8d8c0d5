"""Batches of images and text: validate the lines of an uploaded file, and run them over a while.

Each request for the state of batches first runs the lines that are due by the clock. Images are rendered
when a result file is read, so that a batch of thousands of images takes no memory.
"""

import json
import random
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from model_simulator.image_answers import RenderJob, render_reply
from model_simulator.image_calls import SimulatedImageCall, parse_edit_call, parse_image_call
from model_simulator.replies import BadRequestError, Reply
from model_simulator.request_body import read_body
from model_simulator.service import SimulatedService
from model_simulator.stored_files import StoredFiles, decode_data_url
from model_simulator.text_calls import SimulatedTextCall, parse_text_call

IMAGES, EDITS, RESPONSES = "/v1/images/generations", "/v1/images/edits", "/v1/responses"
ENDPOINTS = (IMAGES, EDITS, RESPONSES)
MIN_RESULT_SECONDS, MAX_RESULT_SECONDS = 3_600, 2_592_000
VALIDATION_SHARE = 0.1
"""Part of a batch's time before its first line runs."""


class BatchStatus(StrEnum):
    """State of a batch; a batch that is over never changes."""

    VALIDATING = "validating"
    FAILED = "failed"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A request of a batch: its id, the call or why it is none, and the body."""

    custom_id: str
    call: SimulatedImageCall | SimulatedTextCall | Reply
    body: Mapping[str, Any]


@dataclass(slots=True)
class Batch:
    """A batch.

    Attributes:
        id: of the batch.
        input_file_id: the uploaded file.
        endpoint: of all lines.
        metadata: from its creator.
        created: on the service's clock.
        created_at: in epoch seconds.
        lines: in the order in which they run.
        error: why the whole batch failed; None = it did not.
        failed: by place in ``lines``, the errors of lines that ran.
        texts: by place in ``lines``, the answers of text calls.
        done: number of lines that have run.
        ended_as: the final status; None = not over.
    """

    id: str
    input_file_id: str
    endpoint: str
    metadata: Mapping[str, str]
    created: float
    created_at: int
    lines: list[BatchLine] = field(default_factory=list)
    error: dict[str, Any] | None = None
    failed: dict[int, Reply] = field(default_factory=dict)
    texts: dict[int, Reply] = field(default_factory=dict)
    done: int = 0
    ended_as: BatchStatus | None = None

    @property
    def output_file_id(self) -> str:
        """Id of the file with the answers."""
        return f"file-output-{self.id}"

    @property
    def error_file_id(self) -> str:
        """Id of the file with the lines that have no answer."""
        return f"file-errors-{self.id}"

    def describe(self, now: float) -> dict[str, Any]:
        """Return the batch as the API does."""
        status = self.ended_as or (BatchStatus.VALIDATING if not self.done else BatchStatus.IN_PROGRESS)
        made = self.done - len(self.failed)
        is_over = self.ended_as not in {None, BatchStatus.FAILED}
        has_errors = bool(self.failed) or (self.ended_as is BatchStatus.EXPIRED and self.done < len(self.lines))
        return {
            "id": self.id,
            "object": "batch",
            "endpoint": self.endpoint,
            "errors": None if self.error is None else {"object": "list", "data": [self.error]},
            "input_file_id": self.input_file_id,
            "completion_window": "24h",
            "status": str(status),
            "output_file_id": self.output_file_id if is_over and made else None,
            "error_file_id": self.error_file_id if is_over and has_errors else None,
            "created_at": self.created_at,
            "expires_at": self.created_at + 86_400,
            "in_progress_at": self.created_at if self.done else None,
            "completed_at": self.created_at + round(now - self.created) if is_over else None,
            "request_counts": {"total": len(self.lines), "completed": made, "failed": len(self.failed)},
            "metadata": dict(self.metadata),
        }


class Batches:
    """All batches of the simulator.

    Args:
        service: bills the lines.
        files: the uploaded files.
    """

    def __init__(self, service: SimulatedService, files: StoredFiles) -> None:
        self._service = service
        self._files = files
        self._batches: dict[str, Batch] = {}

    def create(self, body: Mapping[str, Any], created_at: int) -> Batch:
        """Create a batch; one that cannot run is created too, and has failed.

        Raises:
            BadRequestError: a parameter is invalid, or the input file is unknown or not visible yet.
        """
        if body.get("endpoint") not in ENDPOINTS:
            raise BadRequestError(f"Invalid value: {body.get('endpoint')!r}.", param="endpoint", code="invalid_value")
        if body.get("completion_window") != "24h":
            raise BadRequestError("Invalid 'completion_window'. Expected '24h'.", param="completion_window")
        _check_result_expiry(body.get("output_expires_after"))
        file_id = str(body.get("input_file_id"))
        data = self._files.find_visible(file_id)
        if data is None:
            raise BadRequestError(f"No such File object: {file_id}", param="input_file_id", code="invalid_value")
        now = self._service.clock()
        batch = Batch(
            f"batch_{uuid.uuid4().hex}", file_id, body["endpoint"], body.get("metadata") or {}, now, created_at
        )
        try:
            batch.lines = self._read_lines(data, batch.endpoint)
        except BadRequestError as error:
            batch.error = {"code": error.code or "invalid_json_line", "message": str(error), "param": None, "line": 1}
        self.advance()
        limit = self._service.faults.batches.max_enqueued_images
        enqueued = sum(len(other.lines) - other.done for other in self._batches.values() if other.ended_as is None)
        if limit is not None and enqueued + len(batch.lines) > limit:
            message = (
                f"Enqueued token limit reached for {batch.endpoint}: {enqueued} images are enqueued, limit {limit}."
            )
            batch.error = {"code": "token_limit_exceeded", "message": message, "param": None, "line": None}
        if batch.error is not None:
            batch.ended_as = BatchStatus.FAILED
        self._batches[batch.id] = batch
        return batch

    def find(self, batch_id: str) -> Batch | None:
        """Return a batch, brought up to the clock."""
        self.advance()
        return self._batches.get(batch_id)

    def list_newest(self) -> list[Batch]:
        """Return all batches, the newest first, brought up to the clock."""
        self.advance()
        return list(reversed(self._batches.values()))

    def cancel(self, batch: Batch) -> None:
        """End a batch; what has run is billed and keeps its answers."""
        if batch.ended_as is None:
            batch.ended_as = BatchStatus.CANCELLED

    def advance(self) -> None:
        """Run the lines of all batches that are due by the clock."""
        now = self._service.clock()
        for batch in self._batches.values():
            if batch.ended_as is None:
                self._advance(batch, now)

    def iterate_results(self, file_id: str) -> Iterator[bytes] | None:
        """Return the lines of a result file, or None if there is no such file."""
        for batch in self._batches.values():
            if file_id == batch.output_file_id and batch.ended_as is not None:
                return _iterate_answers(batch)
            if file_id == batch.error_file_id and batch.ended_as is not None:
                return _iterate_errors(batch)
        return None

    def _advance(self, batch: Batch, now: float) -> None:
        settings = self._service.faults.batches
        expiry = settings.expires_after_seconds
        elapsed = now - batch.created
        is_expired = expiry is not None and elapsed >= expiry
        running = (elapsed if expiry is None else min(elapsed, expiry)) - settings.seconds * VALIDATION_SHARE
        share = running / max(settings.seconds * (1 - VALIDATION_SHARE), 1e-9)
        due = min(len(batch.lines), max(batch.done, int(share * len(batch.lines) + 1e-9)))
        for place in range(batch.done, due):
            self._run_line(batch, place)
        batch.done = due
        if batch.done == len(batch.lines):
            batch.ended_as = BatchStatus.COMPLETED
        elif is_expired:
            batch.ended_as = BatchStatus.EXPIRED

    def _run_line(self, batch: Batch, place: int) -> None:
        line = batch.lines[place]
        match line.call:
            case Reply():
                batch.failed[place] = line.call
            case SimulatedTextCall():
                reply = self._service.run_text_line(line.call, line.body)
                (batch.texts if reply.status == HTTPStatus.OK else batch.failed)[place] = reply
            case _:
                failure = self._service.run_image_line(line.call, line.custom_id)
                if failure is not None:
                    batch.failed[place] = failure

    def _read_lines(self, data: bytes, endpoint: str) -> list[BatchLine]:
        """Return the lines of an input file, in a random order that follows from the file.

        Raises:
            BadRequestError: a line is not a request, or an id is used twice.
        """
        lines: dict[str, BatchLine] = {}
        for text in data.splitlines():
            line = read_body(text)
            custom_id = line.get("custom_id")
            if not isinstance(custom_id, str) or custom_id in lines:
                raise BadRequestError("The custom_id is missing or not unique.", code="duplicate_custom_id")
            if line.get("method") != "POST" or line.get("url") != endpoint:
                raise BadRequestError("The url does not match the batch's endpoint.", code="mismatched_endpoint")
            body = line.get("body")
            lines[custom_id] = BatchLine(
                custom_id, self._read_call(body, endpoint), body if isinstance(body, dict) else {}
            )
        if not lines:
            raise BadRequestError("The file is empty.", code="empty_file")
        shuffled = list(lines.values())
        random.Random(data).shuffle(shuffled)  # noqa: S311 - repeatable on purpose
        return shuffled

    def _read_call(self, body: object, endpoint: str) -> SimulatedImageCall | SimulatedTextCall | Reply:
        if not isinstance(body, dict):
            return BadRequestError("The body is not an object.").to_reply()
        try:
            if endpoint == RESPONSES:
                return parse_text_call(body)
            if endpoint == IMAGES:
                return parse_image_call(body)
            images = body.pop("images", None)
            return parse_edit_call(body, [self._read_image(image) for image in images or ()])
        except BadRequestError as error:
            return error.to_reply()

    def _read_image(self, image: object) -> bytes:
        source = image if isinstance(image, dict) else {}
        if ("file_id" in source) == ("image_url" in source):
            raise BadRequestError("Provide exactly one of image_url or file_id.", param="images", code="invalid_value")
        if "file_id" in source:
            data = self._files.find_visible(str(source["file_id"]))
            problem = f"No such File object: {source['file_id']}"
        else:
            data, problem = decode_data_url(source["image_url"]), "Expected a base64-encoded data URL."
        if data is None:
            raise BadRequestError(problem, param="images", code="invalid_value")
        return data


def _iterate_answers(batch: Batch) -> Iterator[bytes]:
    for place in range(batch.done):
        line = batch.lines[place]
        if place in batch.failed or isinstance(line.call, Reply):
            continue
        if isinstance(line.call, SimulatedTextCall):
            answer = batch.texts[place].body
        else:
            answer = render_reply(RenderJob(line.call)).body
        head = json.dumps({"id": f"batch_req_{place}", "custom_id": line.custom_id}).encode().removesuffix(b"}")
        response = b', "response": {"status_code": 200, "request_id": "req_%d", "body": %b}, "error": null}\n'
        yield head + response % (place, answer)


def _iterate_errors(batch: Batch) -> Iterator[bytes]:
    for place, line in enumerate(batch.lines):
        failure = batch.failed.get(place)
        row: dict[str, Any] = {"id": f"batch_req_{place}", "custom_id": line.custom_id}
        if failure is not None:
            body = json.loads(failure.body)
            response = {"status_code": failure.status, "request_id": f"req_{place}", "body": body}
            yield json.dumps({**row, "response": response, "error": None}).encode() + b"\n"
        elif place >= batch.done and batch.ended_as is BatchStatus.EXPIRED:
            error = {"code": "batch_expired", "message": "This request could not be executed before the batch expired."}
            yield json.dumps({**row, "response": None, "error": error}).encode() + b"\n"


def _check_result_expiry(expiry: Any) -> None:
    if expiry is None:
        return
    seconds = expiry.get("seconds") if isinstance(expiry, dict) and expiry.get("anchor") == "created_at" else None
    if not isinstance(seconds, int) or not MIN_RESULT_SECONDS <= seconds <= MAX_RESULT_SECONDS:
        raise BadRequestError(f"Invalid 'output_expires_after': {expiry!r}.", param="output_expires_after")
