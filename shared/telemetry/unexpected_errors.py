"""Replace errors that are not ours: their messages may quote a prompt, a text of an item or an address.

The Functions host writes the message and the traceback of each error that a function raises to ``AppExceptions``.
"""

import sys
from pathlib import Path
from types import TracebackType

from shared.errors import CatalogSeederError

ROOT = Path(__file__).resolve().parents[2]
MAX_FRAMES = 4


class UnexpectedError(Exception):
    """Replaces an error of a library or of Python; holds its type, and where it was raised."""


def describe_error(error: BaseException) -> str:
    """Return an error's type and its innermost frames in this app, such as ``KeyError at shared/config.py:31``."""
    places = _find_frames(error.__traceback__)
    return f"{type(error).__name__} at {' < '.join(places)}" if places else type(error).__name__


def redact_error(error: Exception) -> Exception:
    """Return the error to raise: our own without its causes, and an UnexpectedError for any other one."""
    if not isinstance(error, CatalogSeederError | UnexpectedError):
        return UnexpectedError(describe_error(error))
    error.__cause__ = error.__context__ = None
    return error


def _find_frames(traceback: TracebackType | None) -> list[str]:
    places = []
    while traceback is not None:
        path = Path(traceback.tb_frame.f_code.co_filename)
        if path.is_relative_to(ROOT) and not path.is_relative_to(sys.prefix):
            places.append(f"{path.relative_to(ROOT).as_posix()}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    return places[: -MAX_FRAMES - 1 : -1]
