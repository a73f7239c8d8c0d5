"""Options of the request, generated from `SeedRequest`: each field is a flag with the same name in kebab-case."""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import typer
from pydantic.fields import FieldInfo

from cli.options import Command, replace_parameter
from shared.images.refinement_policy import Refinement
from shared.runs.request import WHOLE_REQUEST, SeedRequest

REPAIR_FIELDS = (
    "parallel_image_requests",
    "image_requests_per_minute",
    "max_retries",
    "pause_on_block",
    "pause_limit_minutes",
    "max_cost_usd",
    "accept_estimate",
    "image_mode",
)
"""Fields that ``seeder repair`` and ``seeder regenerate`` can override."""

FLAG_BY_FIELD = {
    "fieldMapping": "--map",
    "imageVariants": "--image-variant",
    "imagePrompts": "--prompt",
    "productIds": "--product-id",
    "refine": "--refine-iterations",
}
"""Flags that are not the name of their field in kebab-case."""

GROUPED_FIELDS = frozenset({"refine"})
"""Fields whose own fields have a flag each."""

BOOLEAN_ALIASES = {"dry_run": ("--skip-images/--no-skip-images",), "validate_items": (" /--no-validate",)}
CHOICES = frozenset({"source", "prompt_writer"})
"""Fields whose values Typer checks, because the command reads them before the request is validated."""

METAVARS = {"image_size": "WxH", "image_base_url": "URL", "max_cost_usd": "USD", "catalog": "NAME"}


@dataclass(frozen=True, slots=True)
class _FileOption:
    """A field that the command line takes in another form."""

    parameter: str
    annotation: Any
    metavar: str
    help: str


OTHER_FORMS = {
    "theme": _FileOption(
        "theme",
        Path,
        "FILE",
        "JSON file: subject, openings, tail, forbiddenWords, promptTemplate and style of the catalog.",
    ),
    "input": _FileOption(
        "input", str, "FILE", "JSON array, JSON Lines, CSV or TSV file with the rows; or inputs/NAME in the store."
    ),
    "image_variants": _FileOption(
        "image_variant",
        list[str],
        "WIDTH:FORMAT",
        "Copy of each image in another size and format, such as 640:webp or 320:avif:60 with a quality. Repeatable.",
    ),
    "style_reference": _FileOption(
        "style_reference",
        list[str],
        "FILE",
        "Image whose look every new image is to have: PNG, JPEG or WebP; or inputs/NAME in the store. Up to 4, "
        "repeatable. Or first-approved:N (1-20, default 4): a person approves some of the first N images.",
    ),
    "field_mapping": _FileOption(
        "map", list[str], "FIELD=COLUMN", f"{SeedRequest.model_fields['field_mapping'].description} Repeatable."
    ),
}


def take_request_options(fields: Sequence[str] | None = None) -> Callable[[Command], Command]:
    """Replace a command's parameter ``flags`` by options for fields of the request.

    Args:
        fields: names of fields; None = all but ``catalog``.
    """
    names = fields or [name for name in SeedRequest.model_fields if name != "catalog"]
    options = [option for name in names for option in _make_options(name)]
    return lambda command: replace_parameter(command, "flags", options, dict)


def make_option(name: str) -> inspect.Parameter:
    """Return the option of one field."""
    (option,) = _make_options(name)
    return option


def describe_problems(problems: Iterable[Mapping[str, str]]) -> str:
    """Return one line per problem, with flags in place of field names.

    Args:
        problems: ``{field, message}`` as in problem documents.
    """
    return "\n".join(
        problem["message"]
        if problem["field"] == WHOLE_REQUEST
        else f"{format_flag(problem['field'])}: {problem['message']}"
        for problem in problems
    )


def format_flag(field: str) -> str:
    """Return the flag of a field of the request; for a field in a file, the flag and the field."""
    name, _, inner = field.partition(".")
    if name in GROUPED_FIELDS and inner:
        return f"--{_to_kebab_case(name)}-{_to_kebab_case(inner)}"
    flag = FLAG_BY_FIELD.get(name) or f"--{_to_kebab_case(name)}"
    return f"{flag}: {inner}" if inner else flag


def _make_options(name: str) -> list[inspect.Parameter]:
    field = SeedRequest.model_fields[name]
    if name == "refine":
        return [_make_parameter(f"refine_{inner}", info) for inner, info in Refinement.model_fields.items()]
    if (other := OTHER_FORMS.get(name)) is not None:
        option = typer.Option(metavar=other.metavar, help=other.help)
        return [_make_keyword(other.parameter, Annotated[other.annotation | None, option])]
    return [_make_parameter(name, field)]


def _make_parameter(name: str, field: FieldInfo) -> inspect.Parameter:
    annotation, flag = _strip_optional(field.annotation), f"--{name.replace('_', '-')}"
    if annotation is bool:
        flags = (f"{flag}/--no-{flag.removeprefix('--')}", *BOOLEAN_ALIASES.get(name, ()))
        return _make_keyword(name, Annotated[bool | None, typer.Option(*flags, help=_describe(field))])
    metavar: str | None = METAVARS.get(name, "N")
    if get_origin(annotation) is Literal:
        metavar = None if name in CHOICES else "|".join(get_args(annotation))
        annotation = annotation if name in CHOICES else str
    return _make_keyword(name, Annotated[annotation | None, typer.Option(flag, metavar=metavar, help=_describe(field))])


def _make_keyword(name: str, annotation: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=None)


def _strip_optional(annotation: Any) -> Any:
    """Return the type of a field without None and without the constraints of Pydantic."""
    if type(None) in get_args(annotation):
        (annotation,) = (part for part in get_args(annotation) if part is not type(None))
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _describe(field: FieldInfo) -> str:
    """Return a field's description with its range and its default in parentheses."""
    limits = {type(limit).__name__: limit for limit in field.metadata}
    parts = []
    if "Ge" in limits and "Le" in limits:
        parts.append(f"{limits['Ge'].ge}-{limits['Le'].le}")
    if field.default is True:
        parts.append("default")
    elif isinstance(field.default, int | str) and field.default is not False:
        parts.append(f"default {field.default}")
    suffix = f" ({', '.join(parts)})" if parts else ""
    return f"{str(field.description).removesuffix('.')}{suffix}."


def _to_kebab_case(name: str) -> str:
    return re.sub(r"(?=[A-Z])", "-", name).lower()
