"""The pictures of a catalog, known by their facts and held so that 50,000 of them take little memory."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from struct import Struct
from typing import Final

from shared.domain import paths
from shared.ports import FileInfo, Store

_NUMBERS: Final = Struct("<QQQ")  # size, width, height; the digest follows


@dataclass(frozen=True, slots=True)
class Picture:
    """A validated picture: ``size`` in bytes, ``width`` and ``height`` in pixels, ``sha256`` in hex."""

    size: int
    width: int
    height: int
    sha256: str


class PictureTable:
    """The validated pictures of a catalog by file name: about 250 bytes each, 100 of them for the name."""

    def __init__(self) -> None:
        self._packed: dict[str, bytes] = {}

    def add(self, filename: str, picture: Picture) -> None:
        """Keep a picture."""
        numbers = _NUMBERS.pack(picture.size, picture.width, picture.height)
        self._packed[filename] = numbers + bytes.fromhex(picture.sha256)

    def find(self, filename: str) -> Picture | None:
        """Return the picture of this name, or None if there is none that was validated."""
        packed = self._packed.get(filename)
        if packed is None:
            return None
        size, width, height = _NUMBERS.unpack_from(packed)
        return Picture(size, width, height, packed[_NUMBERS.size :].hex())

    def __contains__(self, filename: str) -> bool:
        return filename in self._packed


def describe_stored_picture(info: FileInfo) -> Picture | None:
    """Return what a stored picture's facts say of it; None if it was not validated: only then it has all of them."""
    facts = info.facts
    try:
        width, height, digest = int(facts["width"]), int(facts["height"]), bytes.fromhex(facts["sha256"])
    except (KeyError, ValueError):
        return None
    return Picture(info.size, width, height, digest.hex()) if min(info.size, width, height) > 0 else None


async def list_pictures(store: Store, catalog: str) -> PictureTable:
    """Return the validated pictures that are in the store."""
    table = PictureTable()
    async for filename, info in iterate_stored_pictures(store, catalog):
        picture = describe_stored_picture(info)
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
