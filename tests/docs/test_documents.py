"""Links, paths and commands in the documents exist."""

import re
import shlex

import pytest

from docs.tools.command_reference import COMMANDS
from shared.rendering.inspect_image import inspect_image
from tests.support.markdown_documents import (
    ROOT,
    find_anchors,
    find_codes,
    find_commands,
    find_links,
    find_table,
    list_documents,
    read,
    remove_blocks,
)

MAX_IMAGE_WIDTH, MAX_IMAGE_BYTES = 1600, 600_000

MIN_SCREENSHOTS, MAX_SCREENSHOT_BYTES = 10, 150_000

MAX_README_LINES = 130
MIN_WALK_STEPS = 15


def find_seeder_commands() -> list[tuple[str, str]]:
    """Return every ``seeder`` command of a shell block, with the document that shows it."""
    return [
        (name, match[1])
        for name in list_documents()
        for command in find_commands(read(name))
        if (match := re.match(r"(?:\S*/)?seeder (.+)", command)) is not None
    ]


@pytest.mark.parametrize(("document", "arguments"), find_seeder_commands())
def test_a_command_in_the_documents_has_existing_flags(document: str, arguments: str) -> None:
    name, *rest = shlex.split(arguments)
    assert name in COMMANDS, f"{document}: seeder {arguments}"
    COMMANDS[name].make_context(name, rest, resilient_parsing=False)


@pytest.mark.parametrize("name", list_documents())
def test_a_link_leads_to_an_existing_file_and_heading(name: str) -> None:
    for link in find_links(read(name)):
        target, _, anchor = link.partition("#")
        if "://" in target:
            continue
        path = (ROOT / name).parent / target if target else ROOT / name
        assert path.exists(), f"{name} links to {link}"
        if anchor:
            assert anchor in find_anchors(path.read_text(encoding="utf-8")), f"{name} links to {link}"


@pytest.mark.parametrize("name", list_documents())
def test_a_path_in_a_document_exists(name: str) -> None:
    folders = "activities|bench|cli|docs|durable_emulator|infra|model_simulator|orchestrators|shared|tests|triggers"
    for code in find_codes(remove_blocks(read(name))):
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


def test_the_screenshots_of_the_page_are_small_and_shown_in_both_themes() -> None:
    shown = {link.rpartition("/")[2] for name in list_documents() for link in find_links(read(name))}
    files = {path.name: path.stat().st_size for path in (ROOT / "docs/images").glob("review-*")}
    assert len(files) > MIN_SCREENSHOTS
    assert {name: size for name, size in files.items() if size > MAX_SCREENSHOT_BYTES} == {}
    assert set(files) - shown == set()
    assert {name.replace("-dark.", "-light.") for name in files} == {name for name in files if "-light." in name}


def test_the_readme_is_a_front_door() -> None:
    assert len(read("README.md").splitlines()) <= MAX_README_LINES


def test_every_guide_and_reference_page_is_linked_from_the_readme() -> None:
    linked = {link.partition("#")[0] for link in find_links(read("README.md"))}
    pages = {
        path.relative_to(ROOT).as_posix()
        for name in ("guides", "reference")
        for path in (ROOT / "docs" / name).glob("*.md")
    }
    assert pages - linked == set()


def test_remarks_on_what_was_not_run_are_on_one_page() -> None:
    remarks = [name for name in list_documents() if re.search(r"not (?:been )?run here|was not run", read(name))]
    assert remarks == []


def test_the_walks_through_the_code_name_functions_that_exist() -> None:
    steps = re.findall(r"^\d+\. `([\w/]+\.py)`,\s+`([\w.]+)`", read("docs/design/architecture.md"), re.MULTILINE)
    missing = [
        f"{path}: {name}"
        for path, name in steps
        if not re.search(rf"def {name.rpartition('.')[2]}\(", (ROOT / path).read_text(encoding="utf-8"))
    ]
    assert len(steps) > MIN_WALK_STEPS
    assert missing == []
