"""The model's second look: the shapes of what it finds in an image, and of a prompt that it wrote anew."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.text.cleaning import clean_line

FINDING_KINDS, MAX_FINDINGS = 3, 5
"""So many of each kind: what a rewritten prompt has room to answer."""

MAX_FINDING_CHARACTERS = 120


def _clean_findings(texts: list[str]) -> list[str]:
    """Return the first few findings on one line each, cut to their length, none blank and none twice."""
    lines = (clean_line(text)[:MAX_FINDING_CHARACTERS].rstrip() for text in texts)
    return list(dict.fromkeys(filter(None, lines)))[:MAX_FINDINGS]


def _clean_prompt(text: str) -> str:
    line = clean_line(text)
    if not line:
        raise ValueError("the prompt is blank; expected words")
    return line


Findings = Annotated[list[str], AfterValidator(_clean_findings)]


class Evaluation(BaseModel):
    """What a vision model found in an image, compared with the prompt that it was made with.

    A score outside 0-100 makes the answer malformed; findings beyond the bounds are cut.

    Attributes:
        score: 0 = has nothing to do with the prompt, 100 = shows all of it.
        missing: what was asked for and is not there.
        wrong: what is there, but otherwise than asked for.
        unwanted: what nobody asked for: text, logos, watermarks, further things.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    score: Annotated[int, Field(ge=0, le=100)]
    missing: Findings
    wrong: Findings
    unwanted: Findings


class PromptRewrite(BaseModel):
    """An image prompt that a text model wrote anew, on one line; a blank one makes the answer malformed."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    prompt: Annotated[str, AfterValidator(_clean_prompt)]
