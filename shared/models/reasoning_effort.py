"""Which text models think before they answer, and how much of it is asked for.

Source, read 2026-11: OpenAI's guide to reasoning models. ``low`` is the one effort that gpt-5 to gpt-6.1 all take; a
model that is asked for none thinks at ``medium``, which costs a multiple.
"""

import re
from typing import Final

DEFAULT_REASONING_EFFORT: Final = "low"
OMITTED_EFFORT: Final = "omit"
REASONING_EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", OMITTED_EFFORT)
"""What the setting ``REASONING_EFFORT`` takes; which of them a model takes is the service's business."""

_TAKES_DEFAULT: Final = re.compile(
    r"(?:gpt-(?:[5-9]|\d{2})(?:\.\d+)?(?:-(?:mini|nano|luna|terra|sol))?|o[1-9](?:-mini)?)(?:-\d{4}-\d{2}-\d{2})?"
)
"""Not the ``-chat`` models, which take none, and not the ``-pro`` models, some of which take ``high`` only."""


def choose_reasoning_effort(model: str, setting: str | None) -> str | None:
    """Return the reasoning effort to ask a model for, or None to leave the parameter out.

    Args:
        model: its name; a name that says nothing, such as that of a deployment, is not known to take any.
        setting: one of EFFORTS; None = the default, where the model is known to take it.
    """
    if setting is not None:
        return None if setting == OMITTED_EFFORT else setting
    return DEFAULT_REASONING_EFFORT if _TAKES_DEFAULT.fullmatch(model.casefold()) else None
