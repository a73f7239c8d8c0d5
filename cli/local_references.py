"""Style references in flags. Files of this machine are copied or uploaded to where the run reads them."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.app_client import AppClient
from cli.errors import WrongUsageError
from shared.config import Settings
from shared.inputs.upload import INPUT_TYPE, MAX_INPUT_BYTES
from shared.runs.request import INPUT_PATH_PATTERN, MAX_STYLE_REFERENCES, MAX_TRIAL_IMAGES
from shared.services.container import build_store
from shared.storage import paths

MAX_NAME_CHARACTERS = 80

FIRST_APPROVED = "first-approved"
DEFAULT_TRIAL_IMAGES = 4


@dataclass(frozen=True, slots=True)
class LocalReferences:
    """The style references of a command.

    Attributes:
        paths: where the run reads them, in the order given; the name of a file of this machine holds a digest of its
            content, so that files do not replace each other.
        contents: the files of this machine, by path.
        first_approved: the number of trial images that a person approves; None = the references are named.
    """

    paths: Sequence[str]
    contents: Mapping[str, bytes]
    first_approved: int | None = None

    def apply_to(self, flags: Mapping[str, Any]) -> dict[str, Any]:
        """Return flags with the references as the request has them."""
        if self.first_approved is not None:
            return {**flags, "style_reference": {"firstApproved": self.first_approved}}
        return {**flags, "style_reference": {"images": list(self.paths)}} if self.paths else dict(flags)

    async def copy_to_store(self, settings: Settings) -> None:
        """Copy the files into the store of the settings, unless they are there.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        store = build_store(settings)
        try:
            for path, data in self.contents.items():
                if await store.describe(path) is None:
                    await store.write(path, data, content_type=INPUT_TYPE)
        finally:
            await store.close()

    async def upload(self, client: AppClient) -> None:
        """Upload the files to a deployed app."""
        for path, data in self.contents.items():
            await client.put_input(path, data)


def find_references(flags: Mapping[str, Any]) -> LocalReferences:
    """Read the style references in the flags.

    Raises:
        WrongUsageError: a file cannot be read, is too large or cannot be used as an image, there are too many, or
            first-approved is not used alone.
    """
    references: Sequence[str] = flags.get("style_reference") or ()
    counts = [one.partition(":") for one in references if re.fullmatch(rf"{FIRST_APPROVED}(:.*)?", one)]
    if counts:
        return LocalReferences((), {}, _read_first_approved(references, counts[0][2]))
    if len(references) > MAX_STYLE_REFERENCES:
        raise WrongUsageError(f"--style-reference: {len(references)} images; expected at most {MAX_STYLE_REFERENCES}")
    found: list[str] = []
    contents: dict[str, bytes] = {}
    for given in references:
        file = Path(given)
        if not file.is_file() and re.fullmatch(INPUT_PATH_PATTERN, given):
            found.append(given)
            continue
        data = _read(file, given)
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", file.name)[-MAX_NAME_CHARACTERS:].rstrip(".")
        path = paths.input_file(f"{hashlib.sha256(data).hexdigest()[:12]}-{name}")
        found.append(path)
        contents[path] = data
    return LocalReferences(tuple(found), contents)


def _read_first_approved(references: Sequence[str], count: str) -> int:
    """Return the number of trial images."""
    if len(references) > 1:
        raise WrongUsageError(
            f"--style-reference: {FIRST_APPROVED} is given with another value; expected it alone, or files"
        )
    if references[0] == FIRST_APPROVED:
        return DEFAULT_TRIAL_IMAGES
    if not (count.isascii() and count.isdecimal() and 1 <= int(count) <= MAX_TRIAL_IMAGES):
        raise WrongUsageError(
            f"--style-reference: {references[0][:40]!r}; expected {FIRST_APPROVED}:N with N from 1 to "
            f"{MAX_TRIAL_IMAGES}"
        )
    return int(count)


def _read(file: Path, given: str) -> bytes:
    """Return the content of an image, which is checked before it is copied or uploaded."""
    from shared.rendering.inspect_image import (  # noqa: PLC0415 - slow to import, and few commands have references
        MAX_PHOTO_SIDE_PIXELS,
        BadImageError,
        inspect_image,
    )

    try:
        if file.stat().st_size > MAX_INPUT_BYTES:
            raise WrongUsageError(f"--style-reference: {given} is larger than {MAX_INPUT_BYTES:,} bytes")
        data = file.read_bytes()
    except OSError as error:
        raise WrongUsageError(
            f"--style-reference: {given or repr(given)} cannot be read: {error.strerror or error}; expected an image "
            f"file, inputs/NAME in the store, or {FIRST_APPROVED}:N"
        ) from error
    try:
        inspect_image(data, MAX_PHOTO_SIDE_PIXELS)
    except BadImageError as error:
        raise WrongUsageError(f"--style-reference: {given} cannot be used: {error}") from error
    return data
