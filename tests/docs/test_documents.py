"""What the documents say of the product is so."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from cli.commands import app
from cli.errors import ExitStatus
from cli.main import run_command_line
from shared.reasons import Reason
from shared.rendering.inspect_image import inspect_image
from shared.runs.status import Status
from tests.support.markdown_documents import (
    ROOT,
    find_anchors,
    find_codes,
    find_commands,
    find_links,
    find_table,
    list_documents,
    read,
)

COMMANDS = get_command(app).commands  # type: ignore[attr-defined]  # it is a group

MAX_IMAGE_WIDTH, MAX_IMAGE_BYTES = 1600, 600_000

PORT_THAT_NOBODY_LISTENS_ON = "http://127.0.0.1:9"

FAILURES = [
    ({}, "run"),
    ({"AZURE_OPENAI_ENDPOINT": "http://models.example.com"}, "run"),
    ({"AZURE_OPENAI_ENDPOINT": PORT_THAT_NOBODY_LISTENS_ON, "AZURE_OPENAI_API_KEY": "x"}, "run"),
    ({"IMAGE_PROVIDER": "acme"}, "run"),
    ({"AZURE_OPENAI_ENDPOINT": PORT_THAT_NOBODY_LISTENS_ON, "IMAGE_PROVIDER": "fal"}, "run"),
    ({"TARGET_COUNT": "many"}, "run"),
    ({"AZURE_OPENAI_ENDPOINT": PORT_THAT_NOBODY_LISTENS_ON, "STORE": "blob"}, "run"),
    ({}, "run --catalog 'Big Shop'"),
    ({}, "run --faults faults.json"),
    ({}, "prune --catalog nothing"),
]
"""Settings and arguments of the failures that the README's table shows and that need no second program."""


def find_seeder_commands() -> list[tuple[str, str]]:
    """Return every ``seeder`` command of a shell block, with the document that shows it."""
    return [
        (name, match[1])
        for name in list_documents()
        for command in find_commands(read(name))
        if (match := re.match(r"(?:\S*/)?seeder (.+)", command)) is not None
    ]


@pytest.mark.parametrize(("document", "arguments"), find_seeder_commands())
def test_a_command_in_the_documents_has_flags_that_exist(document: str, arguments: str) -> None:
    name, *rest = shlex.split(arguments)
    assert name in COMMANDS, f"{document}: seeder {arguments}"
    COMMANDS[name].make_context(name, rest, resilient_parsing=False)


@pytest.mark.parametrize("name", list_documents())
def test_a_link_leads_to_something_that_is_there(name: str) -> None:
    for link in find_links(read(name)):
        target, _, anchor = link.partition("#")
        if "://" in target:
            continue
        path = (ROOT / name).parent / target if target else ROOT / name
        assert path.exists(), f"{name} links to {link}"
        if anchor:
            assert anchor in find_anchors(path.read_text(encoding="utf-8")), f"{name} links to {link}"


@pytest.mark.parametrize("name", list_documents())
def test_a_path_that_a_document_names_is_there(name: str) -> None:
    folders = "activities|bench|docs|infra|local|orchestrators|requirements|shared|tests|triggers"
    for code in find_codes(read(name)):
        if re.fullmatch(rf"(?:{folders})/[\w./-]+", code) and "NAME" not in code:
            assert (ROOT / code).exists(), f"{name} names {code}"


def test_the_guide_for_contributors_lists_every_folder_of_tests() -> None:
    text = read("CONTRIBUTING.md")
    listed = {code for row in find_table(text, "folder") for code in find_codes(row[0])}
    with_tests = {f"tests/{path.parent.name}" for path in (ROOT / "tests").glob("*/test_*.py")}
    folders = {f"tests/{path.name}" for path in (ROOT / "tests").iterdir() if path.is_dir()}
    assert with_tests <= listed <= folders


def test_the_image_of_the_readme_is_small_enough_to_load_fast() -> None:
    data = (ROOT / "docs/images/contact-sheet.jpg").read_bytes()
    assert inspect_image(data).width <= MAX_IMAGE_WIDTH
    assert len(data) < MAX_IMAGE_BYTES


def test_the_readme_lists_every_command() -> None:
    listed = [code for row in find_table(read("README.md"), "command") for code in find_codes(row[0])]
    assert {code.removeprefix("seeder ") for code in listed} == set(COMMANDS)


def test_the_readme_lists_every_reason_in_the_order_of_the_closed_list() -> None:
    listed = [find_codes(row[0])[0] for row in find_table(read("README.md"), "reason")]
    assert listed == [str(reason) for reason in Reason]


def test_the_readme_lists_every_status() -> None:
    listed = [code for row in find_table(read("README.md"), "status of a run") for code in find_codes(row[0])]
    assert listed == [str(status) for status in Status]


def test_the_readme_lists_every_exit_status() -> None:
    listed = [int(row[0]) for row in find_table(read("README.md"), "exit status")]
    assert listed == sorted(ExitStatus)


@pytest.mark.parametrize(("settings", "arguments"), FAILURES)
def test_a_message_in_the_readme_is_what_the_program_says(
    settings: dict[str, str],
    arguments: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name in [row[0] for row in find_table(read("README.md"), "setting")]:
        monkeypatch.delenv(find_codes(name)[0], raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    assert run_command_line(shlex.split(arguments)) != ExitStatus.DONE
    said = capfd.readouterr().err.strip().splitlines()[-1]
    documented = [find_codes(row[0])[0] for row in find_table(read("README.md"), "message")]
    assert said in documented
