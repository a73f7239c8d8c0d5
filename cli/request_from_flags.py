"""Builds the body of a request from flags, and validates it before anything starts."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from cli.errors import WrongUsageError
from cli.request_options import describe_problems
from shared.catalog.theme import Theme
from shared.config import RequestDefaults
from shared.images.variant_spec import parse_image_variant
from shared.runs.request import SeedRequest, describe_validation_error


def make_body(flags: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON data of a request; flags that are not set are absent, so that the app's defaults apply.

    Args:
        flags: values by parameter name; ``theme`` is a file, ``map`` a list of ``FIELD=COLUMN``, ``image_variant`` one
            of ``WIDTH:FORMAT``, ``style_reference`` as the request has it, and names that start with ``refine_`` are
            fields of ``refine``.

    Raises:
        WrongUsageError: the file of the theme or the map cannot be used, or a score is set without refinement.
    """
    given = {to_camel(name): value for name, value in flags.items() if value is not None}
    if refine := _pop_refine(given):
        given["refine"] = refine
    if "theme" in given:
        given["theme"] = read_theme(given["theme"])
    if mapping_flags := given.pop("map", None):
        given["fieldMapping"] = read_map(mapping_flags)
    if variant_flags := given.pop("imageVariant", None):
        given["imageVariants"] = _read_image_variants(variant_flags)
    return given


def _pop_refine(given: dict[str, Any]) -> dict[str, Any]:
    """Remove the flags of refinement from the values, and return them as one object."""
    flags = {"iterations": "refineIterations", "acceptScore": "refineAcceptScore"}
    refine = {field: given.pop(name) for field, name in flags.items() if name in given}
    if "acceptScore" in refine and not refine.get("iterations"):
        raise WrongUsageError("--refine-accept-score requires --refine-iterations 1 to 3")
    return refine


def read_map(mapping_flags: Sequence[str]) -> dict[str, str]:
    """Return the columns by field.

    Raises:
        WrongUsageError: one is not ``FIELD=COLUMN``.
    """
    pairs = {}
    for one in mapping_flags:
        field, sign, column = one.partition("=")
        if not sign or not field.strip():
            raise WrongUsageError(f"--map: {one[:60]!r}; expected FIELD=COLUMN, such as name=title")
        pairs[field.strip()] = column.strip()
    return pairs


def _read_image_variants(variant_flags: Sequence[str]) -> list[dict[str, Any]]:
    """Return the image variants of flags.

    Raises:
        WrongUsageError: one is not ``WIDTH:FORMAT`` or ``WIDTH:FORMAT:QUALITY``.
    """
    try:
        return [parse_image_variant(one) for one in variant_flags]
    except ValueError as error:
        raise WrongUsageError(f"--image-variant: {error}") from error


def read_theme(path: Path) -> dict[str, Any]:
    """Return the JSON object in the file of a theme.

    Raises:
        WrongUsageError: the file cannot be read, or is not a theme.
    """
    try:
        theme = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise WrongUsageError(f"--theme: {path} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise WrongUsageError(f"--theme: {path} is not valid JSON: {error}") from error
    if not isinstance(theme, dict):
        raise WrongUsageError(f"--theme: {path} holds {type(theme).__name__}; expected a JSON object")
    try:
        Theme.model_validate(theme)
    except ValidationError as error:
        problems = describe_validation_error(error)
        lines = (f"--theme: {path}: {problem['field']}: {problem['message']}" for problem in problems)
        raise WrongUsageError("\n".join(lines)) from error
    return theme


def check_request(body: dict[str, Any], defaults: RequestDefaults) -> SeedRequest:
    """Return the request as the app reads it.

    Raises:
        WrongUsageError: the app would refuse it; one line per problem.
    """
    try:
        return SeedRequest.model_validate(defaults.apply_to(body))
    except ValidationError as error:
        raise WrongUsageError(describe_problems(describe_validation_error(error))) from error
