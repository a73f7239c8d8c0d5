"""``seeder gallery``: write a catalog as one HTML file."""
# ruff: noqa: PLC0415 - see cli.commands

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.text import Text

from cli.command_context import CommandContext, CommandResult, open_context
from cli.command_target import CommandTarget
from cli.errors import ExitStatus
from cli.options import JsonOption, take_target

if TYPE_CHECKING:
    from cli.gallery.sources import GallerySource
    from cli.gallery.write import WrittenGallery
    from shared.config import Settings


@take_target()
def gallery(
    context: typer.Context,
    catalog: Annotated[str, typer.Argument(metavar="CATALOG", help="Name of the catalog.")],
    *,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="HTML file (default CATALOG-gallery.html).", show_default=False),
    ] = None,
    only: Annotated[
        Literal["approved"] | None, typer.Option(help="Leave out items that are not approved.", show_default=False)
    ] = None,
    max_images: Annotated[
        int | None,
        typer.Option(min=0, help="Maximum number of images in the file; further items have none.", show_default=False),
    ] = None,
    target: CommandTarget,
    as_json: JsonOption = False,
) -> CommandResult:
    """Write a catalog as one HTML file, to mail or to attach to a pull request.

    The page has thumbnails, search, categories, descriptions, prompts, scores and decisions inside, and loads nothing.
    """
    command = open_context(context, catalog, as_json)
    from cli.gallery.page import format_bytes
    from cli.gallery.write import advise_on_size
    from cli.review_page import check_catalog_name
    from cli.run_output import print_rows, shorten_path

    check_catalog_name(catalog)
    file = output or Path(f"{catalog}-gallery.html")
    written = _write_file(command, target, catalog, file, only_approved=only is not None, max_images=max_images)
    document = {
        "catalog": catalog,
        "items": written.items,
        "images": written.images,
        "bytes": written.bytes,
        "gallery": str(file.absolute()),
        "error": None,
    }
    size = format_bytes(written.bytes)
    rows = [
        ("catalog", Text(catalog, style="bold")),
        ("items", Text(f"{written.items:,}, {written.images:,} with an image")),
        ("gallery", Text(f"{shorten_path(str(file.absolute()))}, {size}")),
    ]
    if advice := advise_on_size(written):
        rows.append(("note", Text(advice, style="yellow")))
    return CommandResult(ExitStatus.DONE, document, lambda console: print_rows(console, rows))


def _write_file(
    command: CommandContext,
    target: CommandTarget,
    catalog: str,
    file: Path,
    *,
    only_approved: bool,
    max_images: int | None,
) -> "WrittenGallery":
    from cli.app_client import open_client
    from cli.command_settings import begin_command
    from cli.gallery.sources import AppSource, StoreSource
    from cli.gallery.write import write_gallery
    from cli.interrupts import run_interruptibly
    from cli.review_page import check_catalog_exists
    from shared.services.container import get_services, use_settings

    settings = begin_command(command, target)

    async def write(source: "GallerySource") -> "WrittenGallery":
        return await write_gallery(source, catalog, file, only_approved=only_approved, max_images=max_images)

    async def write_from_store(settings: "Settings") -> "WrittenGallery":
        await use_settings(settings)
        try:
            services = get_services()
            await check_catalog_exists(services.store, catalog, settings.store)
            return await write(StoreSource(services, catalog))
        finally:
            await use_settings(None)

    async def write_from_app(settings: "Settings") -> "WrittenGallery":
        async with open_client(target.origin, settings.functions_key) as client:
            return await write(AppSource(client, catalog))

    return run_interruptibly(lambda: (write_from_store if target.url is None else write_from_app)(settings))
