"""Security rules for the templates: no keys, nothing public by mistake, the smallest role that works."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.bicep import BicepFile, Expression, Resource, Value, read_bicep
from tests.support.infra_language import list_templates

ROLE_IDS = {
    "cognitiveServicesOpenAiUser": "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
    "cognitiveServicesUser": "a97b65f3-24c7-4388-baec-2e87135dc908",
    "durableTaskDataContributor": "0ad04412-c4d5-4796-b79c-f76d14c8d402",
    "monitoringMetricsPublisher": "3913510d-42f4-4e42-8a64-420c390055eb",
    "storageBlobDataContributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "storageBlobDataOwner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "storageBlobDataReader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    "storageQueueDataContributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "storageTableDataContributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
}
"""https://learn.microsoft.com/azure/role-based-access-control/built-in-roles, and no other role is given."""

GRANTS = {
    ("app-roles", "hostStorage", "storageBlobDataOwner", "principalId"),
    ("app-roles", "hostStorage", "storageQueueDataContributor", "principalId"),
    ("app-roles", "hostStorage", "storageTableDataContributor", "principalId"),
    ("app-roles", "catalogContainers[index]", "storageBlobDataContributor", "principalId"),
    ("app-roles", "applicationInsights", "monitoringMetricsPublisher", "principalId"),
    ("durable-scheduler", "taskHub", "durableTaskDataContributor", "appPrincipalId"),
    ("model-access", "account", "cognitiveServicesOpenAiUser", "appPrincipalId"),
    ("model-access", "account", "cognitiveServicesOpenAiUser", "personPrincipalId"),
    ("model-access", "account", "cognitiveServicesUser", "appPrincipalId"),
    ("model-access", "account", "cognitiveServicesUser", "personPrincipalId"),
    ("reader-roles", "catalogStorage", "storageBlobDataContributor", "personPrincipalId"),
    ("reader-roles", "catalogs", "storageBlobDataReader", "importerPrincipalId"),
}
"""Every role that is given: where, on what, which, to whom."""

_CLOSED_WITH_NETWORK = Expression("isPrivate ? 'Disabled' : 'Enabled'")
_DENIED_WITH_NETWORK = Expression("isPrivate ? 'Deny' : 'Allow'")

REQUIRED: dict[str, dict[str, Value]] = {
    "Microsoft.Storage/storageAccounts": {
        "properties.allowBlobPublicAccess": False,
        "properties.allowSharedKeyAccess": False,
        "properties.allowCrossTenantReplication": False,
        "properties.isLocalUserEnabled": False,
        "properties.minimumTlsVersion": "TLS1_2",
        "properties.supportsHttpsTrafficOnly": True,
        "properties.publicNetworkAccess": _CLOSED_WITH_NETWORK,
        "properties.networkAcls.defaultAction": _DENIED_WITH_NETWORK,
    },
    "Microsoft.Storage/storageAccounts/blobServices": {
        "properties.deleteRetentionPolicy.enabled": True,
        "properties.containerDeleteRetentionPolicy.enabled": True,
    },
    "Microsoft.Storage/storageAccounts/blobServices/containers": {"properties.publicAccess": "None"},
    "Microsoft.CognitiveServices/accounts": {
        "properties.customSubDomainName": Expression("name"),
        "properties.disableLocalAuth": True,
        "properties.publicNetworkAccess": _CLOSED_WITH_NETWORK,
        "properties.networkAcls.defaultAction": _DENIED_WITH_NETWORK,
    },
    "Microsoft.CognitiveServices/accounts/deployments": {"properties.raiPolicyName": Expression("contentFilter.name")},
    "Microsoft.Insights/components": {"properties.DisableLocalAuth": True},
    "Microsoft.OperationalInsights/workspaces": {"properties.features.disableLocalAuth": True},
    "Microsoft.Web/sites": {
        "identity.type": "UserAssigned",
        "properties.httpsOnly": True,
        "properties.siteConfig.minTlsVersion": "1.2",
        "properties.siteConfig.scmMinTlsVersion": "1.2",
        "properties.siteConfig.ftpsState": "Disabled",
        "properties.siteConfig.remoteDebuggingEnabled": False,
        "properties.functionAppConfig.deployment.storage.authentication.type": "UserAssignedIdentity",
        "properties.functionAppConfig.runtime.name": "python",
        "properties.functionAppConfig.runtime.version": "3.12",
    },
    "Microsoft.Web/serverfarms": {"sku.name": "FC1", "sku.tier": "FlexConsumption"},
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": {"properties.allow": False},
}
"""What each resource of a type must say, by type."""

_SECRET = re.compile(
    r"\blist(Keys|Secrets|AccountSas|ServiceSas)?\s*\(|AccountKey=|SharedAccess|InstrumentationKey", re.IGNORECASE
)
_SECRET_OUTPUT = re.compile(r"key|secret|password|connectionstring|sas", re.IGNORECASE)


def find_security_problems(tree: Path) -> Iterator[str]:
    """Yield the findings of a security review."""
    files = [read_bicep(path) for path in list_templates(tree)]
    yield from _check_roles(tree, files)
    for file in files:
        yield from (f"{file.path.name}: {problem}" for problem in _check_file(file))
    yield from _check_isolation(tree, files)


def _check_file(file: BicepFile) -> Iterator[str]:
    for found in _SECRET.finditer(file.text):
        yield f"asks for or holds a key: {found[0]!r}"
    for name, value in file.outputs.items():
        if _SECRET_OUTPUT.search(f"{name} {value}"):
            yield f"output {name} looks like a secret: {value}"
    for resource in file.resources.values():
        if not resource.is_existing:
            for path, expected in REQUIRED.get(resource.type, {}).items():
                if resource.get(path) != expected:
                    yield f"{resource.symbol}: {path} is {_show(resource.get(path))}; expected {_show(expected)}"


def _check_isolation(tree: Path, files: list[BicepFile]) -> Iterator[str]:
    guarded = {"Microsoft.Storage/storageAccounts", "Microsoft.CognitiveServices/accounts"}
    main = read_bicep(tree / "infra" / "main.bicep")
    for file in files:
        if any(resource.type in guarded and not resource.is_existing for resource in file.resources.values()):
            for module in main.modules.values():
                if module.path.endswith(f"/{file.path.name}") and module.parameters.get("isPrivate") != Expression(
                    "vnetEnabled"
                ):
                    yield f"main.bicep: {module.symbol} is not private with vnetEnabled"
    for name in ("catalogs", "runs", "inputs", "backups"):
        containers = main.variables.get("catalogContainers")
        if not isinstance(containers, list) or name not in containers:
            yield f"main.bicep: there is no container {name}"


def _check_roles(tree: Path, files: list[BicepFile]) -> Iterator[str]:
    roles = json.loads((tree / "infra" / "roles.json").read_text())
    for name in sorted({*roles, *ROLE_IDS}):
        if roles.get(name) != ROLE_IDS.get(name):
            yield f"roles.json: {name} is {roles.get(name)!r}; expected {ROLE_IDS.get(name)!r}"
    found = set()
    for file in files:
        for resource in file.resources.values():
            if resource.type == "Microsoft.Authorization/roleAssignments":
                grant = _read_grant(resource)
                found.add((file.path.stem, *grant))
                yield from (f"{file.path.name}: {problem}" for problem in _check_assignment(resource, grant))
    for given in sorted(found - GRANTS):
        yield f"a role that nobody asked for: {given}"
    for missing in sorted(GRANTS - found):
        yield f"a role is missing: {missing}"


def _read_grant(resource: Resource) -> tuple[str, str, str]:
    expression = str(resource.get("properties.roleDefinitionId"))
    named = re.fullmatch(
        r"subscriptionResourceId\('Microsoft\.Authorization/roleDefinitions', roles\.(\w+)\)", expression
    )
    return str(resource.get("scope")), named[1] if named else expression, str(resource.get("properties.principalId"))


def _check_assignment(resource: Resource, grant: tuple[str, str, str]) -> Iterator[str]:
    _, role, principal = grant
    name = str(resource.get("name"))
    if not (name.startswith("guid(") and principal in name and f"roles.{role}" in name):
        yield f"{resource.symbol}: its name {name} does not follow from scope, principal and role"
    if resource.get("properties.principalType") not in ("ServicePrincipal", Expression("personPrincipalType")):
        yield f"{resource.symbol}: principalType is {_show(resource.get('properties.principalType'))}"


def _show(value: Value | None) -> str:
    return "absent" if value is None else str(value) if isinstance(value, Expression) else repr(value)
