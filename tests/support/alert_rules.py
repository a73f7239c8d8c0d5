"""The alert rules of a deployment: queries with their placeholders filled in, and thresholds."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.support.bicep import read_bicep
from tests.support.infra_checks import REPOSITORY
from tests.support.kql import Row, Tables, run_query

APP_NAME = "catalog-seeder"


@dataclass(frozen=True, slots=True)
class AlertRule:
    """A rule: it fires for each row of its query whose ``value`` is above the threshold."""

    name: str
    query: str
    threshold: float
    dimensions: tuple[str, ...]

    def find_fired(self, tables: Tables) -> list[Row]:
        """Return the rows that the rule fires for, with the columns that its mail names."""
        rows = [row for row in run_query(self.query, tables) if (row["value"] or 0) > self.threshold]
        return [{name: row[name] for name in self.dimensions} for row in rows]


def load_rules(tree: Path = REPOSITORY) -> dict[str, AlertRule]:
    """Return the rules of ``alerts.bicep`` by name, with the deployment's default thresholds."""
    alerts, main = (read_bicep(tree / "infra" / name) for name in ("modules/alerts.bicep", "main.bicep"))
    rules = {}
    written = alerts.variables["rules"]
    assert isinstance(written, list)
    for rule in written:
        assert isinstance(rule, dict)
        dimensions = rule["dimensions"]
        assert isinstance(dimensions, list)
        found = re.search(r"'\.\./queries/([\w-]+\.kql)'", str(rule["query"]))
        assert found is not None
        text = (tree / "infra" / "queries" / found[1]).read_text(encoding="utf-8")
        threshold = {
            "rateLimitedSharePercent": main.parameters["rateLimitedSharePercent"].default,
            "instanceCount": main.parameters["instanceCountAlert"].default,
        }.get(str(rule["threshold"]), rule["threshold"])
        rules[str(rule["name"])] = AlertRule(
            str(rule["name"]), fill_in(text, tree), float(str(threshold)), tuple(str(name) for name in dimensions)
        )
    return rules


def fill_in(text: str, tree: Path = REPOSITORY) -> str:
    """Return a query with the placeholders filled in."""
    alerts = read_bicep(tree / "infra" / "modules" / "alerts.bicep")
    values = dict(re.findall(r"(\w+): '(\w+)'", str(alerts.variables["placeholders"]))) | {"appName": APP_NAME}
    metrics = alerts.parameters["metrics"].default
    assert isinstance(metrics, dict)
    for name, value in {**values, **metrics}.items():
        text = text.replace(f"{{{{{name}}}}}", str(value))
    return text
