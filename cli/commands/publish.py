"""``seeder publish``: publish what reviewers approved, or what a run left for review."""
# ruff: noqa: PLC0415 - see cli.commands

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import typer
from rich.text import Text

from cli.command_context import CommandResult, open_context
from cli.command_target import CommandTarget
from cli.errors import ExitStatus
from cli.offline_simulator import start_simulator
from cli.options import JsonOption, take_catalog, take_target

OnlyOption = Annotated[
    Literal["approved"] | None,
    typer.Option(help="Publish approved items only, instead of all that are not rejected.", show_default=False),
]
PreviewOption = Annotated[
    bool, typer.Option("--preview", help="Print what would be published and what not; change nothing.")
]


@take_catalog
@take_target(simulates=True)
def publish(
    context: typer.Context,
    *,
    catalog: str,
    only: OnlyOption = None,
    preview: PreviewOption = False,
    target: CommandTarget,
    as_json: JsonOption = False,
) -> CommandResult:
    """Publish what reviewers approved, or what a run with --no-publish left for review. Leaves out rejected items."""
    command = open_context(context, catalog, as_json)
    with start_simulator(target) as simulator:
        from cli.call_app import call_app
        from cli.left_out import make_left_out_rows
        from cli.run_output import fill_document, make_output_rows, print_rows

        if preview:
            response = call_app(command, target, simulator, lambda client: client.preview_publishing(catalog, only))
            document = fill_document(
                catalog=catalog, status="Preview", items=response.body["publish"], seconds=response.seconds
            )
            rows = [
                ("preview", Text(f"{response.body['publish']} of {response.body['items']} items would be published")),
                *make_left_out_rows(response.body),
            ]
        else:
            response = call_app(command, target, simulator, lambda client: client.publish(catalog, only))
            body = response.body
            document = fill_document(
                catalog=catalog,
                status="Completed",
                items=body["items"],
                images={"kept": body["images"], "failed": body["missing"]},
                placeholders=body.get("placeholders", 0),  # apps before 0.3.0 do not report it
                seconds=response.seconds,
                outputs=response.locate_outputs(),
            )
            rows = [
                ("published", Text(_describe_published(body))),
                *make_left_out_rows(body),
                *[("note", Text(note, style="yellow")) for note in _describe_incomplete_images(body)],
                *make_output_rows(body["outputs"], response.locate),
            ]
        document |= {"only": response.body.get("only"), "leftOut": response.body.get("leftOut", [])}
        rows = [("catalog", Text(catalog, style="bold")), *rows]
        return CommandResult(ExitStatus.DONE, document, lambda console: print_rows(console, rows))


def _describe_incomplete_images(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what images still lack; an app before 1.1 does not report it."""
    for name, what in (("missingThumbnails", "a thumbnail"), ("missingVariants", "a variant")):
        if body.get(name):
            yield f"images that still lack {what}: {body[name]}; publish again to make more"


def _describe_published(body: Mapping[str, Any]) -> str:
    """Return the counts of what was published; an app before 1.1 does not list what is left out."""
    placeholders = body.get("placeholders", 0)
    replaced = f", {placeholders} placeholders" if placeholders else ""
    missing = 0 if "leftOut" in body else body["missing"] - placeholders
    left_out = f", {missing} left out without an image" if missing else ""
    images = f", {body['images']} images" if body.get("only") is None and not body.get("leftOut") else ""
    return f"{body['items']} items{images}{replaced}{left_out}"
