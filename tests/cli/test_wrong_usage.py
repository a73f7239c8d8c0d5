import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.error_conversion import convert_error
from shared.version import __version__
from tests.cli.command_line import JSON_KEYS, CommandLine


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["frobnicate"], "No such command 'frobnicate'; see seeder --help"),
        (["run", "--bogus"], "No such option: --bogus; see seeder --help"),
        (
            ["run", "--faults", "f.json"],
            "--faults requires --offline",
        ),
        (
            ["run", "--offline", "--url", "https://app.example"],
            "--offline is for this machine, and --url is for a deployed app; expected one of the two",
        ),
        (
            ["status", "--url", "http://app.example"],
            "--url: 'http://app.example'; expected https:// (http:// only for this machine)",
        ),
        (
            ["watch", "--url", "app.example"],
            "--url: 'app.example'; expected a URL such as https://NAME.azurewebsites.net",
        ),
        (
            ["publish", "toys", "--catalog", "tools"],
            "CATALOG is 'toys', and --catalog is 'tools'; expected one of the two",
        ),
        (["run", "--target-count", "50001"], "--target-count: Input should be less than or equal to 50000, got 50001"),
        (
            ["run", "--image-quality", "best"],
            "--image-quality: Input should be 'low', 'medium', 'high', 'xhigh' or 'max', got 'best'",
        ),
    ],
)
def test_wrong_usage_is_one_line_and_exit_status_2(arguments: list[str], message: str, seeder: CommandLine) -> None:
    ended = seeder(*arguments)
    assert (ended.status, ended.out, ended.error_lines) == (2, "", [f"error: {message}"])


def test_every_problem_of_a_request_has_a_line_with_its_flag(seeder: CommandLine) -> None:
    ended = seeder("run", "--target-count", "0", "--batch-size", "51")
    assert ended.status == 2
    assert [line.split(":")[1] for line in ended.error_lines] == [" --target-count", " --batch-size"]


@pytest.mark.parametrize(
    ("arguments", "catalog", "exit_status", "reason"),
    [
        (["run", "--target-count", "many"], None, 2, "bad_request"),
        (["run", "--catalog", "Not A Name"], "Not A Name", 2, "bad_request"),
        (["run", "--catalog", "tools"], "tools", 1, "not_configured"),
        (["status", "no-such-run"], None, 1, "unknown_run"),
    ],
)
def test_json_is_one_object_also_on_failure(
    arguments: list[str], catalog: str | None, exit_status: int, reason: str, seeder: CommandLine
) -> None:
    ended = seeder(*arguments, "--json")
    document = ended.document
    assert ended.status == exit_status
    assert list(document) == JSON_KEYS
    assert (document["catalog"], document["status"], document["runId"]) == (catalog, "Failed", None)
    assert document["error"]["reason"] == reason
    assert ended.err == f"error: {document['error']['message']}\n"


def test_a_missing_setting_is_named_before_anything_is_started(seeder: CommandLine, tmp_path: Path) -> None:
    ended = seeder("run")
    expected = "error: AZURE_OPENAI_ENDPOINT is missing; expected a URL such as https://NAME.openai.azure.com"
    assert (ended.status, ended.error_lines) == (1, [expected])
    assert not list(tmp_path.glob("data_seed/.seeder/journal.db"))


def test_an_endpoint_that_cannot_be_reached_is_one_line(seeder: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "key")
    ended = seeder("run", "--json")
    assert (ended.status, ended.document["error"]["reason"]) == (1, "connection")
    assert ended.err.startswith("error: the model at http://127.0.0.1:1 cannot be used: ")
    assert len(ended.error_lines) == 1


def test_an_unknown_fault_is_named_with_its_file(seeder: CommandLine, write_faults: Callable[..., Path]) -> None:
    path = write_faults(rates={"gremlins": 1})
    ended = seeder("run", "--offline", "--faults", path)
    assert ended.status == 2
    assert ended.err.startswith(f"error: --faults: {path}: rates.gremlins is an unknown key")


def test_a_folder_that_cannot_be_written_is_named(seeder: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = seeder("publish", "--output-dir", "file")
    assert (ended.status, len(ended.error_lines)) == (1, 1)
    assert ended.err.startswith("error: file cannot be used (")


def test_an_unforeseen_error_is_reported_in_one_line() -> None:
    failure = convert_error(ZeroDivisionError("division\nby zero"))
    assert str(failure) == "unexpected error: ZeroDivisionError: division by zero"
    assert (failure.exit_status, failure.reason) == (1, "internal_error")


def test_version_and_help_need_no_setting(seeder: CommandLine) -> None:
    assert seeder("--version").out == f"seeder {__version__}\n"
    ended = seeder("--help")
    assert ended.status == 0
    assert all(
        command in ended.out
        for command in "run serve simulate repair prune publish status watch cancel".split()  # noqa: SIM905 - readable
    )


def test_no_command_at_all_gets_the_help_on_standard_error(seeder: CommandLine) -> None:
    ended = seeder()
    assert (ended.status, ended.out) == (2, "")
    assert ended.err == seeder("--help").out


@pytest.mark.processes
def test_help_loads_neither_the_app_nor_an_sdk() -> None:
    code = (
        "import sys; from cli.main import run_command_line; run_command_line(['run', '--help']);"
        "sys.exit(' '.join({'azure', 'openai', 'aiohttp', 'function_app'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.stderr.strip() == ""
