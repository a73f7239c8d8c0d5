import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.infra_checks import REPOSITORY

WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))


def read_workflow(name: str) -> dict[Any, Any]:
    workflow: dict[Any, Any] = yaml.safe_load((REPOSITORY / ".github" / "workflows" / name).read_text())
    return workflow


def list_steps(workflow: dict[Any, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job["steps"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_commit_and_says_its_version(path: Path) -> None:
    uses = [line.strip() for line in path.read_text().splitlines() if "uses:" in line]
    assert uses
    for line in uses:
        assert re.fullmatch(r"(- )?uses: [\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_no_stored_secret_and_no_more_rights_than_it_needs(path: Path) -> None:
    assert "secrets." not in path.read_text()
    workflow = read_workflow(path.name)
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        assert job["timeout-minutes"] <= 120
        expected = {"contents": "read"} | ({"id-token": "write"} if name == "deploy" else {})
        assert job["permissions"] == expected


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_script_gets_what_people_type_through_its_environment_only(path: Path) -> None:
    for step in list_steps(read_workflow(path.name)):
        assert "${{" not in step.get("run", "")


def test_ci_checks_tests_compiles_and_lints() -> None:
    commands = [step.get("run", "") for step in list_steps(read_workflow("ci.yml"))]
    assert {"make check", "make test-fast", "make test", "bash .ci/functions_host.sh"} <= set(commands)
    assert any(command.startswith("make infra BICEP=") for command in commands)


def test_ci_runs_its_jobs_side_by_side_on_the_oldest_and_the_newest_python() -> None:
    jobs = read_workflow("ci.yml")["jobs"]
    assert not [name for name, job in jobs.items() if "needs" in job]
    assert jobs["full"]["strategy"]["matrix"]["python"] == ["3.11", "3.13"]


def test_only_the_job_with_a_release_candidate_may_fail() -> None:
    jobs = read_workflow("ci.yml")["jobs"]
    assert [name for name, job in jobs.items() if job.get("continue-on-error")] == ["durable-2"]


def test_windows_runs_the_demo_and_the_same_fast_tests_as_make() -> None:
    commands = [step.get("run", "") for step in read_workflow("ci.yml")["jobs"]["windows"]["steps"]]
    assert any("seeder run --offline" in command for command in commands)
    (fast,) = re.findall(r"-m '(not azurite .*)'", (REPOSITORY / "Makefile").read_text())
    assert any(f"-m '{fast}'" in command for command in commands)


def test_only_the_job_with_the_functions_host_runs_on_a_schedule() -> None:
    workflow = read_workflow("ci.yml")
    assert set(workflow[True]) == {"push", "pull_request", "schedule", "workflow_dispatch"}
    for name, job in workflow["jobs"].items():
        assert ("'schedule'" in job["if"]) is (name == "functions-host")


@pytest.mark.processes
def test_ci_runs_what_is_run_by_hand() -> None:
    for script in (".ci/run", ".ci/install", ".ci/functions_host.sh", "infra/check.sh"):
        checked = subprocess.run(["bash", "-n", script], cwd=REPOSITORY, check=False)
        assert checked.returncode == 0, script
    assert "make infra" in (REPOSITORY / ".ci/run").read_text()


def test_a_deployment_waits_for_runs_before_it_touches_anything() -> None:
    steps = list(list_steps(read_workflow("deploy.yml")))
    commands = [step.get("run", "") for step in steps]
    wait = commands.index("python3 infra/hooks/wait_for_runs.py --find-by-tag")
    assert wait < commands.index("azd provision --no-prompt") < commands.index("azd deploy --no-prompt")
    assert any(step.get("uses", "").startswith("azure/login@") for step in steps[:wait])


def test_a_deployment_can_be_forced_and_runs_in_an_environment_that_can_request_approval() -> None:
    workflow = read_workflow("deploy.yml")
    inputs = workflow[True]["workflow_dispatch"]["inputs"]  # YAML 1.1 reads the key `on` as true
    job = workflow["jobs"]["deploy"]
    assert inputs["force"] == {
        "description": "Do not wait for active runs; they are ended",
        "type": "boolean",
        "default": False,
    }
    assert job["env"]["FORCE_DEPLOY"] == "${{ inputs.force }}"
    assert inputs["environment"]["options"] == ["development", "production"]
    assert job["environment"] == "${{ inputs.environment }}"
    assert workflow["concurrency"]["cancel-in-progress"] is False


def test_azd_waits_for_runs_on_every_system() -> None:
    hooks = yaml.safe_load((REPOSITORY / "azure.yaml").read_text())["hooks"]
    assert set(hooks) == {"preprovision", "predeploy"}
    for hook in hooks.values():
        for system in ("posix", "windows"):
            script = hook[system]["run"].split()[-1]
            assert (REPOSITORY / script).is_file()


def test_host_json_is_of_version_2_and_names_its_backend_by_default() -> None:
    host = json.loads((REPOSITORY / "host.json").read_text())
    assert host["version"] == "2.0"
    assert host["extensionBundle"]["id"] == "Microsoft.Azure.Functions.ExtensionBundle"
    assert "type" not in host["extensions"]["durableTask"]["storageProvider"]


def test_each_finding_of_checkov_that_is_left_out_carries_a_reason() -> None:
    text = (REPOSITORY / ".checkov.yaml").read_text()
    skipped = yaml.safe_load(text)["skip-check"]
    blocks = re.findall(r"((?:^  #.*\n)+)((?:^  - CKV_AZURE_\d+.*\n)+)", text, flags=re.MULTILINE)
    explained = [name for _, names in blocks for name in re.findall(r"CKV_AZURE_\d+", names)]
    assert explained == skipped
