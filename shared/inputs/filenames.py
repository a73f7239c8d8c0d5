"""File names derived from ids: unchanged if possible, else made safe."""

import hashlib
import re
import unicodedata
from typing import Final

from shared.runs.request import RESERVED_NAMES
from shared.text.digest_table import DigestTable, hash_text

MAX_STEM_CHARACTERS: Final = 59
"""With ``.jpeg`` 64 characters, the importer's limit."""

KEPT_CHARACTERS, DIGEST_CHARACTERS = 40, 12
IMAGE_ENDINGS: Final = {".png": ".png", ".jpg": ".jpg", ".jpeg": ".jpeg"}
"""Endings of given file names that are kept: the formats that image models return."""

_LIST: Final = re.compile(r"\s*[,;|]\s*(?=https?:)|\s*[,;|]\s+|(?<=\.png|\.jpg|jpeg)[,;|]", re.IGNORECASE)
"""Separates several images of one product."""

_SAFE: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?")


class FileNames:
    """Assigns file names that are distinct, also in a file system that ignores case."""

    def __init__(self) -> None:
        self._taken = DigestTable()

    def take(self, stem: str) -> None:
        """Mark a stem as taken."""
        self._taken.put(hash_text(stem.casefold()))

    def choose_stem(self, source_id: str) -> str:
        """Return the stem for an id, and take it: the id itself if it is a valid, free file name.

        An id that is a path, is too long, or differs from another one only in case gets a digest at its end.
        """
        stem = source_id if _is_safe(source_id) and not self._is_taken(source_id) else _make_safe(source_id)
        self.take(stem)
        return stem

    def choose_filename(self, given: str, stem: str, ending: str) -> str:
        """Return the file name of an image, and take it: the given one if it can be kept.

        Args:
            given: the image in the input: a file name, a path or a URL, whose last part counts; the first one of a
                list.
            stem: of the item.
            ending: for images without a name of their own, such as ``.png``.
        """
        first = _LIST.split(given, maxsplit=1)[0]
        name = re.split(r"[/\\]", re.split(r"[?#]", first, maxsplit=1)[0])[-1].strip()
        kept, dot, _ = name.rpartition(".")
        kept_ending = name[len(kept) :] if dot else ""
        if not _is_safe(kept) or kept_ending.lower() not in IMAGE_ENDINGS:
            return stem + ending
        if kept.casefold() != stem.casefold():
            if self._is_taken(kept):
                return stem + ending
            self.take(kept)
        return name

    def _is_taken(self, stem: str) -> bool:
        return hash_text(stem.casefold()) in self._taken


def _is_safe(name: str) -> bool:
    return (
        len(name) <= MAX_STEM_CHARACTERS
        and _SAFE.fullmatch(name) is not None
        and name.partition(".")[0].casefold() not in RESERVED_NAMES
    )


def _make_safe(source_id: str) -> str:
    ascii_id = unicodedata.normalize("NFKD", source_id).encode("ascii", "ignore").decode()
    kept = re.sub(r"[^A-Za-z0-9]+", "-", ascii_id)[:KEPT_CHARACTERS].strip("-") or "item"
    digest = hashlib.sha256(source_id.encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST_CHARACTERS]
    return f"{kept}-{digest}"
