from pathlib import Path

import pytest

from tests.support.bicep import Expression, read_bicep
from tests.support.infra_checks import CHECKS, REPOSITORY, Check
from tests.support.infra_language import list_templates
from tests.support.infra_settings import read_settings_of_code, read_settings_of_templates


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_deployment_keeps_its_rules(check: Check) -> None:
    assert list(check(REPOSITORY)) == []


@pytest.mark.parametrize("path", list_templates(REPOSITORY), ids=lambda path: path.name)
def test_every_template_parses(path: Path) -> None:
    assert read_bicep(path).error_lines == []


def test_the_modules_show_the_architecture_by_name() -> None:
    names = {path.stem for path in list_templates(REPOSITORY) if path.parent.name == "modules"}
    assert names == {
        "alerts",
        "app-roles",
        "budget",
        "catalog-storage",
        "durable-scheduler",
        "function-app",
        "host-storage",
        "identity",
        "model",
        "model-access",
        "monitoring",
        "network",
        "private-endpoints",
        "reader-roles",
        "sign-in",
        "workbook",
    }


def test_settings_are_found_in_the_table_alone() -> None:
    source = """
SETTINGS = (
    Setting("PLAIN", SettingGroup.STORE, "text"),
    _describe_request_default("COUNT", "target_count"),
)
d = Other("NOT_A_SETTING")
"""
    assert read_settings_of_code(source) == {"PLAIN", "COUNT"}


def test_a_deployed_app_makes_items_only_when_there_is_no_image_model() -> None:
    assert read_settings_of_templates(REPOSITORY)["DRY_RUN"] == Expression("imageModelEnabled ? 'false' : 'true'")


def test_the_existing_account_is_not_created_again() -> None:
    main = (REPOSITORY / "infra" / "main.bicep").read_text()
    assert "module model 'modules/model.bicep' = if (!usesExistingModel)" in main
    assert "scope: resourceGroup(modelResourceGroupName)" in main


def test_old_runs_age_out_but_idempotency_keys_do_not() -> None:
    storage = read_bicep(REPOSITORY / "infra" / "modules" / "catalog-storage.bicep")
    assert storage.variables["runPrefixes"] == [f"runs/{digit}" for digit in range(10)]


def test_a_broken_template_is_reported_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "broken.bicep").write_text("param a string\nvar b = {{\n")
    assert 2 in read_bicep(tmp_path / "broken.bicep").error_lines
