"""What the simulator does on purpose to its callers: the faults file, read and checked."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Rate = Annotated[float, Field(ge=0, le=1)]


class FaultsError(ValueError):
    """A faults document cannot be used; the message is one line that names the key."""


class _Section(BaseModel):
    """Every key is optional and in camelCase; an unknown one is refused, so that a misspelt fault cannot stay off."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        strict=True,
        frozen=True,
        hide_input_in_errors=True,
    )


class LatencySeconds(_Section):
    """Median of the whole answer time."""

    text: Seconds = 0.2
    image: Seconds = 0.5


class Rates(_Section):
    """How likely each fault is, 0 to 1; the keys are spelt as the faults are.

    The first four befall any call; ``content_policy`` and ``bad_image`` image calls; the others text calls.
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


class Faults(_Section):
    """Everything that can be asked of the simulator; the defaults are a quick, faultless service without a quota.

    Attributes:
        latency_seconds: median answer time of text and image calls.
        latency_sigma: sigma of the lognormal distribution of answer times; 0 = every answer takes the median.
        image_requests_per_minute: the image quota; None = no quota.
        retry_after_seconds: what the Retry-After of a ``rate_limited`` fault says (a quota's own is computed).
        rates: how likely each fault is.
        timeout_seconds: how long a ``timeout`` fault holds the connection before it hangs up.
        blocked_prompts: an image prompt that contains one of these is refused by the content policy.
        account_block_after: after so many billed images every call is refused, until new faults are set.
        api_key: the only key that is accepted; None = any.
        image_bytes: images are padded to this size; None = as drawn.
        second_round_best: share of the prompts whose images score best in the second round: 40 to 60, then 75 to 84,
            then 61 to 70. Other images get any score, mostly a good one.
        rate_headers: image answers report the quota in ``x-ratelimit-*`` headers, if there is one.
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
    rate_headers: bool = True


def load_faults(path: Path) -> Faults:
    """Read a faults file.

    Raises:
        FaultsError: the file cannot be read or used; one line that names the file, the key, what was got and expected.
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
    """Read faults from JSON.

    Raises:
        FaultsError: the document cannot be used; one line that names the key, what was got and what was expected.
    """
    try:
        return Faults.model_validate_json(document)
    except ValidationError as error:
        raise FaultsError(_describe(error.errors(include_url=False)[0])) from error


def _describe(problem: ErrorDetails) -> str:
    """Put pydantic's first complaint into one line: key, got, expected."""
    location = [str(part) for part in problem["loc"]]
    key, got = ".".join(location), problem["input"]
    match problem["type"]:
        case "json_invalid":
            return f"got no JSON; expected a JSON object: {problem['ctx']['error']}"
        case "extra_forbidden":
            known = Rates if location[:-1] == ["rates"] else LatencySeconds if location[:-1] else Faults
            names = ", ".join(field.alias or name for name, field in known.model_fields.items())
            return f"{key} is an unknown key (got {got!r}); expected one of {names}"
        case _:
            expected = problem["msg"].removeprefix("Input should be ")
            return f"{key or 'the document'} is {got!r}; expected {expected}"
