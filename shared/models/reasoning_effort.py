"""The reasoning effort to request from a text model.

Source, read 2026-11: OpenAI's guide to reasoning models. ``low`` is the only effort that all models from gpt-5 to
gpt-6.1 support. The default of the models is ``medium``, which costs several times as much.
"""

import re
from typing import Final

DEFAULT_REASONING_EFFORT: Final = "low"
OMITTED_EFFORT: Final = "omit"
REASONING_EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", OMITTED_EFFORT)
"""Values of the setting ``REASONING_EFFORT``; the provider decides which of them a model supports."""

_TAKES_DEFAULT: Final = re.compile(
    r"(?:gpt-(?:[5-9]|\d{2})(?:\.\d+)?(?:-(?:mini|nano|luna|terra|sol))?|o[1-9](?:-mini)?)(?:-\d{4}-\d{2}-\d{2})?"
)
"""Excludes ``-chat`` models, which support none, and ``-pro`` models, some of which support ``high`` only."""


def choose_reasoning_effort(model: str, setting: str | None) -> str | None:
    """Return the reasoning effort to request, or None to omit the parameter.

    Args:
        model: the model's name; an unknown name, such as that of a deployment, gets no effort by default.
        setting: one of REASONING_EFFORTS; None = the default, if the model supports it.
    """
    if setting is not None:
        return None if setting == OMITTED_EFFORT else setting
    return DEFAULT_REASONING_EFFORT if _TAKES_DEFAULT.fullmatch(model.casefold()) else None
