"""Select the fault of a call, if any."""

import random
from enum import StrEnum

from model_simulator.faults import Faults, Rates
from model_simulator.random_streams import stream_for_prompt
from model_simulator.replies import Reply, bad_gateway, refused_by_policy, server_error


class Fault(StrEnum):
    """Faults that end a call or corrupt its whole answer; named like their rates."""

    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    DROPPED = "dropped"
    TIMEOUT = "timeout"
    BAD_IMAGE = "bad_image"
    TRUNCATED_JSON = "truncated_json"
    REFUSAL = "refusal"


_ANY_CALL_FAULTS = (Fault.RATE_LIMITED, Fault.SERVER_ERROR, Fault.DROPPED, Fault.TIMEOUT)
IMAGE_FAULTS = (*_ANY_CALL_FAULTS, Fault.BAD_IMAGE)
TEXT_FAULTS = (*_ANY_CALL_FAULTS, Fault.TRUNCATED_JSON, Fault.REFUSAL)

BILLED_DROP_RATE = 0.5
SECOND_ROUND_BEST_SCORE_RANGES = ((40, 60), (75, 84), (61, 70))
"""Score ranges of the rounds of a prompt whose second image is the best; later rounds score like the third."""

HTML_ERROR_RATE = 0.25
"""Share of server errors that come from a gateway, as HTML."""


def choose_fault(kinds: tuple[Fault, ...], rates: Rates, stream: random.Random) -> Fault | None:
    """Return at most one fault.

    One random number selects among all faults, so each rate holds exactly as long as they sum to at most 1.
    """
    point = stream.random()
    for kind in kinds:
        rate: float = getattr(rates, kind)
        if point < rate:
            return kind
        point -= rate
    return None


def choose_server_error(stream: random.Random) -> Reply:
    """Return a 500, or sometimes a gateway's 502."""
    return bad_gateway() if stream.random() < HTML_ERROR_RATE else server_error()


def check_content_policy(prompt: str, faults: Faults) -> Reply | None:
    """Return the content policy's refusal of an image prompt, or None; equal prompts get equal results."""
    stream = stream_for_prompt("content_policy", prompt)
    is_refused = stream.random() < faults.rates.content_policy
    if is_refused or any(text in prompt for text in faults.blocked_prompts):
        return refused_by_policy(is_moderation=stream.random() < 0.5)  # noqa: PLR2004 - both codes are equally likely
    return None


def has_ignored_references(prompt: str, faults: Faults) -> bool:
    """Return whether the images of a prompt ignore reference images; equal prompts get equal results."""
    return stream_for_prompt("references_ignored", prompt).random() < faults.references_ignored


def find_score_range(prompt: str, iteration: int, faults: Faults) -> tuple[int, int] | None:
    """Return the minimum and maximum score of a prompt's image in a round, or None for any score.

    Args:
        prompt: the image prompt; equal prompts get equal results.
        iteration: the round, from 1.
        faults: the share of prompts whose second round is the best.
    """
    if stream_for_prompt("second_round_best", prompt).random() >= faults.second_round_best:
        return None
    return SECOND_ROUND_BEST_SCORE_RANGES[min(iteration, len(SECOND_ROUND_BEST_SCORE_RANGES)) - 1]
