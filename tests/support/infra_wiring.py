"""Check that values reach their place: deployments in settings, the service's tag, metrics in the workbook, limits."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from tests.support.bicep import Expression, get_value, read_bicep
from tests.support.infra_language import list_templates
from tests.support.infra_settings import is_parameter, read_settings_of_templates

FLOWS = {
    "AZURE_OPENAI_TEXT_DEPLOYMENT": ("textDeploymentName", "textDeployment.name"),
    "AZURE_OPENAI_VISION_DEPLOYMENT": ("visionDeploymentName", "visionDeployment.name"),
    "AZURE_OPENAI_IMAGE_DEPLOYMENT": ("imageDeploymentName", "imageDeployment.name"),
}
"""Setting -> the parameter that it comes from, and where main.bicep gives the same to the model."""


def find_wiring_problems(tree: Path) -> Iterator[str]:
    """Yield the values that do not reach their place."""
    yield from _check_deployment_names(tree)
    yield from _check_service(tree)
    yield from _check_limits(tree)
    yield from _check_workbook(tree)
    yield from _check_queries(tree)
    yield from _check_abbreviations(tree)


def _check_deployment_names(tree: Path) -> Iterator[str]:
    main = read_bicep(tree / "infra" / "main.bicep")
    app = read_bicep(tree / "infra" / "modules" / "function-app.bicep")
    model = read_bicep(tree / "infra" / "modules" / "model.bicep")
    settings = read_settings_of_templates(tree)
    for setting, (name, place) in FLOWS.items():
        variable, _, field = place.partition(".")
        if not is_parameter(app, settings.get(setting), name):
            yield f"{setting} is {settings.get(setting)}; expected {name}"
        if not is_parameter(main, main.modules["functionApp"].parameters.get(name), name):
            yield f"main.bicep: functionApp does not get {name}"
        if not is_parameter(main, get_value(main.variables.get(variable), field), name):
            yield f"main.bicep: {place} is not {name}"
    if model.resources["modelDeployments"].get("name") != Expression("deployment.name"):
        yield "model.bicep: the deployments do not get their names"
    if model.resources["modelDeployments"].decorators.get("batchSize") != 1:
        yield "model.bicep: the deployments are not made one after the other"


def _check_service(tree: Path) -> Iterator[str]:
    services = yaml.safe_load((tree / "azure.yaml").read_text())["services"]
    tagged = read_bicep(tree / "infra" / "main.bicep").modules["functionApp"].parameters.get("serviceName")
    app = read_bicep(tree / "infra" / "modules" / "function-app.bicep").resources["app"]
    if list(services) != [tagged]:
        yield f"azure.yaml has the services {list(services)}; the function app is tagged {tagged!r}"
    if app.get("tags") != Expression("union(tags, { 'azd-service-name': serviceName })"):
        yield f"function-app.bicep: the tags are {app.get('tags')}"


def _check_limits(tree: Path) -> Iterator[str]:
    host = json.loads((tree / "host.json").read_text())
    hours, minutes, seconds = (int(part) for part in host["functionTimeout"].split(":"))
    for name in ("main.bicep", "modules/function-app.bicep"):
        most = read_bicep(tree / "infra" / name).parameters["imageTimeoutSeconds"].decorators.get("maxValue")
        if not isinstance(most, int) or most >= 3600 * hours + 60 * minutes + seconds:
            yield f"{name}: an image call may take {most} s; expected less than functionTimeout"
    least = re.match(r"\[4\.(\d+)", host["extensionBundle"]["version"])
    if least is None or int(least[1]) < 32:
        yield f"host.json: bundle {host['extensionBundle']['version']}; expected 4.32 or later, for the scheduler"


def _check_workbook(tree: Path) -> Iterator[str]:
    workbook = tree / "infra" / "modules" / "workbook.json"
    for item in json.loads(workbook.read_text())["items"]:
        if item["type"] == 3 and not item["content"]["query"].startswith("AppMetrics\n"):
            yield f"workbook.json: {item['name']} does not query AppMetrics"


def _check_queries(tree: Path) -> Iterator[str]:
    alerts = read_bicep(tree / "infra" / "modules" / "alerts.bicep")
    metrics = alerts.parameters["metrics"].default
    names = metrics if isinstance(metrics, dict) else {}
    workbook = tree / "infra" / "modules" / "workbook.json"
    others = set(re.findall(r"(\w+):", str(alerts.variables["placeholders"]))) | {"appName"}
    for path in (workbook, *sorted((tree / "infra" / "queries").glob("*.kql"))):
        text = path.read_text()
        if any(str(metric) in text for metric in names.values()):
            yield f"{path.name}: names a metric; expected that in alerts.bicep alone"
        known = {*names} if path == workbook else {*names, *others}
        for name in sorted(set(re.findall(r"\{\{(\w+)\}\}", text)) - known):
            yield f"{path.name}: nothing fills in {name}"
        if path != workbook and f"'../queries/{path.name}'" not in alerts.text:
            yield f"{path.name}: no alert uses it"


def _check_abbreviations(tree: Path) -> Iterator[str]:
    abbreviations = json.loads((tree / "infra" / "abbreviations.json").read_text())
    used = {
        name for path in list_templates(tree) for name in re.findall(r"abbreviations\.(?!json)(\w+)", path.read_text())
    }
    for name in sorted(set(abbreviations) ^ used):
        yield f"abbreviation {name} is in one of abbreviations.json and the templates only"
