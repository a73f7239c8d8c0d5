"""The images of a catalog as browsing needs them, packed so that 50,000 take little memory. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from struct import Struct
from typing import Final

from shared.images.image_metadata import ImageMetadata, read_stored_metadata
from shared.storage.protocol import FileInfo

_NUMBERS: Final = Struct("<QIIQQqqI??Bh")
"""Size, width, height, dhash, prompt digest or 0, cost or -1, time of the write, index of the run, whether it has a
dhash, whether it is a placeholder, round or 0, distance from the style references in ten thousandths or -1.

The bytes of the SHA-256 follow."""

DISTANCE_STEPS: Final = 10_000
NO_DISTANCE: Final = -1

FIRST_ROUND: Final = 1
"""Round number of an image that was generated without refinement."""


@dataclass(frozen=True, slots=True)
class ListedImage:
    """An image or a placeholder of a catalog.

    Attributes:
        sha256: of the file, in hex.
        size: in bytes.
        width: in pixels.
        height: in pixels.
        run_id: run that stored the file; "" for an image that was placed by hand.
        round: number among the rounds of a refined image, from 1; None if the image was not refined.
        nano_usd: cost of its call in 10^-9 US dollars; None if unknown.
        modified: when it was written.
        dhash: perceptual hash, 64 bits, or None.
        prompt_digest: identifies the image prompt; None before 0.4.0.
        is_placeholder: published like an image, and never counted as one.
        style_distance: of its colors from those of the nearest style reference, 0 to 1; None without any.
    """

    sha256: str
    size: int
    width: int
    height: int
    run_id: str
    round: int | None
    nano_usd: int | None
    modified: datetime
    dhash: int | None
    prompt_digest: int | None
    is_placeholder: bool
    style_distance: float | None = None

    @property
    def cost_usd(self) -> float | None:
        """Cost of its call in US dollars."""
        return None if self.nano_usd is None else to_usd(self.nano_usd)

    def to_metadata(self) -> ImageMetadata:
        """Return what is known here of the metadata of an image."""
        return ImageMetadata(
            self.sha256,
            self.width,
            self.height,
            dhash=self.dhash,
            run_id=self.run_id,
            round=self.round,
            prompt_digest=self.prompt_digest,
        )


class RunNames:
    """Ids of runs by number, so that each image stores a number only.

    Args:
        known: ids that have a number, in the order of their numbers.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._numbers = {run_id: number for number, run_id in enumerate(known)}

    def number(self, run_id: str) -> int:
        """Return the number of a run's id."""
        return self._numbers.setdefault(run_id, len(self._numbers))

    def list_ids(self) -> tuple[str, ...]:
        """Return the ids in the order of their numbers."""
        return tuple(self._numbers)


def to_usd(nano_usd: int) -> float:
    """Return a cost in US dollars, to a millionth."""
    return round(nano_usd / 1e9, 6)


def pack_image(info: FileInfo, runs: RunNames) -> bytes | None:
    """Return an image or a placeholder in packed form; None if its metadata is incomplete."""
    metadata = read_stored_metadata(info)
    if metadata is None:
        return None
    is_placeholder = metadata.placeholder_reason is not None
    dhash = None if is_placeholder else metadata.dhash
    numbers = _NUMBERS.pack(
        info.size,
        metadata.width,
        metadata.height,
        dhash or 0,
        metadata.prompt_digest or 0,
        _find_cost(metadata),
        int(info.modified.timestamp() * 1000),
        runs.number(metadata.run_id),
        dhash is not None,
        is_placeholder,
        metadata.round or 0,
        NO_DISTANCE if metadata.style_distance is None else round(metadata.style_distance * DISTANCE_STEPS),
    )
    return numbers + bytes.fromhex(metadata.sha256)


def unpack_image(packed: bytes, runs: tuple[str, ...]) -> ListedImage:
    """Return an image from its packed form."""
    numbers = _NUMBERS.unpack_from(packed)
    size, width, height, dhash, prompt, cost, modified, run, has_dhash, is_placeholder, round_, distance = numbers
    return ListedImage(
        sha256=read_sha256(packed),
        size=size,
        width=width,
        height=height,
        run_id=runs[run],
        round=round_ or None,
        nano_usd=None if cost < 0 else cost,
        modified=datetime.fromtimestamp(modified / 1000, UTC),
        dhash=dhash if has_dhash else None,
        prompt_digest=prompt or None,
        is_placeholder=is_placeholder,
        style_distance=None if distance == NO_DISTANCE else distance / DISTANCE_STEPS,
    )


def read_sha256(packed: bytes) -> str:
    """Return the SHA-256 of a packed image, in hex."""
    return packed[_NUMBERS.size :].hex()


def read_dhash(packed: bytes) -> int | None:
    """Return the perceptual hash of a packed image, or None."""
    numbers = _NUMBERS.unpack_from(packed)
    return numbers[3] if numbers[8] else None


def read_modified_ms(packed: bytes) -> int:
    """Return when a packed image was written, in milliseconds since 1970."""
    return int(_NUMBERS.unpack_from(packed)[6])


def read_run_number(packed: bytes) -> int:
    """Return the number of the run that stored a packed image."""
    return int(_NUMBERS.unpack_from(packed)[7])


def read_round(packed: bytes) -> int:
    """Return the round of a packed image; 0 if it was not refined."""
    return int(_NUMBERS.unpack_from(packed)[10])


def read_distance(packed: bytes) -> int | None:
    """Return the distance of a packed image from the style references, in ten thousandths, or None."""
    distance = int(_NUMBERS.unpack_from(packed)[11])
    return None if distance == NO_DISTANCE else distance


def is_packed_placeholder(packed: bytes) -> bool:
    """Return whether a packed image is a placeholder."""
    return bool(_NUMBERS.unpack_from(packed)[9])


def find_listed_round(image: ListedImage) -> int | None:
    """Return the number of an image among the rounds of its item in its run, from 1; None without a run."""
    return (image.round or FIRST_ROUND) if image.run_id else None


def _find_cost(metadata: ImageMetadata) -> int:
    return metadata.cost.nano_usd if metadata.cost.image_calls else -1
