"""The images of a catalog by file name, packed so that 50,000 take little memory. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Final

from shared.images.image_metadata import read_stored_metadata
from shared.storage import paths
from shared.storage.protocol import FileInfo

_NUMBERS: Final = Struct("<QQQQQQQ??B")
"""Size, width, height, prompt digest or 0, countdown or 0, digest of the style references or 0, dhash, has_dhash,
has_thumbnail, round or 0.

The bytes of the SHA-256 follow."""


_VARIANT: Final = Struct("<BIHH32s")
"""Place of the variant in the request, size, width, height, SHA-256."""


@dataclass(frozen=True, slots=True)
class StoredVariant:
    """A variant of an image in the store.

    Attributes:
        place: of the variant in the request, from 0.
        size: in bytes.
        width: in pixels.
        height: in pixels.
        sha256: of the file, in hex.
    """

    place: int
    size: int
    width: int
    height: int
    sha256: str


@dataclass(frozen=True, slots=True)
class StoredImage:
    """What publishing needs to know of a validated image or a placeholder in the store.

    Attributes:
        size: in bytes.
        width: in pixels.
        height: in pixels.
        sha256: of the file, in hex.
        dhash: perceptual hash, 64 bits; None for placeholders, and before 0.3.0 without a thumbnail.
        has_thumbnail: whether the store has a thumbnail of this very file.
        is_placeholder: published like an image, and never counted as one.
        round: number among the rounds of a refined item, from 1; None if the image was not evaluated.
        prompt_digest: identifies the image prompt; None before 0.4.0.
        run_countdown_ms: inverted start time of the run (``paths.parse_inverted_time``); None without a run.
        style: digest of the style references that it was generated with; None without any.
        variants: the current ones, in the order of the request.
    """

    size: int
    width: int
    height: int
    sha256: str
    dhash: int | None = None
    has_thumbnail: bool = False
    is_placeholder: bool = False
    round: int | None = None
    prompt_digest: int | None = None
    run_countdown_ms: int | None = None
    style: str | None = None
    variants: tuple[StoredVariant, ...] = ()


class ImageTable:
    """The validated images of a catalog by file name: about 280 bytes each, 100 of them for the name.

    Placeholders are kept apart from images: iteration and ``in`` do not see them.
    """

    def __init__(self) -> None:
        self._packed: dict[str, bytes] = {}
        self._placeholders: dict[str, StoredImage] = {}
        self._variants: dict[str, bytes] = {}

    def set_variants(self, filename: str, variants: Iterable[StoredVariant]) -> None:
        """Replace the known variants of an image."""
        self._variants[filename] = b"".join(
            _VARIANT.pack(one.place, one.size, one.width, one.height, bytes.fromhex(one.sha256)) for one in variants
        )

    def list_variants(self, filename: str) -> list[StoredVariant]:
        """Return the known variants of an image, in the order of the request."""
        packed = _VARIANT.iter_unpack(self._variants.get(filename, b""))
        return sorted(
            (StoredVariant(place, size, width, height, digest.hex()) for place, size, width, height, digest in packed),
            key=lambda variant: variant.place,
        )

    def add(self, filename: str, image: StoredImage) -> None:
        """Add an image or a placeholder, or replace the one of this name."""
        if image.is_placeholder:
            self._placeholders[filename] = image
            return
        numbers = _NUMBERS.pack(
            image.size,
            image.width,
            image.height,
            image.prompt_digest or 0,
            image.run_countdown_ms or 0,
            int(image.style or "0", 16),
            image.dhash or 0,
            image.dhash is not None,
            image.has_thumbnail,
            image.round or 0,
        )
        self._packed[filename] = numbers + bytes.fromhex(image.sha256)

    def find(self, filename: str) -> StoredImage | None:
        """Return the validated image of this name, or None."""
        packed = self._packed.get(filename)
        if packed is None:
            return None
        numbers = _NUMBERS.unpack_from(packed)
        size, width, height, prompt, countdown, style, dhash, has_dhash, has_thumbnail, round_ = numbers
        return StoredImage(
            size,
            width,
            height,
            packed[_NUMBERS.size :].hex(),
            dhash if has_dhash else None,
            has_thumbnail,
            round=round_ or None,
            prompt_digest=prompt or None,
            run_countdown_ms=countdown or None,
            style=f"{style:016x}" if style else None,
            variants=tuple(self.list_variants(filename)),
        )

    def find_placeholder(self, filename: str) -> StoredImage | None:
        """Return the placeholder of this name, or None."""
        return self._placeholders.get(filename)

    def list_placeholders(self) -> list[str]:
        """Return the file names of the placeholders."""
        return list(self._placeholders)

    def __contains__(self, filename: str) -> bool:
        return filename in self._packed

    def __iter__(self) -> Iterator[str]:
        """Yield the file names of the images; images may be replaced during the iteration, but not added."""
        return iter(self._packed)


def describe_stored_image(info: FileInfo) -> StoredImage | None:
    """Return the image or placeholder that a file is, or None if its metadata is incomplete."""
    metadata = read_stored_metadata(info)
    if metadata is None:
        return None
    is_placeholder = metadata.placeholder_reason is not None
    return StoredImage(
        info.size,
        metadata.width,
        metadata.height,
        metadata.sha256,
        None if is_placeholder else metadata.dhash,
        is_placeholder=is_placeholder,
        round=metadata.round,
        prompt_digest=metadata.prompt_digest,
        run_countdown_ms=_parse_countdown(metadata.run_id),
        style=metadata.style,
    )


def _parse_countdown(run_id: str) -> int | None:
    return paths.parse_inverted_time(run_id) if re.fullmatch(r"\d{1,15}-.*", run_id) else None
