"""Image calls: parse and validate their parameters as the service does."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

from PIL import Image, UnidentifiedImageError

from model_simulator.billing import TokenUsage, count_image_tokens
from model_simulator.drawing import MAX_PIXELS, MIN_PIXELS
from model_simulator.drawing.palette import Palette, read_palette
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

MAX_REFERENCES = 16
PATCH_PIXELS = 32


@dataclass(frozen=True, slots=True)
class SimulatedImageCall:
    """A valid image request; sizes in pixels."""

    model: str
    prompt: str
    width: int
    height: int
    quality: str
    image_format: str
    references: tuple[bytes, ...] = field(default=(), repr=False)

    def find_palette(self) -> Palette | None:
        """Return the palette of the reference images; None without any."""
        return read_palette(self.references) if self.references else None

    @property
    def size(self) -> str:
        """The size as sent on the wire."""
        return f"{self.width}x{self.height}"

    @property
    def usage(self) -> TokenUsage:
        """The billed tokens: those of the prompt, and those of the price list for size and quality."""
        images = sum(map(count_reference_tokens, self.references))
        outputs = count_image_tokens(self.model, self.size, self.quality)
        return TokenUsage(count_tokens(len(self.prompt)) + images, outputs, images)


def count_reference_tokens(data: bytes) -> int:
    """Return the tokens of a reference image: one for each 32x32 pixels."""
    with Image.open(BytesIO(data)) as image:
        width, height = image.size
    return math.ceil(width / PATCH_PIXELS) * math.ceil(height / PATCH_PIXELS)


def parse_edit_call(body: Mapping[str, Any], references: Sequence[bytes]) -> SimulatedImageCall:
    """Parse and validate an edit: the parameters of an image call, and one to 16 PNG or JPEG files.

    Raises:
        BadRequestError: naming the parameter, its value and the supported values.
    """
    if not 1 <= len(references) <= MAX_REFERENCES:
        raise BadRequestError(
            f"Invalid 'image': got {len(references)} images. Expected 1 to {MAX_REFERENCES}.",
            param="image",
            code="invalid_value",
        )
    if "input_fidelity" in body:
        raise BadRequestError(
            "The parameter 'input_fidelity' is not supported with this model.",
            param="input_fidelity",
            code="invalid_input_fidelity_model",
        )
    for data in references:
        _check_reference(data)
    return replace(parse_image_call(body), references=tuple(references))


def _check_reference(data: bytes) -> None:
    try:
        with Image.open(BytesIO(data)) as image:
            image_format = image.format
    except (UnidentifiedImageError, OSError) as error:
        raise BadRequestError("Invalid image file or mode.", param="image", code="invalid_image_file") from error
    if image_format not in {"PNG", "JPEG"}:
        raise BadRequestError(
            f"Invalid image format {image_format!r}. Expected PNG or JPEG.", param="image", code="invalid_image_file"
        )


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
