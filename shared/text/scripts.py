"""Properties of scripts: no spaces between words, no marks at the end of a sentence.

Source: Unicode 17, ``Scripts.txt`` (ranges of scripts) and ``LineBreak.txt`` (classes SA and ID: text that needs
segmentation without spaces). Whole blocks are listed, including unassigned code points.
"""

import unicodedata
from bisect import bisect_right
from typing import Final

_UNSPACED: Final = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x0F00, 0x0FFF),  # Tibetan
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19FF),  # Tai Le, New Tai Lue, Khmer symbols
    (0x1A20, 0x1AAF),  # Tai Tham
    (0x1B00, 0x1B7F),  # Balinese
    (0x2E80, 0x2FDF),  # CJK radicals
    (0x3005, 0x3007),  # ideographic iteration and closing marks, and zero
    (0x3021, 0x303C),  # Hangzhou numerals
    (0x3040, 0x312F),  # Hiragana, Katakana, Bopomofo
    (0x31A0, 0x31BF),  # Bopomofo extended
    (0x31F0, 0x31FF),  # Katakana extensions
    (0x3400, 0x4DBF),  # Han, extension A
    (0x4E00, 0x9FFF),  # Han
    (0xA000, 0xA4CF),  # Yi
    (0xA980, 0xA9FF),  # Javanese, Myanmar extended B
    (0xAA60, 0xAADF),  # Myanmar extended A, Tai Viet
    (0xF900, 0xFAFF),  # Han, compatibility
    (0xFF66, 0xFF9F),  # Katakana, half width
    (0x1AFF0, 0x1B16F),  # kana extensions
    (0x20000, 0x3FFFF),  # Han, further planes
)
_UNMARKED_SCRIPTS: Final = ((0x0E00, 0x0EFF), (0x1950, 0x19DF), (0x1A20, 0x1A9F), (0xAA80, 0xAADF))
"""Thai, Lao and the Tai scripts: a space ends a sentence, but also a clause or a number."""


def is_unspaced(character: str) -> bool:
    """Return whether a letter belongs to a script without spaces between words."""
    return character >= "\u0e00" and _is_within(character, _UNSPACED)


def has_unspaced_letters(text: str) -> bool:
    """Return whether a text has a letter of a script without spaces between words."""
    return not text.isascii() and any(is_unspaced(character) for character in text)


def marks_sentences(text: str) -> bool:
    """Return whether the script of most letters of a text marks sentence ends."""
    if text.isascii():
        return True
    letters = [character for character in text if is_letter_or_mark(character)]
    unmarked = sum(_is_within(character, _UNMARKED_SCRIPTS) for character in letters)
    return 2 * unmarked <= len(letters)


def count_words(text: str) -> int:
    """Return the number of words between spaces, except words in scripts without spaces.

    A part without a letter or digit, such as a dash between spaces, is not a word.
    """
    return sum(any(map(str.isalnum, word)) and not has_unspaced_letters(word) for word in text.split())


def is_letter_or_mark(character: str) -> bool:
    """Return whether a character is a letter, or a vowel sign or accent of one."""
    return unicodedata.category(character)[0] in "LM"


def _is_within(character: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    place = bisect_right(ranges, (ord(character), 0x10FFFF)) - 1
    return place >= 0 and ord(character) <= ranges[place][1]
