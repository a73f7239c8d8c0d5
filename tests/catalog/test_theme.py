"""Themes: the default of the design, and the limits of one that a caller brings."""

from typing import Any

import pytest
from pydantic import ValidationError

from shared.catalog.draft_rules import MAX_PROMPT_CHARACTERS, NameIndex, find_prompt_limit, validate_drafts
from shared.catalog.forbidden_words import holds_word
from shared.catalog.theme import DEFAULT_OPENINGS, DEFAULT_TAIL, Theme
from shared.runs.request import SeedRequest, describe_validation_error
from tests.strategies import make_draft
from tests.support.importer_rules import slugify

OF_THE_DESIGN = (
    "logo", "official", "trademark", "Star Wars", "Marvel", "DC Comics", "Harry Potter", "Ninjago", "Disney", "Pokemon",
    "Batman",
)  # fmt: skip


def read(**theme: Any) -> Theme:
    return SeedRequest.from_json({"catalog": "lego", "theme": theme}).theme


def problem_of(**theme: Any) -> tuple[str, str]:
    with pytest.raises(ValidationError) as caught:
        read(**theme)
    first = describe_validation_error(caught.value)[0]
    return first["field"], first["message"]


def test_the_default_theme_is_that_of_the_design() -> None:
    theme = Theme()
    assert theme.openings == ("Photorealistic LEGO-style minifigure", "Photorealistic LEGO-style figure")
    assert theme.tail == "clean background, high detail, vibrant, evenly lit, 1024x1024"
    assert set(theme.forbidden_words) >= set(OF_THE_DESIGN)


def test_the_default_theme_does_not_forbid_itself() -> None:
    for text in (*DEFAULT_OPENINGS, DEFAULT_TAIL, Theme().subject, make_draft().description):
        assert not holds_word(text, Theme().forbidden_words)


def test_no_forbidden_word_is_listed_twice() -> None:
    words = [slugify(word) for word in Theme().forbidden_words]
    assert sorted({word for word in words if words.count(word) > 1}) == ["spiderman"]  # Spider-Man, and in one word


@pytest.mark.parametrize(
    ("theme", "field", "message"),
    [
        ({"openings": []}, "theme.openings", "at least 1"),
        ({"openings": ["a"] * 9}, "theme.openings", "at most 8"),
        ({"openings": "Photo of"}, "theme.openings", "JSON array"),
        ({"openings": ["Photo", 5]}, "theme.openings.1", "valid string, got 5"),
        ({"openings": ["\u200b \x00"]}, "theme.openings.0", "is blank; expected words"),
        ({"openings": ["x" * 121]}, "theme.openings.0", "at most 120 characters"),
        ({"forbiddenWords": ["x"] * 501}, "theme.forbiddenWords", "at most 500"),
        ({"forbiddenWords": [" "]}, "theme.forbiddenWords.0", "' ' is blank; expected words"),
        ({"forbiddenWords": None}, "theme.forbiddenWords", "JSON array"),
        ({"subject": ""}, "theme.subject", "'' is blank; expected words"),
        ({"subject": "x" * 501}, "theme.subject", "at most 500 characters"),
        ({"tail": "x" * 121}, "theme.tail", "at most 120 characters"),
        ({"tail": None}, "theme.tail", "valid string, got None"),
        ({"forbidden_words": []}, "theme.forbidden_words", "is not a field of this request"),
        ({"palette": "red"}, "theme.palette", "is not a field of this request"),
        ({"openings": ["x" * 61], "tail": "x" * 120}, "theme", "181 characters together; expected at most 180"),
    ],
)
def test_the_limits_of_a_theme(theme: dict[str, Any], field: str, message: str) -> None:
    named, reported = problem_of(**theme)
    assert named == field
    assert message in reported


def test_the_edges_of_a_theme_are_in_it() -> None:
    theme = read(subject="x" * 500, openings=["x" * 60] * 8, tail="x" * 120, forbiddenWords=["x" * 120] * 500)
    assert len(theme.forbidden_words) == 500
    assert read(tail="", forbiddenWords=[]).forbidden_words == ()


def test_texts_are_kept_as_drafts_texts_are_so_that_they_can_be_compared() -> None:
    theme = read(subject=" garden\r\n tools ", openings=["\ufeffPhoto  of\ta"], tail="white \x00 floor ")
    assert (theme.subject, theme.openings, theme.tail) == ("garden tools", ("Photo of a",), "white floor")


def test_the_style_stands_before_the_tail_and_makes_prompts_longer() -> None:
    theme = read(tail="high detail", style={"light": "soft light,", "palette": "earth tones"})
    assert theme.ending == "soft light, earth tones, high detail"
    assert theme.style_characters == len("soft light, earth tones, ")
    assert find_prompt_limit(theme) == find_prompt_limit(read(tail="high detail")) + theme.style_characters
    assert read(tail="", style={"camera": "eye level"}).ending == "eye level"
    assert Theme().ending == DEFAULT_TAIL


@pytest.mark.parametrize("part", ["light", "background", "camera", "palette"])
def test_a_part_of_the_style_has_at_most_80_characters(part: str) -> None:
    assert read(style={part: "x" * 80}).ending.startswith("x" * 80)
    assert problem_of(style={part: "x" * 81})[0] == f"theme.style.{part}"


def test_a_draft_without_the_style_gets_it_and_may_be_longer_by_it() -> None:
    style = {"light": "l" * 80, "background": "b" * 80, "camera": "c" * 80, "palette": "p" * 80}
    theme = read(openings=["Photo of"], tail="sharp", style=style)
    draft = make_draft(image_prompt=f"Photo of a red boat on a lake, {'a long detail, ' * 8}sharp")
    categories = (draft.category,)
    judged = validate_drafts([draft], index=NameIndex(), categories=categories, theme=theme, max_accepted=1)
    prompts = [one.image_prompt for one in judged.accepted]
    assert len(prompts) == 1
    assert prompts[0].startswith("Photo of a red boat")
    assert prompts[0].endswith(theme.ending)
    assert len(prompts[0]) > MAX_PROMPT_CHARACTERS
