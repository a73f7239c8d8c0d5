"""Finds the brand that a product's texts must not name: its own, unless the word is an ordinary one here."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from shared.catalog.forbidden_words import fold_word, holds_word
from shared.catalog.theme import FORBIDDEN_FRANCHISES, FORBIDDEN_TRADEMARK_WORDS, Theme

ORDINARY_WORDS: Final = frozenset(
    {
        "amazon", "apple", "arrow", "blackberry", "boss", "champion", "coach", "colt", "comfort", "corsair", "crown",
        "delta", "diesel", "dove", "eclipse", "fossil", "galaxy", "gap", "guess", "hunter", "ivory", "jaguar", "joy",
        "jordan", "kite", "lynx", "mars", "mustang", "oracle", "orange", "palm", "penguin", "polo", "puma", "raspberry",
        "shell", "sprite", "staples", "subway", "target", "tide", "timber", "vans", "visa", "windows", "yale",
    },
)  # fmt: skip
"""Brands that are also everyday words: in lower case they count as the word."""

GENERIC_BRANDS: Final = frozenset(
    {"generic", "unbranded", "nobrand", "noname", "various", "other", "unknown", "diverse"}
)
"""What shops write for products without a brand."""


def find_brand(values: Mapping[str, str]) -> str:
    """Return the brand that a product's texts must not name; "" if none.

    Two kinds do not count: the name of the category, and an ordinary word that the row itself uses as one. "Apple pie"
    of
    the brand "Apple", described as "apple pie with apples", would lose its noun.
    """
    brand = values.get("brand", "")
    folded = fold_word(brand)
    if not folded or folded in GENERIC_BRANDS:
        return ""
    if _singular(folded) == _singular(fold_word(values.get("category", ""))):
        return ""
    return "" if _is_ordinary(brand, folded, values) else brand


def find_forbidden_words(theme: Theme) -> tuple[str, ...]:
    """Return a theme's forbidden words for rows of an input; the default words apply to generated items only."""
    given = theme.forbidden_words
    return () if given == FORBIDDEN_TRADEMARK_WORDS + FORBIDDEN_FRANCHISES else given


def list_words_to_avoid(theme: Theme, texts: Iterable[str]) -> tuple[str, ...]:
    """Return the words that the text model must not write: of the default words, those that no row has."""
    given = find_forbidden_words(theme)
    if given:
        return given
    text = "\n".join(texts)
    return tuple(word for word in theme.forbidden_words if not holds_word(text, (word,)))


def _is_ordinary(brand: str, folded: str, values: Mapping[str, str]) -> bool:
    """Return whether a row uses its brand as a word: in lower case and, for unlisted words, in the plural."""
    if not brand[:1].isupper() or not brand.isalpha():
        return False
    texts = " ".join(values.get(name, "") for name in ("name", "description", "category", "material"))
    words = set(re.findall(r"\w+", texts))
    word = brand.lower()
    return word in words and (folded in ORDINARY_WORDS or not words.isdisjoint({f"{word}s", f"{word}es"}))


def _singular(folded: str) -> str:
    return folded.removesuffix("s")
