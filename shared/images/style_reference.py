"""The style references of a run: the images whose look its images are to have. Pure."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

if TYPE_CHECKING:
    from shared.rendering.color_histogram import ColorHistogram

CAMEL_CASE: Final = ConfigDict(alias_generator=to_camel)

PATCH_PIXELS: Final = 32
"""An image model bills one input token for each 32x32 pixels of a reference."""

DIGEST_CHARACTERS: Final = 16


@dataclass(frozen=True, slots=True)
class RecordedReference:
    """A style reference as it was when its run started.

    Attributes:
        path: the input that it was read from, ``inputs/NAME``.
        input_sha256: of the input, in hex.
        sha256: of the JPEG that is sent, in hex.
        width: of the JPEG, in pixels.
        height: of the JPEG, in pixels.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    path: str
    input_sha256: str
    sha256: str
    width: int
    height: int

    @property
    def tokens(self) -> int:
        """The input tokens that each call is billed for it."""
        return math.ceil(self.width / PATCH_PIXELS) * math.ceil(self.height / PATCH_PIXELS)


@dataclass(frozen=True, slots=True)
class RecordedStyle:
    """The style references of a run."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    images: tuple[RecordedReference, ...]

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
