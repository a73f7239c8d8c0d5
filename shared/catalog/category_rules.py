"""The rules for categories. ``validateItems: false`` turns off the content rules; uniqueness always applies."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any, Final

from shared.catalog.category_names import MAX_CATEGORY_CHARACTERS, CategoryNames
from shared.catalog.forbidden_words import find_word
from shared.catalog.items import Category, RuleViolation, describe_rejection, make_slug
from shared.catalog.theme import Theme
from shared.reasons import Reason
from shared.text.cleaning import clean_line, count_utf16_units
from shared.text.scripts import count_words, has_unspaced_letters

MIN_CATEGORY_WORDS, MAX_CATEGORY_WORDS = 2, 3

_MIN_STEM_LETTERS: Final = 2
_MIN_LATIN_STEM_LETTERS: Final = 3
_ACCENTED: Final = ("LATIN", "GREEK", "CYRILLIC")
"""Scripts whose accents do not change the word; in other scripts such marks are letters or vowels."""

_INSIDE_WORDS: Final = r"['\u2019\-\u2010-\u2013]"
_ENDINGS: Final = frozenset(
    (
        *(("", "s"), ("", "es"), ("y", "ies"), ("f", "ves"), ("fe", "ves")),  # English and Romance
        *(("", "e"), ("", "n"), ("", "en"), ("", "er")),  # German
        *(("α", "εσ"), ("η", "εσ"), ("οσ", "οι"), ("ο", "α"), ("", "α"), ("", "ια"), ("ασ", "εσ")),  # Greek, folded
        *(("", "ы"), ("", "и"), ("а", "ы"), ("а", "и"), ("о", "а"), ("ь", "и"), ("й", "и")),  # Cyrillic
        *(("", "\u05d5\u05ea"), ("\u05d4", "\u05d5\u05ea"), ("", "\u05d9\u05dd"), ("\u05d4", "\u05d9\u05dd")),  # Hebrew
        *(("", "\u0627\u062a"), ("\u0629", "\u0627\u062a"), ("", "\u0648\u0646"), ("", "\u06cc\u06ba")),  # Arabic, Urdu
        *(("ी", "िया\u0901"), ("ी", "िया\u0902"), ("ा", "े"), ("", "े\u0902")),  # Hindi
        ("", "\ub4e4"),  # Korean
    )
)
"""Singular and plural endings of nouns, after the common stem."""


@dataclass(frozen=True, slots=True)
class CategoryRejection:
    """A proposed name that did not become a category, and every rule that it broke."""

    name: str
    violations: tuple[RuleViolation, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the rejection as a row of ``rejected_items.json``."""
        reasons = dict.fromkeys(rule.reason for rule in self.violations)
        return describe_rejection("category", {"name": self.name}, reasons, [rule.message for rule in self.violations])


@dataclass(frozen=True, slots=True)
class CategoryValidation:
    """The catalog's categories after a proposal, and the rejected names."""

    chosen: tuple[Category, ...]
    rejected: tuple[CategoryRejection, ...] = ()


def validate_categories(
    proposed: Iterable[str],
    *,
    taken: Sequence[Category],
    count: int,
    theme: Theme,
    known: Iterable[str] = (),
    validate_items: bool = True,
) -> CategoryValidation:
    """Return the catalog's categories: those taken, then valid proposed ones, up to ``count`` in total.

    A name needs 2 to 3 words (unless its script has no spaces between words), at most 64 characters, no forbidden word,
    and must differ from existing ones in more than spelling, order or plural. "&" is spelled out, because the
    importer's
    slug drops it and would keep two hyphens in a row. A name that the importer treats as equal to a ``known`` one takes
    its spelling.
    """
    chosen = list(taken)
    spellings = CategoryNames(known)
    names = CategoryNames(category.name for category in chosen)
    rejected: list[CategoryRejection] = []
    for raw in proposed:
        name = unicodedata.normalize("NFC", clean_line(raw)).replace(" & ", " and ")
        found = spellings.find(name)
        name = name if found is None else found.name
        violations = [*_find_limit_violations(name), *(_find_rule_violations(name, theme) if validate_items else ())]
        duplicate = names.find(name) or next((other for other in chosen if is_same_category(name, other.name)), None)
        if duplicate is not None:
            message = f"category {name[:80]!r} is the same as {duplicate.name!r}; expected a different one"
            violations.append(RuleViolation(Reason.DUPLICATE_CATEGORY, message))
        if not violations and len(chosen) >= count:
            message = f"the catalog has {count} categories, as requested; this one is not needed"
            violations.append(RuleViolation(Reason.SURPLUS, message))
        if violations:
            rejected.append(CategoryRejection(name, tuple(violations)))
        else:
            chosen.append(names.choose(name))
    return CategoryValidation(tuple(chosen), tuple(rejected))


def is_same_category(name: str, other: str) -> bool:
    """Return whether two names differ only in case, accents, punctuation, spacing, plural or order of words."""
    if make_slug(name).casefold() == make_slug(other).casefold():
        return True
    words, others = _split_words(name), _split_words(other)
    if "".join(words) == "".join(others):
        return True
    if len(words) != len(others) or len(words) > MAX_CATEGORY_WORDS:
        return sorted(words) == sorted(others)
    return any(
        all(_is_same_word(word, match) for word, match in zip(words, order, strict=True))
        for order in permutations(others)
    )


def _find_limit_violations(name: str) -> list[RuleViolation]:
    """Return the violations of the importer's limits."""
    units = count_utf16_units(name)
    if units > MAX_CATEGORY_CHARACTERS:
        message = f"category {name[:80]!r} has {units} characters; expected at most {MAX_CATEGORY_CHARACTERS}"
        return [RuleViolation(Reason.CATEGORY_LENGTH, message)]
    if not make_slug(name).strip("-"):
        message = f"category {name!r} has no letter or digit that the importer keeps; expected at least one"
        return [RuleViolation(Reason.CATEGORY_LENGTH, message)]
    return []


def _find_rule_violations(name: str, theme: Theme) -> list[RuleViolation]:
    words, violations = count_words(name), []
    min_count = 0 if has_unspaced_letters(name) else MIN_CATEGORY_WORDS
    if not min_count <= words <= MAX_CATEGORY_WORDS or not all(map(make_slug, name.split())):
        message = (
            f"category {name[:80]!r} has {words} word{'' if words == 1 else 's'}; "
            f"expected {MIN_CATEGORY_WORDS} or {MAX_CATEGORY_WORDS} words of letters and digits"
        )
        violations.append(RuleViolation(Reason.CATEGORY_WORDS, message))
    if word := find_word(name, theme.forbidden_words):
        message = f"category {name[:80]!r} contains the forbidden word {word!r}; expected a name without it"
        violations.append(RuleViolation(Reason.FORBIDDEN_WORD, message))
    return violations


def _split_words(name: str) -> list[str]:
    """Return the folded words of a name, without punctuation."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    kept = "".join(
        _drop_accents(character) if character.isalnum() or unicodedata.category(character)[0] == "M" else " "
        for character in re.sub(_INSIDE_WORDS, "", folded)
    )
    return kept.split()


def _drop_accents(letter: str) -> str:
    if not unicodedata.name(letter, "").startswith(_ACCENTED):
        return letter
    return "".join(part for part in unicodedata.normalize("NFD", letter) if not unicodedata.combining(part))


def _is_same_word(word: str, other: str) -> bool:
    """Return whether two words are equal, or singular and plural of one noun."""
    if word == other:
        return True
    stem = 0
    while stem < min(len(word), len(other)) and word[stem] == other[stem]:
        stem += 1
    # The common start may include letters of both endings, as in "-os" and "-oi".
    min_count = _MIN_LATIN_STEM_LETTERS if word.isascii() else _MIN_STEM_LETTERS
    return any(
        (word[end:], other[end:]) in _ENDINGS or (other[end:], word[end:]) in _ENDINGS
        for end in range(max(min_count, stem - 2), stem + 1)
    )
