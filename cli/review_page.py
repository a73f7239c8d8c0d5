"""The review page: its address, the port that it is served from, and the browser that shows it."""

import contextlib
import os
import re
import socket
import sys
import threading
import webbrowser
from typing import TYPE_CHECKING
from urllib.parse import quote

from cli.errors import CliError, WrongUsageError
from cli.options import DEFAULT_PORT
from shared.config import StoreSettings
from shared.errors import CatalogSeederError
from shared.runs.request import CATALOG_NAME_PATTERN
from shared.storage.protocol import Store

if TYPE_CHECKING:
    from cli.local_app import LocalApp

LOOPBACK = "127.0.0.1"
MAX_LISTED_CATALOGS = 10
DISPLAY_VARIABLES = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
"""Environment variables of which one is set where a browser can open a window on Linux."""


def make_page_url(origin: str, catalog: str | None) -> str:
    """Return the address of the review page: of a catalog's images, or of the list of catalogs.

    The part after ``#`` stays in the browser; the function key is never part of an address.
    """
    path = "" if catalog is None else f"catalogs/{quote(catalog, safe='')}/review"
    return f"{origin}/api/review/#/{path}"


def choose_port(requested: int | None) -> int:
    """Return the port to listen on: the requested one, the default port, or 0 (any free port) if that is taken."""
    if requested is not None:
        return requested
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name == "posix":  # elsewhere the option would let two programs share the port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, DEFAULT_PORT))
        except OSError:
            return 0
    return DEFAULT_PORT


def check_catalog_name(catalog: str) -> None:
    """Raise an error unless a text can be the name of a catalog.

    Raises:
        WrongUsageError: it cannot.
    """
    if re.fullmatch(CATALOG_NAME_PATTERN, catalog) is None:
        raise WrongUsageError(
            f"{catalog[:60]!r} is not a catalog name; expected 2 to 39 lower-case letters and digits with single "
            "hyphens between them"
        )


async def read_catalog_ahead(app: "LocalApp", catalog: str) -> None:
    """Read a catalog before the page asks for it, so that a large one opens at once.

    An error is left to the page's own call, which reports it.
    """
    with contextlib.suppress(CatalogSeederError):
        await app.services.catalog_indexes.load(catalog)


async def check_catalog_exists(store: Store, catalog: str, settings: StoreSettings) -> None:
    """Raise an error unless the store has a catalog.

    Args:
        store: the store.
        catalog: name of the catalog.
        settings: of the store.

    Raises:
        CliError: the catalog does not exist.
        StoreUnavailableError: the store does not answer.
    """
    if (await store.list_folders(f"catalogs/{catalog}/", limit=1)).names:
        return
    known = await store.list_folders("catalogs/", limit=MAX_LISTED_CATALOGS)
    names = ", ".join(known.names) + (", ..." if known.continuation else "")
    there = f"it has {names}" if names else f"create it with 'seeder run --catalog {catalog}'"
    place, advice = "Blob Storage", ""
    if settings.kind == "folder":
        place, advice = f"folder {settings.folder}", "; --output-dir names another folder"
    raise CliError(f"catalog {catalog!r} does not exist in {place}; {there}{advice}", reason="unknown_catalog")


def open_browser(url: str) -> None:
    """Show a page in the browser of this machine, if it has one that opens windows; never waits for it."""
    has_display = sys.platform in {"win32", "darwin"} or any(os.environ.get(name) for name in DISPLAY_VARIABLES)
    if has_display:  # else the browser may be one for terminals, which would take the terminal of this command
        threading.Thread(target=_open, args=(url,), daemon=True).start()


def _open(url: str) -> None:
    try:
        webbrowser.open(url, new=2)
    except webbrowser.Error:
        return  # the command has printed the address
