"""The pictures of a catalog, known by their facts and held so that 50,000 of them take little memory."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from struct import Struct
from typing import Final

from shared.domain import paths
from shared.domain.sources.digests import hash_text
from shared.ports import FileInfo, Store

_NUMBERS: Final = Struct("<QQQQQQ??B")
"""Size, width, height, prompt or 0, maker_ms or 0, dhash, whether it is known, has_thumbnail, iteration or 0; the
digest follows."""

_DHASH_BYTES: Final = 8
_MOST_ITERATIONS: Final = 255

PROMPT_FACT: Final = "prompt"
"""The fact that identifies the prompt an image is from: a digest, since facts of a blob have little room."""

PLACEHOLDER_FACT: Final = "placeholder"
"""The fact that a placeholder has and no picture: for what reason there is no picture."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A validated picture.

    Attributes:
        size: in bytes.
        width: in pixels.
        height: in pixels.
        sha256: of the file, in hex.
        dhash: what it looks like, 64 bits; None of one that was made before 0.3.0 and has no thumbnail.
        has_thumbnail: whether there is one that was made of this very file.
        is_placeholder: drawn in place of one that was refused: to be published, and never counted as a picture.
        iteration: which of the pictures that were drawn of the item and looked at, from 1; None = nobody looked at it.
        prompt: ``hash_text`` of the prompt that it is from; None of one that was generated before 0.4.0.
        maker_ms: when the run that generated it began, as its id counts (``paths.read_countdown``); None = not by us.
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
    maker_ms: int | None = None


class PictureTable:
    """The validated pictures of a catalog by file name: about 280 bytes each, 100 of them for the name.

    Placeholders are kept apart: whoever does not ask for them sees none.
    """

    def __init__(self) -> None:
        self._packed: dict[str, bytes] = {}
        self._placeholders: dict[str, Picture] = {}

    def add(self, filename: str, picture: Picture) -> None:
        """Keep a picture, in place of one of this name."""
        if picture.is_placeholder:
            self._placeholders[filename] = picture
            return
        numbers = _NUMBERS.pack(
            picture.size,
            picture.width,
            picture.height,
            picture.prompt or 0,
            picture.maker_ms or 0,
            picture.dhash or 0,
            picture.dhash is not None,
            picture.has_thumbnail,
            picture.iteration or 0,
        )
        self._packed[filename] = numbers + bytes.fromhex(picture.sha256)

    def find(self, filename: str) -> Picture | None:
        """Return the picture of this name, or None if there is none that was validated."""
        packed = self._packed.get(filename)
        if packed is None:
            return None
        size, width, height, prompt, maker_ms, dhash, is_known, has_thumbnail, iteration = _NUMBERS.unpack_from(packed)
        digest, known_dhash = packed[_NUMBERS.size :].hex(), dhash if is_known else None
        return Picture(
            size,
            width,
            height,
            digest,
            known_dhash,
            has_thumbnail,
            iteration=iteration or None,
            prompt=prompt or None,
            maker_ms=maker_ms or None,
        )

    def find_placeholder(self, filename: str) -> Picture | None:
        """Return the placeholder of this name, or None if there is none."""
        return self._placeholders.get(filename)

    def list_placeholders(self) -> list[str]:
        """Return the file names of the placeholders."""
        return list(self._placeholders)

    def __contains__(self, filename: str) -> bool:
        return filename in self._packed

    def __iter__(self) -> Iterator[str]:
        """Yield the file names; a picture may be replaced meanwhile, but none added."""
        return iter(self._packed)


def describe_stored_picture(info: FileInfo) -> Picture | None:
    """Return what a stored picture's facts say of it; None if it was not validated: only then it has all of them.

    A placeholder is no picture.
    """
    return None if is_placeholder(info) else _describe(info)


def describe_stored_placeholder(info: FileInfo) -> Picture | None:
    """Return what a stored placeholder's facts say of it; None of anything else."""
    picture = _describe(info) if is_placeholder(info) else None
    return None if picture is None else replace(picture, dhash=None, is_placeholder=True)


def is_placeholder(info: FileInfo) -> bool:
    """Tell whether a stored file says that it is drawn in place of a picture that was refused."""
    return PLACEHOLDER_FACT in info.facts


def _describe(info: FileInfo) -> Picture | None:
    facts = info.facts
    try:
        width, height, digest = int(facts["width"]), int(facts["height"]), bytes.fromhex(facts["sha256"])
    except (KeyError, ValueError):
        return None
    if min(info.size, width, height) <= 0:
        return None
    return Picture(
        info.size,
        width,
        height,
        digest.hex(),
        read_dhash(info),
        iteration=_read_iteration(info),
        prompt=_read_prompt(info),
        maker_ms=_read_maker(info),
    )


def read_dhash(info: FileInfo) -> int | None:
    """Return the perceptual hash among a file's facts, or None if it has none."""
    try:
        dhash = bytes.fromhex(info.facts["dhash"])
    except (KeyError, ValueError):
        return None
    return int.from_bytes(dhash) if len(dhash) == _DHASH_BYTES else None


def _read_iteration(info: FileInfo) -> int | None:
    """Return which picture of its item this one is, among its facts, or None if they do not tell."""
    told = info.facts.get("iteration", "")
    number = int(told) if told.isascii() and told.isdecimal() else 0
    return number if 0 < number <= _MOST_ITERATIONS else None


def format_digest(prompt: str) -> str:
    """Return what a file's facts have of the prompt that it is from."""
    return f"{hash_text(prompt):016x}"


def _read_prompt(info: FileInfo) -> int | None:
    digest = info.facts.get(PROMPT_FACT, "")
    return int(digest, 16) if re.fullmatch("[0-9a-f]{16}", digest) else None


def _read_maker(info: FileInfo) -> int | None:
    run_id = info.facts.get("run_id", "")
    return paths.read_countdown(run_id) if re.fullmatch(r"\d{1,15}-.*", run_id) else None


async def list_pictures(store: Store, catalog: str) -> PictureTable:
    """Return the validated pictures that are in the store, and apart from them the placeholders."""
    table = PictureTable()
    async for filename, info in iterate_stored_pictures(store, catalog):
        picture = describe_stored_picture(info) or describe_stored_placeholder(info)
        if picture is not None:
            table.add(filename, picture)
    return table


async def list_makers(store: Store, catalog: str) -> dict[str, str]:
    """Return the validated pictures that are in the store by file name, and the run that made each ("": none of ours).

    It takes about 150 bytes a picture.
    """
    makers: dict[str, str] = {}
    runs: dict[str, str] = {}  # one string for all pictures of a run
    async for filename, info in iterate_stored_pictures(store, catalog):
        if describe_stored_picture(info) is not None:
            run_id = info.facts.get("run_id", "")
            makers[filename] = runs.setdefault(run_id, run_id)
    return makers


async def iterate_stored_pictures(store: Store, catalog: str) -> AsyncIterator[tuple[str, FileInfo]]:
    """Yield all that is in a catalog's picture folder, validated or not: file name, and what the store knows of it."""
    prefix = paths.image_folder(catalog)
    async for info in store.list_files(prefix):
        yield info.path.removeprefix(prefix), info
