"""The rules that turn drafts into items (``docs/importer.md`` says which of them the importer needs).

Content rules can be switched off (``validateItems: false``); uniqueness and the importer's limits cannot.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process

from shared.domain.category_names import MAX_CATEGORY_CHARACTERS, CategoryNames
from shared.domain.items import Category, Draft, Rejection, make_slug
from shared.domain.texts import clean_line, count_sentences, count_utf16_units, fold_name
from shared.domain.themes import Theme
from shared.domain.word_search import holds_word
from shared.reasons import Reason

MIN_NAME_CHARACTERS, MAX_NAME_CHARACTERS, MAX_NAME_WORDS = 3, 80, 6
MIN_DESCRIPTION_CHARACTERS, MAX_DESCRIPTION_CHARACTERS = 20, 1200
MIN_SENTENCES, MAX_SENTENCES = 2, 4
ASKED_PROMPT_CHARACTERS, MAX_PROMPT_CHARACTERS = 230, 260
MIN_CATEGORY_WORDS, MAX_CATEGORY_WORDS = 2, 3

NEAR_DUPLICATE_SCORE = 90
"""Similarity (0-100) from which two names of one category count as the same. Word lists of 50 x 50 x 50 gave 5,000
names of which 96-97 % stayed below it."""

JOINING_WORDS = frozenset({"a", "an", "by", "for", "in", "of", "on", "showing", "the", "with"})
"""An opening that ends in one of these goes on without a comma."""


@dataclass(slots=True)
class NameIndex:
    """The names that a catalog holds, for telling duplicates; grows with every accepted item."""

    _names: set[str] = field(default_factory=set)
    _by_category: dict[str, list[str]] = field(default_factory=dict)
    """Words sorted once: ``fuzz.token_sort_ratio`` would sort all of them for every draft, at four times the cost."""

    def add(self, name: str, category: str) -> None:
        """Remember an accepted item's name."""
        folded = fold_name(name)
        self._names.add(folded)
        self._by_category.setdefault(category, []).append(_sort_words(folded))

    def find_duplicate(self, name: str, category: str) -> Reason | None:
        """Return why the name cannot be taken any more, or None if it is new.

        Near-duplicates are looked for within the category only: one name against 50,000 costs milliseconds.
        """
        folded = fold_name(name)
        if folded in self._names:
            return Reason.DUPLICATE_NAME
        near = process.extractOne(
            _sort_words(folded),
            self._by_category.get(category, ()),
            scorer=fuzz.ratio,
            score_cutoff=NEAR_DUPLICATE_SCORE,
        )
        return Reason.NEAR_DUPLICATE_NAME if near else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules made of a batch of drafts, texts normalized."""

    accepted: tuple[Draft, ...]
    rejected: tuple[Rejection, ...]
    surplus: int


def judge_drafts(
    drafts: Sequence[Draft],
    *,
    index: NameIndex,
    categories: Iterable[str],
    theme: Theme,
    room: int,
    validate_items: bool = True,
) -> Verdict:
    """Accept or reject each draft.

    Args:
        drafts: what the model proposed, in its order.
        index: the names that the catalog holds already; left as it is.
        categories: the catalog's category names.
        theme: openings, tail and forbidden words.
        room: how many items the catalog still needs; drafts beyond it are dropped, not rejected.
        validate_items: False skips the content rules.
    """
    by_folded_name = {fold_name(name): name for name in categories}
    fresh = NameIndex()
    accepted: list[Draft] = []
    rejected: list[Rejection] = []
    surplus = 0
    for draft in (_normalize(draft, theme) for draft in drafts):
        category = by_folded_name.get(fold_name(draft.category))
        draft = draft if category is None else draft.model_copy(update={"category": category})  # noqa: PLW2901 - spelled as ours
        reasons = _find_limit_reasons(draft, known_category=category is not None)
        if validate_items:
            reasons += _find_content_reasons(draft, theme)
        duplicate = index.find_duplicate(draft.name, draft.category) or fresh.find_duplicate(
            draft.name,
            draft.category,
        )
        if duplicate is not None:
            reasons.append(duplicate)
        if reasons:
            rejected.append(Rejection(draft, tuple(dict.fromkeys(reasons))))
        elif len(accepted) >= room:
            surplus += 1
        else:
            fresh.add(draft.name, draft.category)
            accepted.append(draft)
    return Verdict(tuple(accepted), tuple(rejected), surplus)


def pick_categories(
    proposed: Iterable[str],
    *,
    taken: Sequence[Category],
    count: int,
    theme: Theme,
    known: Iterable[str] = (),
) -> list[Category]:
    """Return the catalog's categories: those taken, then proposed ones that keep the rules, up to ``count`` in all.

    A proposed name needs 2-3 words, at most 64 characters, no forbidden word, and a slug that no other has. "&" is
    spelled out: as a word that the importer's slug does not keep, it would leave two hyphens in a row. A name that
    the importer takes for a ``known`` one is spelled like that.
    """
    chosen = list(taken)
    spellings = CategoryNames(known)
    names = CategoryNames(category.name for category in chosen)
    for raw in proposed:
        if len(chosen) >= count:
            break
        name = unicodedata.normalize("NFC", clean_line(raw)).replace(" & ", " and ")
        found = spellings.find(name)
        name = name if found is None else found.name
        words = name.split()
        if (
            MIN_CATEGORY_WORDS <= len(words) <= MAX_CATEGORY_WORDS
            and count_utf16_units(name) <= MAX_CATEGORY_CHARACTERS
            and all(map(make_slug, words))
            and names.find(name) is None
            and not holds_forbidden_word(name, theme.forbidden_words)
        ):
            chosen.append(names.choose(name))
    return chosen


def holds_forbidden_word(text: str, forbidden: tuple[str, ...]) -> bool:
    """Tell whether the text holds one of the words: at word boundaries, whatever the case, accents and spacing."""
    return holds_word(text, forbidden)


def _sort_words(folded_name: str) -> str:
    """Return the form in which names are near-duplicates whatever the order of their words."""
    return " ".join(sorted(folded_name.split()))


def _normalize(draft: Draft, theme: Theme) -> Draft:
    return Draft(
        name=clean_line(draft.name),
        description=clean_line(draft.description),
        category=clean_line(draft.category),
        image_prompt=frame_prompt(clean_line(draft.image_prompt), theme.openings, theme.tail, MAX_PROMPT_CHARACTERS),
    )


def frame_prompt(prompt: str, openings: Sequence[str], tail: str, max_characters: int) -> str:
    """Return the prompt between one of the openings and the tail, which models forget or spell otherwise now and then.

    Both are fixed texts, so that is not a reason to buy a new draft. Where adding them makes a prompt too long that was
    not, its own part ends earlier, at a comma or between two words.
    """
    if not prompt:
        return prompt
    opening = next((o for o in sorted(openings, key=len, reverse=True) if prompt.startswith(o)), None)
    framed = end_with_tail(prompt if opening or not openings else _open(prompt, openings), tail)
    excess = len(framed) - max_characters
    if excess <= 0 or len(prompt) > max_characters:
        return framed
    own = framed.removesuffix(tail).rstrip(" ,;.") if tail else framed
    cut = own[: len(own) - excess]
    return end_with_tail(cut[: max(cut.rfind(","), cut.rfind(" "))].rstrip(" ,;."), tail)


def _open(prompt: str, openings: Sequence[str]) -> str:
    """Return the prompt with an opening: the one that it spells otherwise, else the first, in front of it."""
    for opening in sorted(openings, key=len, reverse=True):
        words = r"\W+".join(map(re.escape, re.findall(r"\w+", opening)))
        spelled = re.match(rf"\W*(?:(?:an?|the)\W+)?{words}(?!\w)", prompt, re.IGNORECASE)
        if words and spelled is not None:
            return opening + prompt[spelled.end() :]
    is_plain_word = prompt[1:2].islower() or prompt[1:2] == " "
    own = f"{prompt[0].lower()}{prompt[1:]}" if is_plain_word else prompt
    return f"{openings[0]}{' ' if openings[0].split()[-1].casefold() in JOINING_WORDS else ', '}{own}"


def end_with_tail(prompt: str, tail: str) -> str:
    """Return the prompt with the theme's tail, which models forget now and then: no reason to buy a new draft."""
    if not prompt or prompt.endswith(tail):
        return prompt
    return f"{prompt.rstrip(' ,;.')}, {tail}"


def _find_limit_reasons(draft: Draft, *, known_category: bool) -> list[Reason]:
    reasons = []
    if not 1 <= count_utf16_units(draft.name) <= MAX_NAME_CHARACTERS:
        reasons.append(Reason.NAME_LENGTH)
    if not known_category:
        reasons.append(Reason.UNKNOWN_CATEGORY)
    if not draft.image_prompt:
        reasons.append(Reason.PROMPT_LENGTH)
    return reasons


def _find_content_reasons(draft: Draft, theme: Theme) -> list[Reason]:
    opening = max((o for o in theme.openings if draft.image_prompt.startswith(o)), key=len, default=None)
    checks = {
        Reason.NAME_LENGTH: len(draft.name) < MIN_NAME_CHARACTERS,
        Reason.NAME_WORDS: len(draft.name.split()) > MAX_NAME_WORDS,
        Reason.DESCRIPTION_LENGTH: not (
            MIN_DESCRIPTION_CHARACTERS <= len(draft.description) <= MAX_DESCRIPTION_CHARACTERS
        ),
        Reason.DESCRIPTION_SENTENCES: not MIN_SENTENCES <= count_sentences(draft.description) <= MAX_SENTENCES,
        Reason.PROMPT_OPENING: opening is None,
        Reason.PROMPT_LENGTH: len(draft.image_prompt) > MAX_PROMPT_CHARACTERS,
        Reason.FORBIDDEN_WORD: any(
            holds_forbidden_word(text, theme.forbidden_words)
            for text in (
                draft.name,
                draft.description,
                draft.image_prompt.removeprefix(opening or "").removesuffix(theme.tail),
            )
        ),
    }
    return [reason for reason, broken in checks.items() if broken]
