"""Tables of the reference, built from the code: settings, request, reasons, columns, audit and telemetry."""

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from docs.tools.markdown import convert_docstring, format_code, format_table
from docs.tools.problem_types import list_problem_types
from shared.audit.audit_tables import TABLES
from shared.catalog.theme import DEFAULT_PROMPT_TEMPLATE, StyleContract, Theme
from shared.images.refinement_policy import Refinement
from shared.inputs.column_names import COLUMN_NAMES
from shared.reasons import Reason
from shared.runs.request import SeedRequest, StyleReference
from shared.settings_table import SETTINGS, Setting, SettingGroup
from shared.telemetry.names import Attribute, Metric

MAX_SHOWN_DEFAULT_CHARACTERS = 60
SETTINGS_TO_FILL_IN = ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY")
LOCAL_SETTINGS = {"AzureWebJobsStorage": "UseDevelopmentStorage=true", "STORE": "blob"}
"""Values for the Functions host with the storage emulator that are not the defaults."""

REASON_TEXTS_HEADER = """\
/**
 * Reason codes in plain words, with code between backticks. Generated from `shared/reasons.py`; run: make docs.
 * @type {Record<string, {meaning: string, advice: string}>}
 */
"""

ENV_HEADER = """\
# Settings of `seeder` on this machine. Copy this file to .env and fill in what you need.
# A flag overrides the environment, the environment overrides .env, and .env overrides the default.
# Lines that are commented out show the default. docs/reference/settings.md describes each setting.
"""


def describe_settings() -> str:
    """Return one table of settings per group."""
    parts = []
    for group in SettingGroup:
        rows = [
            (format_code(setting.name), _show_default(setting), setting.description + _show_choices(setting))
            for setting in SETTINGS
            if setting.group is group
        ]
        parts.append(f"## {group}\n\n" + format_table(("setting", "default", "meaning"), rows))
    return "\n".join(parts)


def make_env_example() -> str:
    """Return ``.env.example``."""
    text = ENV_HEADER
    for group in SettingGroup:
        if group is not SettingGroup.AZURE:
            text += f"\n# {group}\n"
            for setting in SETTINGS:
                if setting.group is group:
                    mark = "" if setting.name in SETTINGS_TO_FILL_IN else "# "
                    text += f"{mark}{setting.name}={setting.default or ''}\n"
    return text


def make_local_settings() -> str:
    """Return ``local.settings.example.json``, which the Functions host reads."""
    values = {
        setting.name: LOCAL_SETTINGS.get(setting.name, setting.default or "")
        for setting in SETTINGS
        if setting.group not in {SettingGroup.AZURE, SettingGroup.COMMANDS}
    }
    document = {"IsEncrypted": False, "Values": {"FUNCTIONS_WORKER_RUNTIME": "python"} | values}
    return json.dumps(document, indent=2) + "\n"


def describe_request() -> str:
    """Return the table of the request's fields."""
    return _describe_model(SeedRequest, SeedRequest(catalog="lego").to_json(), required=("catalog",))


def describe_theme() -> str:
    """Return the table of a theme's fields."""
    return _describe_model(Theme, Theme().model_dump(mode="json", by_alias=True))


def describe_style() -> str:
    """Return the table of the fields of a theme's ``style``."""
    return _describe_model(StyleContract, StyleContract().model_dump(mode="json", by_alias=True))


def describe_style_reference() -> str:
    """Return the table of the fields of ``styleReference``."""
    return _describe_model(StyleReference, {"images": None, "firstApproved": None})


def show_default_theme() -> str:
    """Return the default theme as JSON, one field a line."""
    fields = Theme().model_dump(mode="json", by_alias=True)
    lines = [f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()]
    return "```json\n{\n" + ",\n".join(lines) + "\n}\n```"


def describe_refinement() -> str:
    """Return the table of the fields of ``refine``."""
    return _describe_model(Refinement, Refinement().model_dump(mode="json", by_alias=True))


def describe_reasons() -> str:
    """Return the table of reason codes: the paragraphs of a code's docstring are its meaning and the advice."""
    docs = read_member_docs(Reason)
    rows = []
    for reason in Reason:
        meaning, _, advice = docs[reason.name].partition("\n\n")
        rows.append((format_code(reason), convert_docstring(meaning), convert_docstring(advice)))
    return format_table(("reason", "meaning", "what to do"), rows)


def make_reason_texts() -> str:
    """Return the module of the review page with the meaning of each reason code and the advice."""
    docs = read_member_docs(Reason)
    texts = {}
    for reason in Reason:
        meaning, _, advice = docs[reason.name].partition("\n\n")
        texts[str(reason)] = {"meaning": " ".join(meaning.split()), "advice": " ".join(advice.split())}
    return REASON_TEXTS_HEADER + f"export const REASON_TEXTS = {json.dumps(texts, indent=2, ensure_ascii=False)};\n"


def describe_problems() -> str:
    """Return the table of problem types, with the first lines of the errors that become them."""
    rows = [(format_code(problem.kind), str(problem.status), text) for problem, text in list_problem_types()]
    return format_table(("type", "status", "when"), rows)


def describe_metrics() -> str:
    """Return the table of metrics."""
    return _describe_enum(Metric, ("metric", "counts"))


def describe_attributes() -> str:
    """Return the table of the app's own span attributes."""
    return _describe_enum(Attribute, ("attribute of a span", "holds"), prefix="catalog_seeder.")


def describe_columns() -> str:
    """Return the table of column names that are recognized, by source and field."""
    rows = [
        (format_code(source), format_code(field), ", ".join(map(format_code, columns)))
        for source, fields in COLUMN_NAMES.items()
        for field, columns in fields.items()
    ]
    return format_table(("source", "field", "column names, the preferred ones first"), rows)


def show_prompt_template() -> str:
    """Return the default template of image prompts."""
    return f"```text\n{DEFAULT_PROMPT_TEMPLATE}\n```"


def describe_audit() -> str:
    """Return a section per table of an audit, from the comments of its SQL."""
    parts = []
    for table, purpose, body in re.findall(
        r"^CREATE TABLE (\w+) \( -- ([^\n]+)\n(.*?)^\);", TABLES, re.MULTILINE | re.DOTALL
    ):
        columns = re.findall(r"^ +([a-z_0-9]+) (\w+)[^\n]*? -- ([^\n]+)$", body, re.MULTILINE)
        rows = [(format_code(column), kind.lower(), meaning) for column, kind, meaning in columns]
        parts.append(f"### {table}\n\n{purpose}.\n\n" + format_table(("column", "type", "holds"), rows))
    return "\n".join(parts)


def read_member_docs(enum: type[StrEnum]) -> dict[str, str]:
    """Return the docstrings below an enumeration's members, by name; members without one are absent."""
    source = ast.parse(textwrap.dedent(inspect.getsource(enum)))
    body = [
        statement for definition in source.body if isinstance(definition, ast.ClassDef) for statement in definition.body
    ]
    docs = {}
    for statement, following in pairwise(body):
        match statement, following:
            case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(value=ast.Constant(value=str(text))):
                docs[name] = inspect.cleandoc(text)
    return docs


def _describe_enum(enum: type[StrEnum], headings: tuple[str, str], prefix: str = "") -> str:
    docs = read_member_docs(enum)
    members = [member for member in enum if member.startswith(prefix)]
    rows = [(format_code(member), convert_docstring(docs[member.name])) for member in members]
    return format_table(headings, rows)


def _describe_model(model: type[BaseModel], defaults: Mapping[str, Any], required: tuple[str, ...] = ()) -> str:
    schema = model.model_json_schema(by_alias=True)["properties"]
    described = dict(read_attribute_docs(model))
    rows = []
    for name, field in model.model_fields.items():
        alias = field.alias or name
        default = json.dumps(defaults[alias], ensure_ascii=False)
        shown = format_code(default) if len(default) <= MAX_SHOWN_DEFAULT_CHARACTERS else "below"
        meaning = convert_docstring(field.description or described.get(name, ""))
        if not meaning:
            raise ValueError(f"{model.__name__}.{name} has no description")
        meaning = meaning[0].upper() + meaning[1:].removesuffix(".") + "."
        cells = (format_code(alias), "required" if alias in required else shown, meaning + _show_limits(schema[alias]))
        rows.append(cells)
    return format_table((f"field of `{model.__name__}`", "default", "meaning"), rows)


def read_attribute_docs(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Yield name and text of the entries below ``Attributes:`` in a class's docstring."""
    section = inspect.getdoc(model) or ""
    if "Attributes:" in section:
        yield from re.findall(
            r"^ {4}(\w+): (.+?)(?=^ {4}\w+: |\Z)", section.partition("Attributes:")[2], re.MULTILINE | re.DOTALL
        )


def _show_limits(schema: Mapping[str, Any]) -> str:
    """Return the range or the choices of a field, as a sentence behind its description."""
    options = [schema, *schema.get("anyOf", ())]
    for option in options:
        if "enum" in option:
            return " One of " + ", ".join(map(format_code, option["enum"])) + "."
        if "minimum" in option:
            return f" {option['minimum']:,} to {option['maximum']:,}."
        if "exclusiveMinimum" in option:
            return f" Above {option['exclusiveMinimum']:,.0f}, at most {option['maximum']:,.0f}."
    return ""


def _show_default(setting: Setting) -> str:
    shown = "none" if setting.default is None else format_code(setting.default)
    return shown if setting.default_in_azure is None else f"{shown}; {format_code(setting.default_in_azure)} in Azure"


def _show_choices(setting: Setting) -> str:
    if setting.choices:
        return " One of " + ", ".join(map(format_code, setting.choices)) + "."
    if setting.minimum is not None:
        return f" {setting.minimum:,} to {setting.maximum:,}."
    return ""
