"""Image calls: parse and validate their parameters as the service does."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model_simulator.billing import TokenUsage, count_image_tokens
from model_simulator.drawing import MAX_PIXELS, MIN_PIXELS
from model_simulator.replies import BadRequestError
from model_simulator.request_body import check_known_parameters, count_tokens, read_choice, read_text

PARAMETERS = frozenset(
    {
        "background",
        "model",
        "moderation",
        "n",
        "output_compression",
        "output_format",
        "prompt",
        "quality",
        "size",
        "user",
    }
)
MAX_PROMPT_CHARACTERS = 32_000
FORMATS = ("png", "jpeg")  # Azure offers no webp
QUALITIES = ("low", "medium", "high", "xhigh", "max", "auto")

EDGE_MULTIPLE = 16
EDGE_PIXELS = range(MIN_PIXELS, MAX_PIXELS + 1)
"""Range of width and height. The service allows up to 3840, and requires at least 655,360 pixels in total."""

MAX_ASPECT_RATIO = 3


@dataclass(frozen=True, slots=True)
class SimulatedImageCall:
    """A valid image request; sizes in pixels."""

    model: str
    prompt: str
    width: int
    height: int
    quality: str
    image_format: str

    @property
    def size(self) -> str:
        """The size as sent on the wire."""
        return f"{self.width}x{self.height}"

    @property
    def usage(self) -> TokenUsage:
        """The billed tokens: those of the prompt, and those of the price list for size and quality."""
        return TokenUsage(count_tokens(len(self.prompt)), count_image_tokens(self.model, self.size, self.quality))


def parse_image_call(body: Mapping[str, Any]) -> SimulatedImageCall:
    """Parse and validate the body of an image call.

    Raises:
        BadRequestError: naming the parameter, its value and the supported values.
    """
    check_known_parameters(body, PARAMETERS)
    prompt = read_text(body, "prompt")
    if len(prompt) > MAX_PROMPT_CHARACTERS:
        raise BadRequestError(
            f"Invalid 'prompt': string too long. Expected a string with maximum length {MAX_PROMPT_CHARACTERS}, "
            f"but got a string with length {len(prompt)} instead.",
            param="prompt",
            code="string_above_max_length",
        )
    count = body.get("n", 1)
    if count is not None and (isinstance(count, bool) or count != 1):
        raise BadRequestError(f"Invalid 'n': {count!r}. Expected 1.", param="n", code="invalid_value")
    width, height = _read_size(body.get("size"))
    return SimulatedImageCall(
        model=read_text(body, "model"),
        prompt=prompt,
        width=width,
        height=height,
        quality=read_choice(body, "quality", QUALITIES, "auto"),
        image_format=read_choice(body, "output_format", FORMATS, "png"),
    )


def _read_size(value: object) -> tuple[int, int]:
    if value is None or value == "auto":
        return 1024, 1024
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", value) if isinstance(value, str) else None
    if match is not None:
        width, height = int(match[1]), int(match[2])
        if (
            width in EDGE_PIXELS
            and height in EDGE_PIXELS
            and width % EDGE_MULTIPLE == height % EDGE_MULTIPLE == 0
            and max(width, height) <= MAX_ASPECT_RATIO * min(width, height)
        ):
            return width, height
    raise BadRequestError(
        f"Invalid size {value!r}. Expected 'auto' or WIDTHxHEIGHT, both divisible by {EDGE_MULTIPLE} and from "
        f"{MIN_PIXELS} to {MAX_PIXELS}, no side over {MAX_ASPECT_RATIO} times the "
        "other.",
        param="size",
        code="invalid_value",
    )
