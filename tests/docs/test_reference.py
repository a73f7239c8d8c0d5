"""The generated parts of the documents are current and complete."""

import re
from pathlib import Path

import pytest

from cli.errors import ExitStatus
from docs.tools import reference
from docs.tools.command_reference import COMMANDS
from docs.tools.reference import BLOCKS, generate_files
from docs.tools.reference_tables import read_member_docs
from shared.reasons import Reason
from shared.runs.request import SeedRequest
from shared.runs.status import Status
from tests.support.markdown_documents import ROOT, find_codes, find_table, list_documents, read


def list_codes(document: str, heading: str) -> list[str]:
    return [code for row in find_table(read(document), heading) for code in find_codes(row[0])]


@pytest.mark.processes
def test_every_generated_part_is_current() -> None:
    outdated = [name for name, present, generated in generate_files(ROOT) if present != generated]
    assert outdated == [], "run: make docs"


def test_every_generator_has_a_place_in_the_documents() -> None:
    used = {
        name
        for document in list_documents()
        for name in re.findall(r"^<!-- generated: (\S+) -->$", read(document), re.MULTILINE)
    }
    assert used == set(BLOCKS)


def test_the_check_reports_an_outdated_part_and_the_command_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- generated: reasons -->\nold\n<!-- end -->\n", encoding="utf-8")
    monkeypatch.setattr(reference, "ROOT", tmp_path)
    monkeypatch.setattr(reference, "FILES", {})
    assert reference.main(["--check"]) == 1
    assert capsys.readouterr().out == "page.md is outdated; run: make docs\n"
    assert reference.main([]) == 0
    assert "`name_length`" in page.read_text(encoding="utf-8")
    assert reference.main(["--check"]) == 0


def test_every_reason_has_a_meaning() -> None:
    assert set(read_member_docs(Reason)) == {reason.name for reason in Reason}
    assert list_codes("docs/reference/reasons.md", "reason") == [str(reason) for reason in Reason]


def test_every_command_has_a_section() -> None:
    sections = re.findall(r"^## seeder (\w+)$", read("docs/reference/commands.md"), re.MULTILINE)
    assert sections == list(COMMANDS)


def test_every_field_of_a_request_is_described() -> None:
    fields = list_codes("docs/reference/request.md", "field of `SeedRequest`")
    assert fields == list(SeedRequest(catalog="lego").to_json())


def test_every_status_of_a_run_is_described() -> None:
    assert list_codes("docs/guides/review-failures.md", "status") == [str(status) for status in Status]


def test_every_exit_status_is_described() -> None:
    rows = find_table(read("docs/guides/review-failures.md"), "exit status")
    assert [int(row[0]) for row in rows] == sorted(ExitStatus)
