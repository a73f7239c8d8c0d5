"""The prose check finds rejected words where a reader meets them, and passes the rest."""

import re

import pytest

from docs.tools.prose import Rule, check_text, load_rules, split_identifier
from tests.support.markdown_documents import read

RULES = load_rules()

ORDINARY_WORDS = {"engine", "hold", "iteration", "make", "pace", "page", "product"}
"""Words of the glossary's last column that the check passes, because they are right in other places."""

REJECTED = [
    ("guide.md", "The command tells the cost.", "tells"),
    ("guide.md", "The body is no JSON.", "is no "),
    ("guide.md", "Images are looked at.", "looked at"),
    ("guide.md", "Whoever asks gets an answer.", "Whoever"),
    ("guide.md", "A picture per item.", "picture"),
    ("guide.md", "A vision model judges it.", "judges"),
    ("guide.md", "The prompt is written anew.", "anew"),
    ("guide.md", "Each lane claims a page.", "lane"),
    ("guide.md", "In the next leg of the run.", "leg"),
    ("guide.md", "The best image ships.", "ships"),
    ("guide.md", "Facts of an image.", "Facts"),
    ("module.py", '"""Tell the outcome."""', "Tell"),
    ("module.py", "COUNT = 1  # nobody reads it", "nobody"),
    ("module.py", 'raise ValueError(f"{name} is no image")', "is no "),
    ("module.py", "MOST_CALLS = 1", "MOST_CALLS"),
    ("module.py", "LEAST_ITEMS = 1", "LEAST_ITEMS"),
    ("module.py", "def tell_status(): ...", "tell_status"),
    ("module.py", "class PatienceError(Exception): ...", "PatienceError"),
    ("module.py", "allowance = 1", "allowance"),
    ("module.py", "crew = []", "crew"),
    ("module.py", "beat = 1", "beat"),
    ("Makefile", "# makes images", "makes images"),
]

ACCEPTED = [
    ("guide.md", "There is no catalog 'x'."),
    ("guide.md", "A run is no longer active."),
    ("guide.md", "The column `leg` of `api_calls`."),
    ("guide.md", "```sh\necho tell\n```"),
    ("guide.md", "[the page](0024-results-are-told-by-item.md)"),
    ("module.py", '"""Return the column ``leg``."""'),
    ("module.py", 'QUERY = "SELECT leg FROM api_calls"'),
    ("module.py", 'name = "leg"'),
    ("module.py", "heartbeat = 1"),
    ("module.py", "is_shipped = True"),
    ("module.py", "counter.most_common()"),
]


@pytest.mark.parametrize(("path", "source", "word"), REJECTED)
def test_a_rejected_word_is_found(path: str, source: str, word: str) -> None:
    (finding,) = check_text(path, source, RULES)
    assert finding.word == word
    assert finding.line == 1


@pytest.mark.parametrize(("path", "source"), ACCEPTED)
def test_code_and_ordinary_words_pass(path: str, source: str) -> None:
    assert list(check_text(path, source, RULES)) == []


def test_a_finding_after_a_code_block_has_its_own_line() -> None:
    (finding,) = check_text("guide.md", "one\n```sh\ntell\n```\nIt tells.", RULES)
    assert finding.line == 5


def test_a_rule_is_skipped_where_the_word_has_its_ordinary_meaning() -> None:
    assert list(check_text("model_simulator/drawing/body.py", '"""Draw two legs."""', RULES)) == []


def test_each_rule_says_what_to_write_instead() -> None:
    rules: list[Rule] = [*RULES.words, *RULES.identifiers]
    assert all(rule.use for rule in rules)


def test_an_identifier_is_split_at_underscores_and_capitals() -> None:
    assert split_identifier("_MOST_imageCalls2Make") == "MOST image Calls2 Make"


def test_the_check_rejects_the_words_that_the_glossary_replaces() -> None:
    cells = re.findall(r"^\|[^|]*\|[^|]*\| ([^|]+) \|$", read("docs/glossary.md"), re.MULTILINE)
    words = {word for cell in cells[1:] for word in re.sub(r" \(.*?\)", "", cell).split(", ")} - {"---", "instead of"}
    passed = {word for word in words if not list(check_text("guide.md", f"A {word} of them.", RULES))}
    assert passed == ORDINARY_WORDS
