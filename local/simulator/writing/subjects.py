"""What a task's subject asks for: figures, or products of some kind."""

import re

_FIGURE_WORDS = re.compile(
    r"(?:mini|action)?-?(?:fig(?:ure|urine)?|character|doll|hero|heroine|people|person|soldier|puppet|mini)e?s?\b",
    re.IGNORECASE,
)


def is_about_figures(subject: str) -> bool:
    """Tell whether the items are little people ("LEGO-style minifigures", "toy knights figures") and not products."""
    return any(_FIGURE_WORDS.fullmatch(word) for word in re.findall(r"[\w-]+", subject))
