"""The faults file: latencies, quotas and faults of the simulator."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Rate = Annotated[float, Field(ge=0, le=1)]


class FaultsError(ValueError):
    """A faults document is invalid; the message is one line that names the key."""


class _Section(BaseModel):
    """All keys are optional and in camelCase. Unknown keys are errors, so that a misspelt fault is noticed."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        strict=True,
        frozen=True,
        hide_input_in_errors=True,
    )


class LatencySeconds(_Section):
    """Median response time."""

    text: Seconds = 0.2
    image: Seconds = 0.5


class Rates(_Section):
    """Probability of each fault, 0 to 1; the keys are the names of the faults.

    The first four apply to all calls, ``content_policy`` and ``bad_image`` to image calls, the others to text calls.
    """

    model_config = ConfigDict(alias_generator=None)

    rate_limited: Rate = 0
    server_error: Rate = 0
    dropped: Rate = 0
    timeout: Rate = 0
    content_policy: Rate = 0
    bad_image: Rate = 0
    truncated_json: Rate = 0
    refusal: Rate = 0
    duplicate_names: Rate = 0
    forbidden_words: Rate = 0


class BatchFaults(_Section):
    """Settings of batches.

    Attributes:
        seconds: how long a batch takes, from its creation to its last line.
        visible_after_seconds: how long an uploaded file is unknown to batches.
        expires_after_seconds: when an unfinished batch expires; None = never.
        max_enqueued_images: a batch that would exceed this number of unfinished lines fails; None = no limit.
        line_error_rate: probability that a line fails with a server error.
    """

    seconds: Seconds = 1
    visible_after_seconds: Seconds = 0
    expires_after_seconds: Seconds | None = None
    max_enqueued_images: Annotated[int, Field(ge=1)] | None = None
    line_error_rate: Rate = 0


class Faults(_Section):
    """All settings of the simulator. The defaults are a fast service without faults or a quota.

    Attributes:
        latency_seconds: median response time of text and image calls.
        latency_sigma: sigma of the lognormal distribution of response times; 0 = always the median.
        image_requests_per_minute: the image quota; None = no quota.
        retry_after_seconds: Retry-After of a ``rate_limited`` fault (the quota calculates its own).
        rates: probability of each fault.
        timeout_seconds: how long a ``timeout`` fault holds the connection before closing it.
        blocked_prompts: the content policy refuses image prompts that contain one of these texts.
        account_block_after: number of billed images after which every call is refused, until new faults are set.
        api_key: the only accepted key; None = any key.
        image_bytes: size in bytes to which image files are padded; None = no padding.
        second_round_best: share of prompts whose images score 40 to 60 in the first round, 75 to 84 in the second and
            61 to 70 after that. Other images get random scores, mostly good ones.
        references_ignored: share of prompts whose images ignore the reference images of the call.
        rate_headers: whether image answers report the quota in ``x-ratelimit-*`` headers.
        batches: settings of image batches.
    """

    latency_seconds: LatencySeconds = LatencySeconds()
    latency_sigma: Annotated[float, Field(ge=0, le=5)] = 0
    image_requests_per_minute: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    retry_after_seconds: Seconds = 1
    rates: Rates = Rates()
    timeout_seconds: Seconds = 5
    blocked_prompts: list[Annotated[str, Field(min_length=1)]] = []
    account_block_after: Annotated[int, Field(ge=0)] | None = None
    api_key: Annotated[str, Field(min_length=1)] | None = Field(default=None, repr=False)
    image_bytes: Annotated[int, Field(ge=1, le=50_000_000)] | None = None
    second_round_best: Rate = 0
    references_ignored: Rate = 0
    rate_headers: bool = True
    batches: BatchFaults = BatchFaults()


def load_faults(path: Path) -> Faults:
    """Read a faults file.

    Raises:
        FaultsError: the file cannot be read or is invalid; the message names file, key and value.
    """
    try:
        document = path.read_bytes()
    except OSError as error:
        raise FaultsError(f"{path} cannot be read: {error.strerror or error}") from error
    try:
        return parse_faults(document)
    except FaultsError as error:
        raise FaultsError(f"{path}: {error}") from error


def parse_faults(document: bytes | str) -> Faults:
    """Parse faults from JSON.

    Raises:
        FaultsError: the document is invalid; the message names key, value and expectation.
    """
    try:
        return Faults.model_validate_json(document)
    except ValidationError as error:
        raise FaultsError(_describe(error.errors(include_url=False)[0])) from error


def _describe(problem: ErrorDetails) -> str:
    """Return pydantic's first error as one line: key, value, expectation."""
    location = [str(part) for part in problem["loc"]]
    key, got = ".".join(location), problem["input"]
    match problem["type"]:
        case "json_invalid":
            return f"the document is not valid JSON; expected a JSON object: {problem['ctx']['error']}"
        case "extra_forbidden":
            sections: dict[str, type[_Section]] = {"rates": Rates, "batches": BatchFaults}
            known = sections.get(location[0], LatencySeconds) if location[:-1] else Faults
            names = ", ".join(field.alias or name for name, field in known.model_fields.items())
            return f"{key} is an unknown key (got {got!r}); expected one of {names}"
        case _:
            expected = problem["msg"].removeprefix("Input should be ")
            return f"{key or 'the document'} is {got!r}; expected {expected}"
