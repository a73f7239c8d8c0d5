"""The images of a catalog, known by their facts and held so that 50,000 of them take little memory."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from struct import Struct
from typing import Final

from shared.inputs.digest_table import hash_text
from shared.storage import paths
from shared.storage.protocol import FileInfo, Store

_NUMBERS: Final = Struct("<QQQQQQ??B")
"""Size, width, height, prompt or 0, run_countdown_ms or 0, dhash, whether it is known, has_thumbnail, iteration or 0.

The digest follows."""

_DHASH_BYTES: Final = 8
_MAX_ROUND_NUMBER: Final = 255

PROMPT_METADATA_KEY: Final = "prompt"
"""The fact that identifies the prompt an image is from: a digest, since facts of a blob have little room."""

PLACEHOLDER_METADATA_KEY: Final = "placeholder"
"""The fact that a placeholder has and no image: for what reason there is no image."""


@dataclass(frozen=True, slots=True)
class ImageMetadata:
    """A validated image.

    Attributes:
        size: in bytes.
        width: in pixels.
        height: in pixels.
        sha256: of the file, in hex.
        dhash: what it looks like, 64 bits; None of one that was made before 0.3.0 and has no thumbnail.
        has_thumbnail: whether there is one that was made of this very file.
        is_placeholder: drawn in place of one that was refused: to be published, and never counted as an image.
        iteration: which of the images that were drawn of the item and looked at, from 1; None = nobody looked at it.
        prompt: ``hash_text`` of the prompt that it is from; None of one that was generated before 0.4.0.
        run_countdown_ms: when the run that generated it began, as its id counts (``paths.parse_inverted_time``); None
        = not by us.
    """

    size: int
    width: int
    height: int
    sha256: str
    dhash: int | None = None
    has_thumbnail: bool = False
    is_placeholder: bool = False
    iteration: int | None = None
    prompt: int | None = None
    run_countdown_ms: int | None = None


class ImageTable:
    """The validated images of a catalog by file name: about 280 bytes each, 100 of them for the name.

    Placeholders are kept apart: whoever does not ask for them sees none.
    """

    def __init__(self) -> None:
        self._packed: dict[str, bytes] = {}
        self._placeholders: dict[str, ImageMetadata] = {}

    def add(self, filename: str, image: ImageMetadata) -> None:
        """Keep an image, in place of one of this name."""
        if image.is_placeholder:
            self._placeholders[filename] = image
            return
        numbers = _NUMBERS.pack(
            image.size,
            image.width,
            image.height,
            image.prompt or 0,
            image.run_countdown_ms or 0,
            image.dhash or 0,
            image.dhash is not None,
            image.has_thumbnail,
            image.iteration or 0,
        )
        self._packed[filename] = numbers + bytes.fromhex(image.sha256)

    def find(self, filename: str) -> ImageMetadata | None:
        """Return the image of this name, or None if there is none that was validated."""
        packed = self._packed.get(filename)
        if packed is None:
            return None
        size, width, height, prompt, run_countdown_ms, dhash, is_known, has_thumbnail, iteration = _NUMBERS.unpack_from(
            packed
        )
        digest, known_dhash = packed[_NUMBERS.size :].hex(), dhash if is_known else None
        return ImageMetadata(
            size,
            width,
            height,
            digest,
            known_dhash,
            has_thumbnail,
            iteration=iteration or None,
            prompt=prompt or None,
            run_countdown_ms=run_countdown_ms or None,
        )

    def find_placeholder(self, filename: str) -> ImageMetadata | None:
        """Return the placeholder of this name, or None if there is none."""
        return self._placeholders.get(filename)

    def list_placeholders(self) -> list[str]:
        """Return the file names of the placeholders."""
        return list(self._placeholders)

    def __contains__(self, filename: str) -> bool:
        return filename in self._packed

    def __iter__(self) -> Iterator[str]:
        """Yield the file names; an image may be replaced meanwhile, but none added."""
        return iter(self._packed)


def read_image_metadata(info: FileInfo) -> ImageMetadata | None:
    """Return what a stored image's facts say of it; None if it was not validated: only then it has all of them.

    A placeholder is no image.
    """
    return None if is_placeholder(info) else _describe(info)


def read_placeholder_metadata(info: FileInfo) -> ImageMetadata | None:
    """Return what a stored placeholder's facts say of it; None of anything else."""
    image = _describe(info) if is_placeholder(info) else None
    return None if image is None else replace(image, dhash=None, is_placeholder=True)


def is_placeholder(info: FileInfo) -> bool:
    """Tell whether a stored file says that it is drawn in place of an image that was refused."""
    return PLACEHOLDER_METADATA_KEY in info.metadata


def _describe(info: FileInfo) -> ImageMetadata | None:
    metadata = info.metadata
    try:
        width, height, digest = int(metadata["width"]), int(metadata["height"]), bytes.fromhex(metadata["sha256"])
    except (KeyError, ValueError):
        return None
    if min(info.size, width, height) <= 0:
        return None
    return ImageMetadata(
        info.size,
        width,
        height,
        digest.hex(),
        read_dhash(info),
        iteration=_read_round(info),
        prompt=_read_prompt_digest(info),
        run_countdown_ms=_read_run_countdown(info),
    )


def read_dhash(info: FileInfo) -> int | None:
    """Return the perceptual hash among a file's facts, or None if it has none."""
    try:
        dhash = bytes.fromhex(info.metadata["dhash"])
    except (KeyError, ValueError):
        return None
    return int.from_bytes(dhash) if len(dhash) == _DHASH_BYTES else None


def _read_round(info: FileInfo) -> int | None:
    """Return which image of its item this one is, among its facts, or None if they do not tell."""
    told = info.metadata.get("iteration", "")
    number = int(told) if told.isascii() and told.isdecimal() else 0
    return number if 0 < number <= _MAX_ROUND_NUMBER else None


def format_prompt_digest(prompt: str) -> str:
    """Return what a file's facts have of the prompt that it is from."""
    return f"{hash_text(prompt):016x}"


def _read_prompt_digest(info: FileInfo) -> int | None:
    digest = info.metadata.get(PROMPT_METADATA_KEY, "")
    return int(digest, 16) if re.fullmatch("[0-9a-f]{16}", digest) else None


def _read_run_countdown(info: FileInfo) -> int | None:
    run_id = info.metadata.get("run_id", "")
    return paths.parse_inverted_time(run_id) if re.fullmatch(r"\d{1,15}-.*", run_id) else None


async def list_image_metadata(store: Store, catalog: str) -> ImageTable:
    """Return the validated images that are in the store, and apart from them the placeholders."""
    table = ImageTable()
    async for filename, info in iterate_stored_images(store, catalog):
        image = read_image_metadata(info) or read_placeholder_metadata(info)
        if image is not None:
            table.add(filename, image)
    return table


async def list_generating_runs(store: Store, catalog: str) -> dict[str, str]:
    """Return the validated images that are in the store by file name, and the run that made each ("": none of ours).

    It takes about 150 bytes an image.
    """
    generating_runs: dict[str, str] = {}
    runs: dict[str, str] = {}  # one string for all images of a run
    async for filename, info in iterate_stored_images(store, catalog):
        if read_image_metadata(info) is not None:
            run_id = info.metadata.get("run_id", "")
            generating_runs[filename] = runs.setdefault(run_id, run_id)
    return generating_runs


async def iterate_stored_images(store: Store, catalog: str) -> AsyncIterator[tuple[str, FileInfo]]:
    """Yield all that is in a catalog's image folder, validated or not: file name, and what the store knows of it."""
    prefix = paths.image_folder(catalog)
    async for info in store.list_files(prefix):
        yield info.path.removeprefix(prefix), info
