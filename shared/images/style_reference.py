"""The style references of a run: the images whose look its images are to have. Pure."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

if TYPE_CHECKING:
    from shared.rendering.color_histogram import ColorHistogram

CAMEL_CASE: Final = ConfigDict(alias_generator=to_camel)

PATCH_PIXELS: Final = 32
"""An image model bills one input token for each 32x32 pixels of a reference."""

MAX_SIDE_PIXELS: Final = 1024
"""Larger references are shrunk before they are sent."""

DIGEST_CHARACTERS: Final = 16


@dataclass(frozen=True, slots=True)
class RecordedReference:
    """A style reference as it was when its run started.

    Attributes:
        path: the input that it was read from, ``inputs/NAME``, or the approved image.
        input_sha256: of that file, in hex.
        sha256: of the JPEG that is sent, in hex.
        width: of the JPEG, in pixels.
        height: of the JPEG, in pixels.
        item_id: internal id of the item whose image was approved; None for an input.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    path: str
    input_sha256: str
    sha256: str
    width: int
    height: int
    item_id: str | None = None

    @property
    def tokens(self) -> int:
        """The input tokens that each call is billed for it."""
        return count_tokens(self.width, self.height)


@dataclass(frozen=True, slots=True)
class RejectedImage:
    """A trial image that was rejected, and that the run generates again with the references.

    Attributes:
        item_id: internal id of the item.
        filename: of the image.
        sha256: of the rejected image, in hex.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    item_id: str
    filename: str
    sha256: str


@dataclass(frozen=True, slots=True)
class RecordedStyle:
    """The style references of a run.

    Attributes:
        images: the references.
        rejected: trial images to be generated again; they are recorded with the references, so that every process of
            the run replaces the same ones.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    images: Annotated[tuple[RecordedReference, ...], Field(min_length=1)]
    rejected: tuple[RejectedImage, ...] = ()

    @property
    def is_approved(self) -> bool:
        """Whether a person approved the references among the images of the catalog."""
        return all(reference.item_id is not None for reference in self.images)

    def find_rejected(self, item_id: str) -> str | None:
        """Return the SHA-256 of an item's rejected trial image, or None."""
        return next((one.sha256 for one in self.rejected if one.item_id == item_id), None)

    @property
    def digest(self) -> str:
        """Identifies the references by their content: 16 hex digits."""
        hashes = " ".join(reference.sha256 for reference in self.images)
        return hashlib.sha256(hashes.encode()).hexdigest()[:DIGEST_CHARACTERS]

    @property
    def tokens(self) -> int:
        """The input tokens that each image call is billed for the references."""
        return sum(reference.tokens for reference in self.images)


@dataclass(frozen=True, slots=True)
class ResolvedStyle:
    """Style references that were read from inputs, or that an earlier run recorded.

    Attributes:
        record: describes them.
        files: the JPEGs by SHA-256 that the catalog may not have yet.
    """

    record: RecordedStyle
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class LoadedStyle:
    """The style references of a run, ready to be sent.

    Attributes:
        record: describes them.
        files: the JPEGs, in the order of the request.
        histograms: of their colors.
        samples: smaller JPEGs, which evaluations compare images with.
    """

    record: RecordedStyle
    files: Sequence[bytes] = field(repr=False)
    histograms: Sequence["ColorHistogram"] = field(repr=False)
    samples: Sequence[bytes] = field(repr=False)


def count_tokens(width: int, height: int) -> int:
    """Return the input tokens that a call is billed for a reference of this size in pixels."""
    return math.ceil(width / PATCH_PIXELS) * math.ceil(height / PATCH_PIXELS)


def predict_tokens(size: tuple[int, int], references: int) -> int:
    """Return the input tokens of approved images that do not exist yet.

    Args:
        size: width and height of the images in pixels.
        references: number of the approved images.
    """
    scale = min(1.0, MAX_SIDE_PIXELS / max(size))
    width, height = (max(1, round(side * scale)) for side in size)
    return references * count_tokens(width, height)
