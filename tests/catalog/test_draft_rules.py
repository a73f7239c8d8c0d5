"""The rules accept and reject drafts."""

import json
import re
import unicodedata
import uuid
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from shared.catalog.draft_rules import DraftValidation, NameIndex, validate_drafts
from shared.catalog.forbidden_words import holds_word
from shared.catalog.items import Draft, Item, Rejection
from shared.catalog.theme import DEFAULT_OPENINGS, DEFAULT_TAIL, Theme
from shared.reasons import Reason
from tests.strategies import (
    CATEGORIES,
    THOROUGH,
    disguises,
    draft_batches,
    drafts,
    forbidden_words,
    make_draft,
    nasty_texts,
    plain_names,
)
from tests.support.importer_rules import import_rows

THEME = Theme()
SECOND_NAMES = ("Lunar Baker", "Coral Diver", "Rustic Wizard")


def judge(
    *drafts: Draft,
    held: Sequence[str] = (),
    theme: Theme = THEME,
    max_accepted: int = 1000,
    validate_items: bool = True,
) -> DraftValidation:
    index = NameIndex()
    for name in held:
        index.add(name, CATEGORIES[0])
    return validate_drafts(
        drafts,
        index=index,
        categories=CATEGORIES,
        theme=theme,
        max_accepted=max_accepted,
        validate_items=validate_items,
    )


def reasons_of(draft: Draft, *, theme: Theme = THEME, validate_items: bool = True) -> set[Reason]:
    verdict = judge(draft, theme=theme, validate_items=validate_items)
    return set(verdict.rejected[0].reasons) if verdict.rejected else set()


def make_rows(drafts: Sequence[Draft]) -> list[dict[str, object]]:
    rows = []
    for draft in drafts:
        product_id = str(uuid.uuid4())
        item = Item(
            product_id=product_id,
            name=draft.name,
            description=draft.description,
            category=draft.category,
            filename=f"{product_id}.png",
            image_prompt=draft.image_prompt,
        )
        rows.append(item.to_json())
    return rows


def find_broken_rules(draft: Draft) -> list[str]:
    """The rules of the design, read off the page once more."""
    texts = (draft.name, draft.description, draft.image_prompt)
    words = "|".join(re.escape(word) for word in THEME.forbidden_words)
    searched = (draft.name, draft.description, draft.image_prompt.split(",", 1)[-1].replace(DEFAULT_TAIL, ""))
    checks = {
        "name of 3-80 characters": 3 <= len(draft.name) <= 80,
        "name of at most 6 words": len(draft.name.split()) <= 6,
        "description of 20-1200 characters": 20 <= len(draft.description) <= 1200,
        "description of sentences": re.search(r"[.!?\u2026\u3002]", draft.description) is not None,
        "category of the catalog": draft.category in CATEGORIES,
        "prompt opening": draft.image_prompt.startswith(DEFAULT_OPENINGS),
        "prompt of at most 260 characters": len(draft.image_prompt) <= 260,
        "no forbidden word": not any(re.search(rf"\b({words})\b", text, re.IGNORECASE) for text in searched),
        "one line": all(" ".join(text.split()) == text for text in texts),
        "no control characters": not any(unicodedata.category(c) in {"Cc", "Cs"} for text in texts for c in text),
    }
    return [rule for rule, kept in checks.items() if not kept]


# --- whatever comes --------------------------------------------------------------------------------------------------


@THOROUGH
@given(draft_batches, st.integers(-1, 15), st.booleans())
def test_every_draft_is_accepted_or_rejected_or_surplus_and_room_is_never_exceeded(
    batch: list[Draft], max_accepted: int, validate_items: bool
) -> None:
    verdict = judge(*batch, held=SECOND_NAMES, max_accepted=max_accepted, validate_items=validate_items)
    assert len(verdict.accepted) + len(verdict.rejected) + verdict.surplus == len(batch)
    assert len(verdict.accepted) <= max(0, max_accepted)
    assert not verdict.surplus or len(verdict.accepted) == max(0, max_accepted)


@THOROUGH
@given(draft_batches)
def test_what_is_accepted_keeps_every_rule_of_the_design(batch: list[Draft]) -> None:
    for draft in judge(*batch).accepted:
        assert find_broken_rules(draft) == []


@THOROUGH
@given(draft_batches)
def test_accepted_names_are_neither_duplicates_nor_near_duplicates_of_what_the_catalog_holds(
    batch: list[Draft],
) -> None:
    accepted = judge(*batch, held=SECOND_NAMES).accepted
    folded = [" ".join(name.casefold().split()) for name in (*SECOND_NAMES, *(draft.name for draft in accepted))]
    assert len(set(folded)) == len(folded)
    named = [(name, CATEGORIES[0]) for name in SECOND_NAMES] + [(draft.name, draft.category) for draft in accepted]
    for place, (name, category) in enumerate(named):
        for other, other_category in named[:place]:
            same = fuzz.token_sort_ratio(name.casefold(), other.casefold())
            assert category != other_category or same < 90


@THOROUGH
@given(draft_batches, st.booleans())
def test_the_importer_takes_every_accepted_row_with_and_without_content_rules(
    batch: list[Draft], validate_items: bool
) -> None:
    rows = make_rows(judge(*batch, validate_items=validate_items).accepted)
    assert len(import_rows(rows)) == len(rows)


@THOROUGH
@given(draft_batches)
def test_without_content_rules_names_are_still_unique(batch: list[Draft]) -> None:
    accepted = judge(*batch, held=SECOND_NAMES, validate_items=False).accepted
    folded = [" ".join(draft.name.casefold().split()) for draft in accepted]
    assert len(set(folded)) == len(folded)
    assert not set(folded) & {name.casefold() for name in SECOND_NAMES}


@THOROUGH
@given(drafts)
def test_content_rules_only_ever_take_away(draft: Draft) -> None:
    assert judge(draft, validate_items=False).accepted or not judge(draft).accepted


@THOROUGH
@given(draft_batches)
def test_a_rejection_reports_why_once_and_becomes_a_row_of_json(batch: list[Draft]) -> None:
    for rejection in judge(*batch).rejected:
        assert rejection.reasons
        assert len(set(rejection.reasons)) == len(rejection.reasons)
        row = rejection.to_json()
        assert set(row) == {"kind", "name", "description", "category", "imagePrompt", "reasons", "messages"}
        assert len(row["messages"]) >= len(row["reasons"])
        assert json.dumps(row, ensure_ascii=False).encode()  # fails for half of a character


def test_the_index_of_the_catalog_is_left_as_it_is() -> None:
    index = NameIndex()
    for _ in range(2):
        verdict = validate_drafts([make_draft()], index=index, categories=CATEGORIES, theme=THEME, max_accepted=9)
        assert len(verdict.accepted) == 1


# --- one rule at a time ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("Ed", {Reason.NAME_LENGTH}),
        ("Bob", set()),
        ("B" * 80, set()),
        ("B" * 81, {Reason.NAME_LENGTH}),
        ("\U0001f680" * 40, set()),  # 80 UTF-16 units, which is what the importer counts
        ("\U0001f680" * 41, {Reason.NAME_LENGTH}),
        ("One Two Three Four Five Six", set()),
        ("One Two Three Four Five Six Seven", {Reason.NAME_WORDS}),
        ("Marvel Hero", {Reason.FORBIDDEN_WORD}),
        ("Marvelous Hero", set()),
    ],
)
def test_names(name: str, reasons: set[Reason]) -> None:
    assert reasons_of(make_draft(name)) == reasons


@pytest.mark.parametrize(
    ("description", "reasons"),
    [
        ("A figure. A hat too.", set()),
        ("A figure. A hat to.", {Reason.DESCRIPTION_LENGTH}),
        (f"{'a' * 1196}. B.", set()),
        (f"{'a' * 1197}. B.", {Reason.DESCRIPTION_LENGTH}),
        ("Only one sentence, however long.", {Reason.DESCRIPTION_SENTENCES}),
        ("One here. Two here. Three here. Four.", set()),
        ("One. Two. Three. Four. And five.", {Reason.DESCRIPTION_SENTENCES}),
        ("One sentence here! And a rest without end", set()),
        ("Costs 3.50 in version 2.0 of the year. Fine.", set()),
        ('She says "hello there!" A second one (really?)', set()),
        ("小さな宇宙飛行士が月面基地で働いています。銀色のヘルメット付き。", set()),
        ("Looks like Darth  Vader in the rain. Comes with a hat.", {Reason.FORBIDDEN_WORD}),
        ("Not a Batman's friend at all. Comes with a hat.", {Reason.FORBIDDEN_WORD}),
    ],
)
def test_descriptions(description: str, reasons: set[Reason]) -> None:
    assert reasons_of(make_draft(description=description)) == reasons


@pytest.mark.parametrize(
    ("prompt", "reasons"),
    [
        (f"Photorealistic LEGO-style figure, hat, {DEFAULT_TAIL}", set()),
        (f"A photo of a figure, {DEFAULT_TAIL}", set()),
        (DEFAULT_OPENINGS[0], {Reason.PROMPT_LENGTH}),
        (f"{DEFAULT_OPENINGS[0]}, {DEFAULT_TAIL}", {Reason.PROMPT_LENGTH}),
        (f"photorealistic lego-style figure, {DEFAULT_TAIL}", {Reason.PROMPT_LENGTH}),
        (f"photorealistic lego-style figure, hat, {DEFAULT_TAIL}", set()),
        (f"Photorealistic LEGO-style figure, {'x' * 163}, {DEFAULT_TAIL}", set()),
        (f"Photorealistic LEGO-style figure, {'x' * 164}, {DEFAULT_TAIL}", {Reason.PROMPT_LENGTH}),
        (f"Photorealistic LEGO-style figure, with logo, {DEFAULT_TAIL}", {Reason.FORBIDDEN_WORD}),
        ("", {Reason.PROMPT_LENGTH}),
    ],
)
def test_image_prompts(prompt: str, reasons: set[Reason]) -> None:
    assert reasons_of(make_draft(image_prompt=prompt)) == reasons


@pytest.mark.parametrize("ending", ["", ",", ".", f", {DEFAULT_TAIL}"])
def test_an_image_prompt_ends_with_the_tail_whether_or_not_the_model_remembered_it(ending: str) -> None:
    prompt = f"{DEFAULT_OPENINGS[0]}, red cap{ending}"
    draft = Draft(
        name="Lunar Rock Analyst",
        description="It looks at rocks. It likes them.",
        category="Space Explorers",
        image_prompt=prompt,
    )
    verdict = validate_drafts([draft], index=NameIndex(), categories=["Space Explorers"], theme=Theme(), max_accepted=1)
    assert [item.image_prompt for item in verdict.accepted] == [f"{DEFAULT_OPENINGS[0]}, red cap, {DEFAULT_TAIL}"]


def test_the_longest_prompts_have_260_characters() -> None:
    longest = f"Photorealistic LEGO-style figure, {'x' * 163}, {DEFAULT_TAIL}"
    assert len(longest) == 260


@pytest.mark.parametrize("prompt", ["", "x" * 30_000, "anything"])
def test_without_content_rules_a_prompt_only_has_to_be_there(prompt: str) -> None:
    expected = set() if prompt else {Reason.PROMPT_LENGTH}
    assert reasons_of(make_draft(image_prompt=prompt), validate_items=False) == expected


@pytest.mark.parametrize("spelled", ["space explorers", "  SPACE\u00a0explorers ", "\ufeffSpace Explorers\r\n"])
def test_a_category_is_spelled_as_the_catalog_spells_it(spelled: str) -> None:
    assert judge(make_draft(category=spelled)).accepted[0].category == "Space Explorers"


@pytest.mark.parametrize("category", ["Space", "Space Explorer", "", "City Life, Space Explorers"])
@pytest.mark.parametrize("validate_items", [True, False])
def test_an_unknown_category_is_never_taken(category: str, validate_items: bool) -> None:
    assert reasons_of(make_draft(category=category), validate_items=validate_items) == {Reason.UNKNOWN_CATEGORY}


def test_all_broken_rules_are_reported_not_only_the_first() -> None:
    draft = make_draft("Ed", description="Short.", category="Nowhere", image_prompt="Batman")
    assert reasons_of(draft) == {
        Reason.NAME_LENGTH,
        Reason.UNKNOWN_CATEGORY,
        Reason.DESCRIPTION_LENGTH,
        Reason.DESCRIPTION_SENTENCES,
        Reason.FORBIDDEN_WORD,
    }


# --- forbidden words -------------------------------------------------------------------------------------------------


@THOROUGH
@given(forbidden_words.flatmap(disguises), st.sampled_from(("name", "description", "image_prompt")), nasty_texts)
@example("Pok\u00e9mon", "name", "")
@example("Mar\u200bvel", "description", "")
@example("SPIDER MAN", "image_prompt", "")
@example("star_wars", "name", "")
@example("_Marvel_", "description", "")
def test_a_forbidden_word_is_found_in_any_case_accents_and_spacing(word: str, field: str, rest: str) -> None:
    draft = make_draft()
    value = getattr(draft, field)
    for text in (f"{value}, {word}, {rest}", f"{value} ({word})", f"{value} {word}'s"):
        assert Reason.FORBIDDEN_WORD in reasons_of(draft.model_copy(update={field: text}))


@THOROUGH
@given(plain_names, forbidden_words, st.sampled_from("abzß9"))
def test_a_forbidden_word_within_another_word_is_none(name: str, word: str, letter: str) -> None:
    assert not holds_word(f"{name} {letter}{word}{letter}", (word,))


def test_opening_and_tail_may_hold_what_is_forbidden_between_them() -> None:
    theme = Theme(openings=("Photo of", "Photo of a logo,"), tail="official look", forbidden_words=("logo", "official"))
    assert reasons_of(make_draft(image_prompt="Photo of a logo, red hat, official look"), theme=theme) == set()
    for prompt in ("Photo of a red logo, official look", "Photo of a hat, official red, official look"):
        assert reasons_of(make_draft(image_prompt=prompt), theme=theme) == {Reason.FORBIDDEN_WORD}


def test_without_forbidden_words_none_is_found() -> None:
    assert not holds_word("Batman and the logo", ())


# --- duplicates ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "same",
    [
        "captain nova",
        "CAPTAIN  NOVA",
        " Captain\u00a0Nova\r\n",
        "\ufeffCaptain Nova",
        "Cap\u200btain Nova",
        "\uff23aptain Nova",
    ],
)
@pytest.mark.parametrize("category", CATEGORIES)
def test_a_name_is_taken_in_all_categories(same: str, category: str) -> None:
    in_index = judge(make_draft(same, category=category), held=["Captain Nova"])
    in_batch = judge(make_draft("Captain Nova"), make_draft(same, category=category))
    for verdict in (in_index, in_batch):
        assert [rejection.reasons for rejection in verdict.rejected] == [(Reason.DUPLICATE_NAME,)]


@pytest.mark.parametrize("similar", ["Captain Novas", "Nova Captain", "Captain  Nova!"])
def test_a_near_duplicate_is_refused_within_its_category_only(similar: str) -> None:
    first = make_draft("Captain Nova")
    assert judge(first, make_draft(similar)).rejected[0].reasons == (Reason.NEAR_DUPLICATE_NAME,)
    assert not judge(first, make_draft(similar, category=CATEGORIES[1])).rejected


@THOROUGH
@given(plain_names, st.data())
def test_a_near_duplicate_is_what_is_similar_word_by_word_in_any_order(name: str, data: st.DataObject) -> None:
    words = data.draw(st.permutations(name.split()))
    cut = data.draw(st.integers(0, 6))
    similar = " ".join(words)[cut:]
    index = NameIndex()
    index.add(name, CATEGORIES[0])
    is_taken = index.find_duplicate(similar, CATEGORIES[0]) is not None
    assert is_taken == (fuzz.token_sort_ratio(name.casefold(), " ".join(similar.casefold().split())) >= 90)


def test_the_name_of_a_rejected_draft_is_free() -> None:
    verdict = judge(make_draft(description="Short."), make_draft())
    assert (len(verdict.accepted), len(verdict.rejected)) == (1, 1)


def test_surplus_is_dropped_and_not_held_against_the_model() -> None:
    verdict = judge(make_draft("Captain Nova"), make_draft("Polar Baker"), make_draft("Amber Chef"), max_accepted=1)
    assert (len(verdict.accepted), verdict.rejected, verdict.surplus) == (1, (), 2)


@pytest.mark.parametrize("field", ["name", "description", "category", "image_prompt"])
@pytest.mark.parametrize("piece", ["\ud800", "\x00", "\x1b", "\r\n", "\u2028", "\u202e", "\ufeff", "\u200b", "\u00ad"])
def test_what_cannot_be_seen_or_stored_is_left_out_whether_accepted_or_not(field: str, piece: str) -> None:
    draft = make_draft()
    value = getattr(draft, field)
    verdict = judge(draft.model_copy(update={field: f"{piece}{value} {piece}"}))
    assert [getattr(kept, field) for kept in verdict.accepted] == [value]
    spoiled = make_draft("Ed").model_copy(update={"category": f"No{piece}where"})
    assert piece not in str(judge(spoiled).rejected[0].draft.category)


def test_emoji_and_joined_letters_stay_whole() -> None:
    assert (
        judge(make_draft("Family \U0001f468\u200d\U0001f469")).accepted[0].name == "Family \U0001f468\u200d\U0001f469"
    )


def test_a_rejection_keeps_the_draft() -> None:
    row = Rejection(make_draft("Ed"), (Reason.NAME_LENGTH,)).to_json()
    assert (row["name"], row["reasons"]) == ("Ed", ["name_length"])
