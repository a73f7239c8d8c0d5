"""Reason codes: the one closed list of why something was rejected or failed.

They appear in ``rejected_items.json``, ``failed_images.json``, run statuses and problem documents, so a code that was
published keeps its spelling for ever.
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why a draft was rejected, a call failed, or a run ended early."""

    # A draft that broke a rule
    NAME_LENGTH = "name_length"
    NAME_WORDS = "name_words"
    DUPLICATE_NAME = "duplicate_name"
    NEAR_DUPLICATE_NAME = "near_duplicate_name"
    DESCRIPTION_LENGTH = "description_length"
    DESCRIPTION_SENTENCES = "description_sentences"
    UNKNOWN_CATEGORY = "unknown_category"
    PROMPT_OPENING = "prompt_opening"
    PROMPT_LENGTH = "prompt_length"
    FORBIDDEN_WORD = "forbidden_word"
    CATEGORY_LENGTH = "category_length"
    CATEGORY_WORDS = "category_words"
    DUPLICATE_CATEGORY = "duplicate_category"
    SURPLUS = "surplus"

    # A row of an input that cannot have an image
    BAD_ROW = "bad_row"
    DUPLICATE_ID = "duplicate_id"

    # A call that may succeed when it is made again
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    CONNECTION = "connection"
    TIMEOUT_AMBIGUOUS = "timeout_ambiguous"
    BAD_IMAGE = "bad_image"

    # An answer that has no usable content
    MALFORMED_ANSWER = "malformed_answer"
    INCOMPLETE_ANSWER = "incomplete_answer"
    CONTEXT_OVERFLOW = "context_overflow"
    REFUSAL = "refusal"

    # A call that fails again however often it is made
    CONTENT_POLICY = "content_policy"
    BAD_REQUEST = "bad_request"
    AUTHENTICATION = "authentication"
    ACCOUNT_BLOCKED = "account_blocked"
    QUOTA_EXHAUSTED = "quota_exhausted"
    MODEL_NOT_FOUND = "model_not_found"

    # Calls that failed so often that the run stopped making them
    TOO_MANY_REFUSALS = "too_many_refusals"
    TOO_MANY_ERRORS = "too_many_errors"
    UNUSABLE_IMAGES = "unusable_images"

    # A run that ended before its work did
    BAD_INPUT = "bad_input"
    NO_NEW_ITEMS = "no_new_items"
    BUDGET = "budget"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    STORE_UNAVAILABLE = "store_unavailable"
    DAMAGED_FILE = "damaged_file"
    NOT_CONFIGURED = "not_configured"
    WORKER_LOST = "worker_lost"
    INTERNAL_ERROR = "internal_error"
    INTERRUPTED = "interrupted"
    NOT_TRIED = "not_tried"


RETIRED_REASONS = frozenset({Reason.PROMPT_OPENING})
"""Codes in the files of earlier versions that are read and no longer given: openings are put right instead."""

FATAL_REASONS = frozenset(
    {
        Reason.AUTHENTICATION,
        Reason.ACCOUNT_BLOCKED,
        Reason.QUOTA_EXHAUSTED,
        Reason.MODEL_NOT_FOUND,
        Reason.NOT_CONFIGURED,
    },
)
"""Every further call would fail the same way: the run stops at once."""

PAUSING_REASONS = FATAL_REASONS | {Reason.TOO_MANY_REFUSALS, Reason.TOO_MANY_ERRORS, Reason.UNUSABLE_IMAGES}
"""What a run that was asked to waits out instead of ending: somebody can put it right, and then the run goes on."""

MAX_MESSAGE_CHARACTERS = 300
"""Of a failure's message: it travels through histories and status pages."""


def shorten_message(text: str) -> str:
    """Return a text on one line, cut to MAX_MESSAGE_CHARACTERS."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_MESSAGE_CHARACTERS else f"{line[: MAX_MESSAGE_CHARACTERS - 3]}..."
