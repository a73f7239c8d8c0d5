"""Rules of English: articles, plurals, capitals, and matching of words."""

import re
import unicodedata
from functools import lru_cache

SINGLE_PAIRS = frozenset(
    {"overalls", "goggles", "headphones", "binoculars", "shears", "scissors", "ski poles", "glasses", "sunglasses"},
)
"""Plural words for one thing, counted in pairs."""

WITHOUT_ARTICLE = frozenset({"armor", "chainmail", "scrubs", "body panels"})
MEASURES = {"bread": "a loaf of", "chalk": "a piece of", "juggling balls": "a set of"}

_AN_SOUND = re.compile(r"(?!eu|uni|use|uku|one\b)[aeiou]|hon(?:est|or)|heir|x-", re.IGNORECASE)
_IRREGULAR_PLURALS = {
    "child": "children",
    "knife": "knives",
    "mouse": "mice",
    "person": "people",
    "scarf": "scarves",
    "series": "series",
    "shelf": "shelves",
}
_IRREGULAR_SINGULARS = {plural: singular for singular, plural in _IRREGULAR_PLURALS.items()}
_MIN_STEM_CHARACTERS = 4
_MIN_WORD_CHARACTERS = 2
_MAX_JOINED_TOKENS = 6


def add_article(phrase: str) -> str:
    """Return the phrase with "a" or "an"."""
    return f"{'an' if _AN_SOUND.match(phrase) else 'a'} {phrase}"


def name_single_item(noun: str, adjective: str = "") -> str:
    """Return the phrase for a single item: "a red coat", "a pair of blue overalls", "silver armor"."""
    phrase = f"{adjective} {noun}".strip()
    if noun in WITHOUT_ARTICLE:
        return phrase
    if noun in SINGLE_PAIRS:
        return f"a pair of {phrase}"
    if noun in MEASURES:
        return f"{MEASURES[noun]} {phrase}"
    return add_article(phrase)


def drop_article(phrase: str) -> str:
    """Return the phrase without its "a" or "an": "pair of shears" for "a pair of shears"."""
    return re.sub(r"^an? ", "", phrase)


def capitalize(phrase: str) -> str:
    """Return the phrase with a capital first letter; other letters do not change."""
    return phrase[:1].upper() + phrase[1:]


def make_plural(noun: str) -> str:
    """Return the plural of a lower- or title-case noun phrase; only its last word changes."""
    head, space, last = noun.rpartition(" ")
    folded = last.casefold()
    if not folded.isascii():  # not an English word
        changed = last
    elif folded in _IRREGULAR_PLURALS:
        changed = _match_case(_IRREGULAR_PLURALS[folded], last)
    elif folded.endswith("man"):
        changed = last[:-2] + "en"
    elif re.search(r"[^aeiou]y$", folded):
        changed = last[:-1] + "ies"
    elif re.search(r"(?:s|x|z|ch|sh)$", folded):
        changed = last + "es"
    else:
        changed = last + "s"
    return head + space + changed


def make_singular(noun: str) -> str:
    """Return the singular of a noun phrase; words without a plural ending do not change."""
    head, space, last = noun.rpartition(" ")
    folded = last.casefold()
    if folded in _IRREGULAR_SINGULARS:
        changed = _match_case(_IRREGULAR_SINGULARS[folded], last)
    elif folded.endswith("ies") and len(folded) > _MIN_STEM_CHARACTERS:
        changed = last[:-3] + "y"
    elif re.search(r"(?:ss|x|zz|ch|sh)es$", folded):
        changed = last[:-2]
    elif re.search(r"[^sui]s$", folded) and len(folded) >= _MIN_STEM_CHARACTERS:
        changed = last[:-1]
    else:
        changed = last
    return head + space + changed


def have_common_stem(words: list[str]) -> bool:
    """Return whether two of the words start alike, such as "Storm" and "Stormlight"."""
    stems = [word.casefold()[:_MIN_STEM_CHARACTERS] for word in words]
    return len(set(stems)) < len(stems)


def have_common_word(one: str, other: str) -> bool:
    """Return whether two phrases share a longer word, singular or plural."""
    words, others = (
        {make_singular(word) for word in phrase.split() if len(word) > _MIN_STEM_CHARACTERS} for phrase in (one, other)
    )
    return not words.isdisjoint(others)


def _match_case(word: str, model: str) -> str:
    return capitalize(word) if model[:1].isupper() else word


def holds_word(text: str, words: tuple[str, ...]) -> bool:
    """Return whether a text contains one of the words, without regard to case, accents, spaces and punctuation.

    A word matches at word boundaries only: "Gap" is not in "gapless". Words in scripts without spaces match anywhere.
    """
    wanted = _fold_words(words)
    tokens = _split_tokens(text)
    for start in range(len(tokens)):
        joined = ""
        for token in tokens[start : start + _MAX_JOINED_TOKENS]:
            joined += token
            if joined in wanted:
                return True
    whole = "".join(tokens)
    return any(not word.isascii() and word in whole for word in wanted)


@lru_cache(maxsize=256)
def _fold_words(words: tuple[str, ...]) -> frozenset[str]:
    folded = ("".join(_split_tokens(word)) for word in words)
    return frozenset(word for word in folded if len(word) >= _MIN_WORD_CHARACTERS or not word.isascii())


def _split_tokens(text: str) -> list[str]:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[^\W_]+", "".join(part for part in decomposed if not unicodedata.combining(part)))
