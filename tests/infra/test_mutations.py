"""Each mistake below, made in a copy of the deployment, is found: the checks can fail."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.infra_checks import copy_parts, find_problems


@dataclass(frozen=True, slots=True)
class Mistake:
    """One edit: the first ``old`` in ``file`` becomes ``new``, and a problem then contains ``reported``."""

    name: str
    file: str
    old: str
    new: str
    reported: str


APP = "infra/modules/function-app.bicep"
HOST = "infra/modules/host-storage.bicep"
CATALOG = "infra/modules/catalog-storage.bicep"
MAIN = "infra/main.bicep"

MISTAKES = [
    # A role
    Mistake(
        "a role id changes", "infra/roles.json", "5e0bd9bd-7b93", "5e0bd9bd-7b94", "cognitiveServicesOpenAiUser is"
    ),
    Mistake(
        "a role is another one",
        "infra/modules/model-access.bicep",
        "      roles.cognitiveServicesOpenAiUser\n",
        "      '25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68'\n",
        "nobody asked for",
    ),
    Mistake(
        "a role gets a wider scope",
        "infra/modules/app-roles.bicep",
        "scope: catalogContainers[index]",
        "scope: catalogStorage",
        "nobody asked for",
    ),
    Mistake(
        "a role is not given",
        "infra/modules/app-roles.bicep",
        "scope: applicationInsights",
        "scope: hostStorage",
        "a role is missing",
    ),
    Mistake(
        "a role's name is random",
        "infra/modules/model-access.bicep",
        "guid(account.id, appPrincipalId, roles.cognitiveServicesOpenAiUser)",
        "newGuid()",
        "does not follow",
    ),
    Mistake(
        "a principal type is left out",
        "infra/modules/app-roles.bicep",
        "    principalType: 'ServicePrincipal'\n",
        "",
        "principalType is absent",
    ),
    # A setting
    Mistake("a setting is not set", APP, "  LOG_LEVEL: logLevel\n", "", "the code reads LOG_LEVEL"),
    Mistake(
        "a setting is not read any more",
        "shared/settings_table.py",
        '"CATALOG_STORAGE_URL",',
        '"OUTPUT_DIR",',
        "set CATALOG_STORAGE_URL, which nobody reads",
    ),
    Mistake(
        "a setting is new in the code",
        "shared/settings_table.py",
        '"OUTPUT_DIR",',
        '"NEW_SETTING",',
        "the code reads NEW_SETTING",
    ),
    Mistake("a setting is set that nobody reads", APP, "STORE: 'blob'", "STORE: 'blob'\n  OLD: 'x'", "set OLD"),
    Mistake(
        "a container setting is renamed", APP, "RUNS_CONTAINER:", "RUN_CONTAINER:", "the code reads RUNS_CONTAINER"
    ),
    Mistake(
        "the host's sign-in is left out", APP, "  AzureWebJobsStorage__credential: 'managedidentity'\n", "", "host"
    ),
    Mistake(
        "the docs claim a setting is left out",
        "docs/reference/deployment.md",
        "| `OUTPUT_DIR` |",
        "| `STORE` |",
        "OUTPUT_DIR",
    ),
    # A key, or a door
    Mistake(
        "shared key is switched on", HOST, "allowSharedKeyAccess: false", "allowSharedKeyAccess: true", "SharedKey"
    ),
    Mistake(
        "shared key is not mentioned", CATALOG, "    allowSharedKeyAccess: false\n", "", "allowSharedKeyAccess is abs"
    ),
    Mistake(
        "a container is made public", CATALOG, "publicAccess: 'None'", "publicAccess: 'Blob'", "publicAccess is 'Blob'"
    ),
    Mistake("the package is made public", HOST, "publicAccess: 'None'", "publicAccess: 'Container'", "publicAccess is"),
    Mistake(
        "public access is allowed", CATALOG, "allowBlobPublicAccess: false", "allowBlobPublicAccess: true", "allowBlob"
    ),
    Mistake("a network does not close", HOST, "isPrivate ? 'Deny' : 'Allow'", "'Allow'", "defaultAction is 'Allow'"),
    Mistake("an account is not private", MAIN, "isPrivate: vnetEnabled", "isPrivate: false", "is not private"),
    Mistake("TLS 1.0 is allowed", CATALOG, "'TLS1_2'", "'TLS1_0'", "minimumTlsVersion"),
    Mistake("HTTP is allowed", APP, "httpsOnly: true", "httpsOnly: false", "httpsOnly"),
    Mistake("a password may deploy", APP, "    allow: false", "    allow: true", "properties.allow is True"),
    Mistake(
        "the model takes keys",
        "infra/modules/model.bicep",
        "disableLocalAuth: true",
        "disableLocalAuth: false",
        "disableLocalAuth is False",
    ),
    Mistake(
        "telemetry takes keys",
        "infra/modules/monitoring.bicep",
        "DisableLocalAuth: true",
        "DisableLocalAuth: false",
        "DisableLocalAuth is False",
    ),
    Mistake(
        "a key is listed",
        HOST,
        "output name string = account.name",
        "output name string = account.listKeys().keys[0].value",
        "a key",
    ),
    Mistake(
        "a connection string is an output",
        "infra/modules/monitoring.bicep",
        "output workspaceId string = workspace.id",
        "output workspaceId string = workspace.id\noutput conn string = insights.properties.ConnectionString",
        "looks like a secret",
    ),
    Mistake(
        "the content filter is left out", "infra/modules/model.bicep", "raiPolicyName: contentFilter.name", "", "rai"
    ),
    # A name
    Mistake(
        "a module's output is renamed",
        "infra/modules/host-storage.bicep",
        "output packageContainerUrl",
        "output packageUrl",
        "no output 'packageContainerUrl'",
    ),
    Mistake(
        "a conditional module's output is renamed", "infra/modules/network.bicep", "appSubnetId", "subnet", "no output"
    ),
    Mistake("a module's parameter is renamed", HOST, "param skuName", "param sku", "gets 'skuName'"),
    Mistake(
        "a parameter is not given", MAIN, "    httpConcurrency: httpConcurrency\n", "", "does not get 'httpConcurrency'"
    ),
    Mistake(
        "a name has a typing mistake", MAIN, "location: modelLocation", "location: modelLocaton", "is not declared"
    ),
    Mistake("a variable is not used", MAIN, "var tags =", "var spare = 'x'\nvar tags =", "'spare' is declared"),
    Mistake(
        "a brace is missing",
        APP,
        "resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {",
        "resource plan =",
        "synta",
    ),
    Mistake(
        "a module is not called",
        MAIN,
        "module workbook 'modules/workbook.bicep'",
        "module workbook 'modules/identity.bicep'",
        "workbook.bicep is not reached",
    ),
    Mistake(
        "an abbreviation is not used", "infra/abbreviations.json", '"webServerFarms"', '"webServers"', "abbreviation"
    ),
    # A range
    Mistake(
        "a range is taken away", MAIN, "@minValue(1)\n@maxValue(64)\nparam parallel", "param parallel", "any value"
    ),
    Mistake(
        "a description is taken away",
        MAIN,
        "@description('Memory of an instance in megabytes.')\n",
        "",
        "has no description",
    ),
    Mistake(
        "a default is out of its range", MAIN, "maximumInstanceCount int = 40", "maximumInstanceCount int = 4", "range"
    ),
    Mistake("an image call may outlast the host", "host.json", '"00:30:00"', '"00:20:00"', "functionTimeout"),
    Mistake("the bundle knows no scheduler", "host.json", "[4.32.0", "[4.28.0", "4.32"),
    # What azd and the workflow know
    Mistake("the parameters file lacks one", "infra/main.parameters.json", '"vnetEnabled"', '"vnet"', "parameter vnet"),
    Mistake(
        "the parameters file has another default", "infra/main.parameters.json", "=2048}", "=512}", "default '2048'"
    ),
    Mistake("azd does not know a variable", "azure.yaml", "    - VNET_ENABLED\n", "", "variable VNET_ENABLED"),
    Mistake(
        "the workflow does not pass one",
        ".github/workflows/deploy.yml",
        "VNET_ENABLED: ${{ vars.VNET_ENABLED }}",
        "VNET_ENABLED: ''",
        "does not pass the variable VNET_ENABLED",
    ),
    Mistake(
        "the docs lack a variable",
        "docs/reference/deployment.md",
        "| `VNET_ENABLED` |",
        "| `VNET` |",
        "list the variable VNET_EN",
    ),
    Mistake("the service has another name", "azure.yaml", "  api: #", "  app: #", "tagged 'api'"),
    Mistake("the tag has another name", APP, "'azd-service-name'", "'service-name'", "the tags are"),
    # What flows where
    Mistake(
        "a deployment's name does not reach its setting",
        APP,
        "AZURE_OPENAI_IMAGE_DEPLOYMENT: imageDeploymentName",
        "AZURE_OPENAI_IMAGE_DEPLOYMENT: textDeploymentName",
        "AZURE_OPENAI_IMAGE_DEPLOYMENT is",
    ),
    Mistake(
        "a deployment has another name than its setting",
        MAIN,
        "  name: textDeploymentName\n",
        "  name: textModelName\n",
        "textDeployment.name is not",
    ),
    Mistake("deployments are made at once", "infra/modules/model.bicep", "@batchSize(1)\n", "", "one after the other"),
    Mistake(
        "a metric is named twice",
        "infra/modules/workbook.json",
        "{{runs}}",
        "catalog_seeder.runs",
        "expected that in alerts.bicep alone",
    ),
    Mistake(
        "a metric of the workbook is unknown", "infra/modules/workbook.json", "{{cost}}", "{{price}}", "fills in price"
    ),
    Mistake(
        "a placeholder of a query is unknown", "infra/queries/no-progress.kql", "{{quiet", "{{silent", "fills in silent"
    ),
    Mistake("a query is not used", "infra/modules/alerts.bicep", "daily-cap.kql", "no-progress.kql", "no alert uses"),
    # Both ways: azd gives what the template lacks, and the template asks for what azd does not give.
    Mistake(
        "azd names a deployment that the template lacks",
        "infra/main.parameters.json",
        '"textDeploymentName"',
        '"gptDeploymentName"',
        "parameter gptDeploymentName is in one",
    ),
    Mistake(
        "the template names a deployment that azd does not give",
        MAIN,
        "param imageDeploymentName",
        "param pictureDeploymentName",
        "parameter pictureDeploymentName is in one",
    ),
]


def test_an_untouched_copy_has_no_problems(tmp_path: Path) -> None:
    assert find_problems(copy_parts(tmp_path)) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name.replace(" ", "-"))
def test_a_mistake_is_found(tmp_path: Path, mistake: Mistake) -> None:
    tree = copy_parts(tmp_path)
    path = tree / mistake.file
    source = path.read_text()
    assert mistake.old in source, "the mistake cannot be made any more: bring it up to date"
    path.write_text(source.replace(mistake.old, mistake.new, 1))
    problems = find_problems(tree)
    assert any(mistake.reported in problem for problem in problems), problems
