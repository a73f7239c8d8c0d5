"""Check that names agree: settings in code, templates and docs; parameters, azd variables, workflow."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from tests.support.bicep import BicepFile, Expression, Value, read_bicep

READ_BY_OTHERS = {
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "the telemetry exporter",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED": "the telemetry exporter",
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "the telemetry exporter",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "the host and the telemetry exporter",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "the host and the telemetry exporter",
    "AZURE_CLIENT_ID": "azure-identity",
    "AzureWebJobsStorage__accountName": "the host",
    "AzureWebJobsStorage__clientId": "the host",
    "AzureWebJobsStorage__credential": "the host",
    "DURABLE_TASK_SCHEDULER_CONNECTION_STRING": "the durable extension",
    "AzureFunctionsJobHost__extensions__durableTask__hubName": "the host, over host.json",
    "AzureFunctionsJobHost__extensions__durableTask__storageProvider__type": "the host, over host.json",
    "AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName": "the host, over host.json",
}
"""Settings that the templates set and our own code does not read, and who reads them."""

KNOWN_TO_AZD = {"AZURE_ENV_NAME", "AZURE_LOCATION", "AZURE_PRINCIPAL_ID", "AZURE_PRINCIPAL_TYPE"}
"""Variables that azd knows by itself; the workflow gives or finds them."""


def find_setting_problems(tree: Path) -> Iterator[str]:
    """Yield every name that is on one side only."""
    yield from _check_app_settings(tree)
    yield from _check_parameters_file(tree)
    yield from _check_azd_variables(tree)


def read_settings_of_code(source: str) -> set[str]:
    """Return the environment variables in ``shared/settings_table.py``: the first argument of each entry."""
    return {
        node.args[0].value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)
        if isinstance(node.func, ast.Name) and node.func.id in {"Setting", "_describe_request_default"}
        if isinstance(node.args[0].value, str)
    }


def read_settings_of_templates(tree: Path) -> dict[str, Value]:
    """Return the app settings that the templates set, including those of the scheduler."""
    app = read_bicep(tree / "infra" / "modules" / "function-app.bicep")
    settings: dict[str, Value] = {}
    for name in ("baseSettings", "schedulerSettings"):
        group = app.variables.get(name)
        settings |= group if isinstance(group, dict) else {}
    return settings


def read_settings_left_out(docs: str) -> set[str]:
    """Return the settings of the docs' table of what a deployment does not set."""
    section = docs.partition("## Settings that a deployment does not set")[2].partition("\n#")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def _check_app_settings(tree: Path) -> Iterator[str]:
    read = read_settings_of_code((tree / "shared" / "settings_table.py").read_text())
    set_here = read_settings_of_templates(tree)
    left_out = read_settings_left_out((tree / "docs" / "reference" / "deployment.md").read_text())
    for name in sorted(read - set(set_here) - left_out):
        yield f"the code reads {name}; the templates do not set it, nor do the docs say why"
    for name in sorted(set(set_here) - read - set(READ_BY_OTHERS)):
        yield f"the templates set {name}, which nobody reads"
    for name in sorted(set(READ_BY_OTHERS) - set(set_here)):
        yield f"the templates do not set {name}, which {READ_BY_OTHERS[name]} reads"
    for name in sorted((left_out - read) | (left_out & set(set_here))):
        yield f"the docs say that {name} is not set; it is, or nobody reads it"


def _check_parameters_file(tree: Path) -> Iterator[str]:
    main = read_bicep(tree / "infra" / "main.bicep")
    given = json.loads((tree / "infra" / "main.parameters.json").read_text())["parameters"]
    for name in sorted(set(main.parameters) ^ set(given)):
        yield f"parameter {name} is in one of main.bicep and main.parameters.json only"
    for name in sorted(set(main.parameters) & set(given)):
        default = main.parameters[name].default
        wanted = "" if default is None else str(default).lower() if isinstance(default, bool) else str(default)
        match = re.fullmatch(r"\$\{(\w+)(?:=(.*))?\}", str(given[name].get("value")))
        if match is None or (match[2] or "") != wanted:
            yield f"main.parameters.json: {name} is {given[name]}; expected a variable with the default {wanted!r}"


def read_azd_variables(tree: Path) -> list[str]:
    """Return the variables that main.parameters.json reads, in order."""
    given = json.loads((tree / "infra" / "main.parameters.json").read_text())["parameters"]
    return [re.findall(r"\w+", row["value"])[0] for row in given.values()]


def _check_azd_variables(tree: Path) -> Iterator[str]:
    variables = set(read_azd_variables(tree)) - KNOWN_TO_AZD
    azure = yaml.safe_load((tree / "azure.yaml").read_text())
    workflow = yaml.safe_load((tree / ".github" / "workflows" / "deploy.yml").read_text())
    passed = workflow["jobs"]["deploy"]["env"]
    docs = (tree / "docs" / "reference" / "deployment.md").read_text()
    for name in sorted(variables ^ set(azure["pipeline"]["variables"])):
        yield f"variable {name} is in one of main.parameters.json and azure.yaml only"
    for name in sorted(variables):
        if passed.get(name) != f"${{{{ vars.{name} }}}}":
            yield f"deploy.yml does not pass the variable {name}"
        if f"| `{name}` |" not in docs:
            yield f"docs/reference/deployment.md does not list the variable {name}"


def is_parameter(file: BicepFile, value: Value | None, name: str) -> bool:
    """Return whether a value is a parameter of the file, unchanged."""
    return name in file.parameters and value == Expression(name)
