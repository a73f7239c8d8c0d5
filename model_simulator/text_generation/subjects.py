"""What a task's subject asks for: figures, or products of some kind."""

import re

_FIGURES = re.compile(
    r"\b(?:minifigs?|(?:mini)?figures?|figurines?|characters?|dolls?|hero(?:es)?|heroines?|soldiers?|puppets?)"
    r"\s*(?:$|[^\w\s-]|(?:and|as|at|for|from|in|inspired|of|on|or|that|to|who|with)\b)",
    re.IGNORECASE,
)
"""A word for little people that ends what is said: "toy figures for collectors", but not "character mugs"."""


def is_about_figures(subject: str) -> bool:
    """Tell whether the items are little people ("LEGO-style minifigures") and not products ("kitchen tools")."""
    return _FIGURES.search(subject) is not None
