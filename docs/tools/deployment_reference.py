"""The table of deployment settings, from the parameters of ``infra/main.bicep``."""

import json
import re
from pathlib import Path

from docs.tools.markdown import format_code, format_table

INFRA = Path(__file__).resolve().parents[2] / "infra"

_PARAMETER = re.compile(r"((?:^@[^\n]*\n)+)^param (\w+) (\w+)(?: = ([^\n]*))?$", re.MULTILINE)


def describe_parameters() -> str:
    """Return one row per variable of azd: name, default, range and description."""
    document = json.loads((INFRA / "main.parameters.json").read_text(encoding="utf-8"))
    variables = {name: re.findall(r"\w+", row["value"])[0] for name, row in document["parameters"].items()}
    rows = []
    for decorators, name, _kind, default in _PARAMETER.findall((INFRA / "main.bicep").read_text(encoding="utf-8")):
        (description,) = re.findall(r"^@description\('(.*)'\)$", decorators, re.MULTILINE)
        value = default.strip("'")
        shown = format_code(value) if value else ""
        rows.append((format_code(variables[name]), shown, _find_range(decorators), description.replace("\\'", "'")))
    return format_table(("variable", "default", "range", "meaning"), rows)


def _find_range(decorators: str) -> str:
    limits = [int(number) for number in re.findall(r"^@(?:min|max)Value\((\d+)\)$", decorators, re.MULTILINE)]
    if limits:
        return f"{limits[0]:,} to {limits[1]:,}"
    allowed = re.findall(r"^@allowed\(\[(.*)\]\)$", decorators, re.MULTILINE)
    choices = re.findall(r"[\w.-]+", allowed[0]) if allowed else []
    return ", ".join(map(format_code, choices)) or "text"
