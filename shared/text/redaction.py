"""Makes text of a provider safe to quote: one line, without credentials, parts of the request, or images."""

import re

REDACTED = "[hidden]"

_MAX_QUOTE_CHARACTERS = 2000
"""Only the start of a longer text is quoted."""

_MIN_REPEATED_CHARACTERS = 32
"""A shared run of this many characters repeats the request; shorter ones are common phrases."""

_MIN_KEY_CHARACTERS = 6
"""Providers echo the first or last few characters of a rejected key; 6 in a row are not a coincidence."""

_MIN_WORDLIKE_KEY_CHARACTERS = 12
_WORD = re.compile(r"[A-Za-z]?[a-z]+|[A-Z]+")
"""A word inside a key, such as a gateway's name in ``sk-litellm-1234``, is not a secret; only a longer run is."""

_SECRET_PATTERNS = re.compile(
    r"""
    \bbearer\s+\S+                                                # an Authorization header
    | \b(?:api[-_ ]?key|token|secret|password|signature)\b          # "API key provided: abc", "api-key=abc"
      (?:\s+\w+)?["']?\s*[:=]\s*\S+
    | \bdata:[\w./+-]+;base64,\S*                                      # an image
    | \bsk-\S+                                                      # OpenAI's own keys
    | \beyJ[\w-]+\.\S*                                              # a JSON Web Token
    | \S*\*{2,}\S*                                                  # a masked key: abcd****wxyz
    | (?<![A-Za-z0-9+/_-])                                          # any long random word, digits in it,
      (?![0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![A-Za-z0-9+/_-]))  # but an id of Entra is not a secret
      (?=[A-Za-z+/_-]*\d)[A-Za-z0-9+/_-]{32,}={0,2}
    """,
    re.IGNORECASE | re.VERBOSE,
)


def flatten(text: str) -> str:
    """Return the text on one line, without control characters and with single spaces."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def quote_service_message(text: str, *, key: str | None, private: tuple[str, ...]) -> str | None:
    """Return the part of a provider's message that can be quoted, or None.

    Args:
        text: the message: a sentence, or a whole page.
        key: our key; words that contain it, or 6 characters of it in a row that are not a plain word, are hidden.
        private: texts of the request (prompts); a message that repeats 32 characters of them is not quoted.
    """
    line = flatten(text[:_MAX_QUOTE_CHARACTERS])
    if not line or line.startswith("<") or _repeats_request(line, private):
        return None
    if len(text) > _MAX_QUOTE_CHARACTERS:
        line = line.rpartition(" ")[0]  # the last word may be half a key, which no pattern recognizes
    if key:
        line = _hide_key(line, key)
    return _SECRET_PATTERNS.sub(REDACTED, line)


def _repeats_request(line: str, private: tuple[str, ...]) -> bool:
    texts = [flat for text in private if (flat := flatten(text))]
    if any(text in line for text in texts):
        return True
    runs = {line[start : start + _MIN_REPEATED_CHARACTERS] for start in range(len(line) - _MIN_REPEATED_CHARACTERS + 1)}
    return any(run in text for text in texts for run in runs)


def _hide_key(line: str, key: str) -> str:
    pieces = {
        key,
        *_list_substrings(key, _MIN_WORDLIKE_KEY_CHARACTERS),
        *(piece for piece in _list_substrings(key, _MIN_KEY_CHARACTERS) if not _WORD.fullmatch(piece)),
    }
    return " ".join(REDACTED if any(piece in word for piece in pieces) else word for word in line.split(" "))


def _list_substrings(key: str, length: int) -> set[str]:
    return {key[start : start + length] for start in range(len(key) - length + 1)}
