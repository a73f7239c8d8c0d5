"""``seeder review``: where the page is, what is refused, and the line that leads there at the end of a run."""

import os
import signal
import socket
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli import review_page
from cli.command_target import CommandTarget
from cli.program_name import find_program
from cli.review_page import choose_port, make_page_url
from tests.cli.command_line import SMALL, CommandLine, RunningCommand
from tests.cli.deployed_app import DeployedApp
from tests.support.held_port import hold_port

WriteFaults = Callable[..., Path]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that commands of this process open in the browser."""
    pages: list[str] = []
    monkeypatch.setattr("cli.review_page.open_browser", pages.append)
    return pages


@pytest.fixture
def taken_port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A port that another program listens on, as the default port."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = int(other.getsockname()[1])
        monkeypatch.setattr(review_page, "DEFAULT_PORT", port)
        yield port


def write_catalog(folder: Path, name: str = "lego") -> None:
    file = folder / "catalogs" / name / "state" / "batches" / "00001.json"
    file.parent.mkdir(parents=True)
    file.write_text("{}")


def test_the_page_of_a_catalog_is_an_address_without_a_key() -> None:
    assert make_page_url("http://localhost:7071", None) == "http://localhost:7071/api/review/#/"
    expected = "https://app.example.com/api/review/#/catalogs/spring-sale/review"
    assert make_page_url("https://app.example.com", "spring-sale") == expected


def test_a_free_port_takes_the_place_of_the_default_one_that_is_taken(taken_port: int) -> None:
    assert choose_port(None) == 0
    assert choose_port(taken_port) == taken_port


def test_the_default_port_is_used_where_it_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with hold_port() as free:
        monkeypatch.setattr(review_page, "DEFAULT_PORT", free)
        assert choose_port(None) == free


@pytest.mark.parametrize(
    ("platform", "environment", "opens"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"BROWSER": "firefox"}, True),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_a_browser_is_opened_only_where_it_opens_windows(
    monkeypatch: pytest.MonkeyPatch, platform: str, environment: dict[str, str], opens: bool
) -> None:
    shown: list[str] = []

    class ThreadNow:
        def __init__(self, *, target: Callable[[str], None], args: tuple[str], daemon: bool) -> None:
            assert daemon
            self.start = lambda: target(*args)

    def show(url: str, new: int) -> bool:
        assert new == 2
        shown.append(url)
        return True

    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr("cli.review_page.threading.Thread", ThreadNow)
    monkeypatch.setattr("webbrowser.open", show)
    for name in review_page.DISPLAY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    review_page.open_browser("http://localhost:1/api/review/#/")
    assert shown == (["http://localhost:1/api/review/#/"] if opens else [])


def test_a_catalog_that_does_not_exist_is_reported_with_those_that_do(
    seeder: CommandLine, opened: list[str], tmp_path: Path
) -> None:
    write_catalog(tmp_path / "data_seed", "toys")
    ended = seeder("review", "lego", "--no-browser")
    assert (ended.status, ended.out, len(ended.error_lines)) == (1, "", 1)
    assert "'lego'" in ended.err
    assert "toys" in ended.err
    nowhere = seeder("review", "lego", "--output-dir", "other")
    assert (nowhere.status, len(nowhere.error_lines)) == (1, 1)
    assert not Path("other").exists()
    assert opened == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("Big Shop",),
        ("lego", "--port", "99999"),
        ("--url", "https://app.example.com", "--port", "7071"),
        ("--url", "https://app.example.com", "--offline"),
        ("--url", "https://app.example.com", "--key", "secret"),
        ("--faults", "faults.json"),
    ],
)
def test_wrong_usage_is_reported(seeder: CommandLine, opened: list[str], arguments: tuple[str, ...]) -> None:
    ended = seeder("review", *arguments)
    assert (ended.status, ended.out, opened) == (2, "", [])


def test_the_page_of_a_deployed_app_is_opened_without_a_key(
    seeder: CommandLine, deployed_app: DeployedApp, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUNCTIONS_KEY", "the-key")
    deployed_app.answer("GET /api/review/", (200, "<html>the page</html>"))
    ended = seeder("review", "lego", "--url", deployed_app.url)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.strip() == f"{deployed_app.url}/api/review/#/catalogs/lego/review"
    assert opened == [ended.out.strip()]
    assert [asked.key for asked in deployed_app.asked] == [None]
    assert seeder("review", "--url", deployed_app.url, "--no-browser").status == 0
    assert len(opened) == 1


@pytest.mark.parametrize(("status", "expected"), [(302, 0), (401, 0), (404, 1)])
def test_a_sign_in_before_a_deployed_app_is_left_to_the_browser(
    seeder: CommandLine, deployed_app: DeployedApp, opened: list[str], status: int, expected: int
) -> None:
    deployed_app.answer("GET /api/review/", (status, "<html>sign in</html>"))
    ended = seeder("review", "--url", deployed_app.url)
    assert (ended.status, len(opened)) == (expected, 1 - expected)


def test_an_app_that_cannot_be_reached_is_one_line(seeder: CommandLine, opened: list[str]) -> None:
    ended = seeder("review", "--url", "http://127.0.0.1:9")
    assert (ended.status, len(ended.error_lines), opened) == (1, 1, [])


def test_flags_of_the_store_are_those_that_a_review_takes() -> None:
    target = CommandTarget(output_dir=Path("my data"), store="folder", offline=True, faults=Path("faults.json"))
    assert target.store_flags == " --offline --output-dir 'my data' --store folder"
    assert target.flags == f"{target.store_flags} --faults faults.json"


@pytest.mark.parametrize(
    ("started", "on_path", "program"),
    [
        ("-c", None, "seeder"),
        ("bin/seeder", None, "bin/seeder"),
        ("bin/seeder", "elsewhere/seeder", "bin/seeder"),
        ("bin/seeder", "bin/seeder", "seeder"),
    ],
)
def test_an_advised_command_can_be_pasted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, started: str, on_path: str | None, program: str
) -> None:
    for folder in ("bin", "elsewhere"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "seeder").touch(mode=0o755)
    monkeypatch.setenv("PATH", "" if on_path is None else str(tmp_path / Path(on_path).parent))
    for given in (started, str(tmp_path / started)):
        monkeypatch.setattr(sys, "argv", [given])
        assert find_program() == program


@pytest.mark.processes
@pytest.mark.skipif(os.name == "nt", reason="signals of this kind are for POSIX")
def test_a_run_leads_to_the_page_of_its_catalog(
    seeder: CommandLine, write_faults: WriteFaults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = write_faults()
    ended = seeder("run", "--offline", "--faults", faults, "--output-dir", "data", "--target-count", "2", *SMALL)
    assert ended.out.splitlines()[-1].split(maxsplit=1) == ["review", "seeder review lego --offline --output-dir data"]
    assert "review" not in seeder("run", "--offline", "--target-count", "2", *SMALL, "--dry-run").out
    document = seeder("run", "--offline", "--output-dir", "data", "--target-count", "2", *SMALL, "--json")
    assert "seeder review" not in document.out

    monkeypatch.setenv("FUNCTIONS_KEY", "the-key")
    command = ["review", "lego", "--offline", "--output-dir", "data", "--port", "0", "--no-browser"]
    with RunningCommand(tmp_path, command) as reviewing:
        url = reviewing.read_line()
        page, sign, address = url.partition("#")
        assert (sign, address) == ("#", "/catalogs/lego/review")
        assert page.startswith("http://localhost:")
        assert "the-key" not in url
        reviewing.wait_for_error_line("Press Ctrl-C to stop")
        with urllib.request.urlopen(page.replace("review/", "health"), timeout=300) as answer:
            assert answer.status == 200

        busy = seeder("review", "lego", "--output-dir", "data", "--offline")
        assert (busy.status, busy.out, len(busy.error_lines)) == (1, "", 1)
        assert "is in use by process" in busy.err

        reviewing.send(signal.SIGINT)
        stopped = reviewing.wait()
    assert (stopped.status, stopped.error_lines[-1]) == (130, "stopped")
