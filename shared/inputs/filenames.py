"""File names that follow from ids: as they are where they can be file names, made safe where they cannot."""

import hashlib
import re
import unicodedata
from typing import Final

from shared.runs.request import RESERVED_NAMES
from shared.text.digest_table import DigestTable, hash_text

MAX_STEM_CHARACTERS: Final = 59
"""With ``.jpeg`` 64, which is what the importer has room for."""

KEPT_CHARACTERS, DIGEST_CHARACTERS = 40, 12
IMAGE_ENDINGS: Final = {".png": ".png", ".jpg": ".jpg", ".jpeg": ".jpeg"}
"""Endings of file names that are kept: the images that the models make."""

_LIST: Final = re.compile(r"\s*[,;|]\s*(?=https?:)|\s*[,;|]\s+|(?<=\.png|\.jpg|jpeg)[,;|]", re.IGNORECASE)
"""What stands between several images of one product."""

_SAFE: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?")


class FileNames:
    """Gives out names that differ, also where a file system knows no case."""

    def __init__(self) -> None:
        self._taken = DigestTable()

    def take(self, stem: str) -> None:
        """Know that a name is taken."""
        self._taken.put(hash_text(stem.casefold()))

    def choose_stem(self, source_id: str) -> str:
        """Return the stem that an id gets, and take it: the id itself where that can be a file's name and is free.

        An id that is a path, too long, or differs from another one in case only gets a digest of itself at its end.
        """
        stem = source_id if _is_safe(source_id) and not self._is_taken(source_id) else _make_safe(source_id)
        self.take(stem)
        return stem

    def choose_filename(self, given: str, stem: str, ending: str) -> str:
        """Return an image's file name, and take it: the given one where it can be kept.

        Args:
            given: what the input calls the image: a file name, a path or a URL, of which the last part counts; the
                first of several.
            stem: the item's.
            ending: of images without a name of their own, such as ``.png``.
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
