"""The rules that accept or reject drafts (``docs/reference/importer.md`` lists those that the importer needs).

``validateItems: false`` turns off the content rules; uniqueness and the importer's limits always apply.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process

from shared.catalog.forbidden_words import find_word
from shared.catalog.items import Draft, Rejection, RuleViolation
from shared.catalog.prompt_frame import end_with_tail, find_own_text, frame_prompt
from shared.catalog.theme import Theme
from shared.reasons import Reason
from shared.text.cleaning import clean_line, count_utf16_units, fold_name
from shared.text.scripts import count_words
from shared.text.sentences import count_sentences

MIN_NAME_CHARACTERS, MAX_NAME_CHARACTERS, MAX_NAME_WORDS = 3, 80, 6
MIN_DESCRIPTION_CHARACTERS, MAX_DESCRIPTION_CHARACTERS = 20, 1200
MIN_SENTENCES, MAX_SENTENCES = 2, 4
REQUESTED_PROMPT_CHARACTERS, MAX_PROMPT_CHARACTERS = 230, 260

NEAR_DUPLICATE_SCORE = 90
"""Similarity (0-100) from which two names of one category count as the same.

Of 5,000 names from word lists of 50 x 50 x 50, 96-97 % stayed below it.
"""

_DESCRIPTION_RANGE = f"{MIN_DESCRIPTION_CHARACTERS} to {MAX_DESCRIPTION_CHARACTERS}"
_DUPLICATES = {
    Reason.DUPLICATE_NAME: "the catalog already has an item named {!r}; expected a new name",
    Reason.NEAR_DUPLICATE_NAME: "the category already has an item with a name like {!r}; expected another name",
}


@dataclass(slots=True)
class NameIndex:
    """The names of a catalog's items, to detect duplicates."""

    _names: set[str] = field(default_factory=set)
    _by_category: dict[str, list[str]] = field(default_factory=dict)
    """With sorted words: ``fuzz.token_sort_ratio`` would sort all of them for every draft, at four times the cost."""

    def add(self, name: str, category: str) -> None:
        """Add the name of an accepted item."""
        folded = fold_name(name)
        self._names.add(folded)
        self._by_category.setdefault(category, []).append(_sort_words(folded))

    def find_duplicate(self, name: str, category: str) -> Reason | None:
        """Return the reason code if the name is taken, or None if it is new.

        Searches near-duplicates within the category only: one name against 50,000 costs milliseconds.
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
class DraftValidation:
    """A batch of drafts after validation, with normalized texts.

    Attributes:
        accepted: drafts that become items.
        rejected: drafts that broke a rule.
        dropped: valid drafts that the catalog has no room for.
    """

    accepted: tuple[Draft, ...]
    rejected: tuple[Rejection, ...]
    dropped: tuple[Rejection, ...] = ()

    @property
    def surplus(self) -> int:
        """Number of dropped drafts."""
        return len(self.dropped)


def validate_drafts(
    drafts: Sequence[Draft],
    *,
    index: NameIndex,
    categories: Iterable[str],
    theme: Theme,
    max_accepted: int,
    validate_items: bool = True,
) -> DraftValidation:
    """Accept or reject each draft.

    Args:
        drafts: in the order of the answer.
        index: names of the catalog's items; not changed.
        categories: names of the catalog's categories.
        theme: openings, tail and forbidden words.
        max_accepted: number of items that the catalog still needs; further valid drafts are dropped.
        validate_items: False skips the content rules.
    """
    by_folded_name = {fold_name(name): name for name in categories}
    fresh = NameIndex()
    accepted: list[Draft] = []
    rejected: list[Rejection] = []
    dropped: list[Rejection] = []
    for proposed in drafts:
        draft = _normalize(proposed, theme, frames_prompt=validate_items)
        category = by_folded_name.get(fold_name(draft.category))
        draft = (
            draft if category is None else draft.model_copy(update={"category": category})
        )  # in the catalog's spelling
        violations = _find_limit_violations(draft, known_category=category is not None)
        if validate_items:
            violations += _find_rule_violations(draft, theme)
        duplicate = index.find_duplicate(draft.name, draft.category) or fresh.find_duplicate(draft.name, draft.category)
        if duplicate is not None:
            violations.append(RuleViolation(duplicate, _DUPLICATES[duplicate].format(draft.name)))
        if violations:
            rejected.append(Rejection.from_violations(draft, violations))
        elif len(accepted) >= max_accepted:
            message = "the catalog has the requested number of items; this draft is not needed"
            dropped.append(Rejection.from_violations(draft, [RuleViolation(Reason.SURPLUS, message)]))
        else:
            fresh.add(draft.name, draft.category)
            accepted.append(draft)
    return DraftValidation(tuple(accepted), tuple(rejected), tuple(dropped))


def find_prompt_limit(theme: Theme) -> int:
    """Return the maximum length of an image prompt: the theme's style comes on top of the item's own text."""
    return MAX_PROMPT_CHARACTERS + theme.style_characters


def _sort_words(folded_name: str) -> str:
    """Return a key by which near-duplicates are found in any order of words."""
    return " ".join(sorted(folded_name.split()))


def _normalize(draft: Draft, theme: Theme, *, frames_prompt: bool) -> Draft:
    return Draft(
        name=clean_line(draft.name),
        description=clean_line(draft.description),
        category=clean_line(draft.category),
        image_prompt=frame_prompt(
            draft.image_prompt,
            openings=theme.openings,
            tail=theme.ending,
            max_characters=find_prompt_limit(theme),
        )
        if frames_prompt
        else end_with_tail(clean_line(draft.image_prompt), theme.ending),
    )


def _find_limit_violations(draft: Draft, *, known_category: bool) -> list[RuleViolation]:
    """Return the violations of the importer's limits."""
    units = count_utf16_units(draft.name)
    violations = []
    if not 1 <= units <= MAX_NAME_CHARACTERS:
        message = f"the name has {units} UTF-16 characters; expected 1 to {MAX_NAME_CHARACTERS}"
        violations.append(RuleViolation(Reason.NAME_LENGTH, message))
    if not known_category:
        message = f"category {draft.category[:80]!r} is not in the catalog; expected one of its categories"
        violations.append(RuleViolation(Reason.UNKNOWN_CATEGORY, message))
    if not draft.image_prompt:
        violations.append(
            RuleViolation(Reason.PROMPT_LENGTH, "the image prompt is empty; expected a description of the image")
        )
    return violations


def _find_rule_violations(draft: Draft, theme: Theme) -> list[RuleViolation]:
    """Return the violations of the content rules, each with what was got and what was expected."""
    own_prompt = find_own_text(draft.image_prompt, theme.openings, theme.ending)
    name, description, prompt = len(draft.name), len(draft.description), len(draft.image_prompt)
    words, sentences = count_words(draft.name), count_sentences(draft.description)
    forbidden = [
        word for text in (draft.name, draft.description, own_prompt) if (word := find_word(text, theme.forbidden_words))
    ]
    checks = (
        (
            name < MIN_NAME_CHARACTERS,
            Reason.NAME_LENGTH,
            f"the name has {_format_count(name, 'character')}; expected at least {MIN_NAME_CHARACTERS}",
        ),
        (
            words > MAX_NAME_WORDS,
            Reason.NAME_WORDS,
            f"the name has {_format_count(words, 'word')}; expected at most {MAX_NAME_WORDS}",
        ),
        (
            not MIN_DESCRIPTION_CHARACTERS <= description <= MAX_DESCRIPTION_CHARACTERS,
            Reason.DESCRIPTION_LENGTH,
            f"the description has {_format_count(description, 'character')}; expected {_DESCRIPTION_RANGE}",
        ),
        (
            sentences is not None and not MIN_SENTENCES <= sentences <= MAX_SENTENCES,
            Reason.DESCRIPTION_SENTENCES,
            f"description: {_format_count(sentences or 0, 'sentence')}; expected {MIN_SENTENCES}-{MAX_SENTENCES}",
        ),
        (
            prompt > find_prompt_limit(theme),
            Reason.PROMPT_LENGTH,
            f"the image prompt has {prompt} characters; expected at most {find_prompt_limit(theme)}",
        ),
        (
            bool(draft.image_prompt) and not any(map(str.isalnum, own_prompt)),
            Reason.PROMPT_LENGTH,
            "the image prompt has no text between its opening and its tail; expected a description of the image",
        ),
        (
            bool(forbidden),
            Reason.FORBIDDEN_WORD,
            f"{', '.join(map(repr, dict.fromkeys(forbidden)))} is forbidden; expected a text without it",
        ),
    )
    return [RuleViolation(reason, message) for is_violated, reason, message in checks if is_violated]


def _format_count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
