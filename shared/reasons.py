"""Reason codes: the closed list of why something was rejected or failed.

They appear in ``rejected_items.json``, ``failed_images.json``, run statuses and problem documents. A code that was
published keeps its spelling.

The first paragraph of a code's docstring says what happened, the second what to do. ``docs/reference/reasons.md`` is
generated from them.
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why a draft was rejected, a call failed, or a run ended early."""

    # A draft that broke a rule
    NAME_LENGTH = "name_length"
    """The draft's name has fewer than 3 or more than 80 characters."""
    NAME_WORDS = "name_words"
    """The draft's name has more than 6 words, in a script that separates words."""
    DUPLICATE_NAME = "duplicate_name"
    """The catalog has an item with this name."""
    NEAR_DUPLICATE_NAME = "near_duplicate_name"
    """The category has an item with nearly this name."""
    DESCRIPTION_LENGTH = "description_length"
    """The description has fewer than 20 or more than 1,200 characters."""
    DESCRIPTION_SENTENCES = "description_sentences"
    """The description does not have 2 to 4 sentences, in a script that marks their ends."""
    UNKNOWN_CATEGORY = "unknown_category"
    """The catalog does not have the draft's category."""
    PROMPT_OPENING = "prompt_opening"
    """The image prompt did not begin with an opening of the theme. Only files of version 0.3 and earlier have this
    code.
    """
    PROMPT_LENGTH = "prompt_length"
    """The image prompt has more than 260 characters, or nothing but opening and tail.

    If there are many, shorten the theme's tail.
    """
    FORBIDDEN_WORD = "forbidden_word"
    """A text contains a forbidden word."""
    CATEGORY_LENGTH = "category_length"
    """The category's name has more than 64 characters, or none that its slug keeps."""
    CATEGORY_WORDS = "category_words"
    """The category's name does not have 2 to 3 words, in a script that separates words."""
    DUPLICATE_CATEGORY = "duplicate_category"
    """The category differs from another one in spelling, order of words or plural only."""
    SURPLUS = "surplus"
    """The draft follows the rules, but the catalog has all requested items or categories."""

    # A row of an input that cannot have an image
    BAD_ROW = "bad_row"
    """The row cannot be used; the message says why.

    Correct the row, or use `--skip-invalid`.
    """
    DUPLICATE_ID = "duplicate_id"
    """An earlier row has the same id. The earlier row is used.

    Correct the row, or use `--skip-invalid`.
    """

    # A call that may succeed when it is made again
    RATE_LIMITED = "rate_limited"
    """The quota was exhausted (429) for 30 minutes without a success.

    Request a larger quota, or lower `parallelImageRequests`.
    """
    SERVER_ERROR = "server_error"
    """The provider failed (5xx).

    Repair later.
    """
    CONNECTION = "connection"
    """The provider, or the identity endpoint, could not be reached.

    Check the network, then repair.
    """
    TIMEOUT_AMBIGUOUS = "timeout_ambiguous"
    """The response was lost. The call may have been billed, and counts as billed. It is retried at most twice.

    Repair, or raise `IMAGE_TIMEOUT_SECONDS`.
    """
    BAD_IMAGE = "bad_image"
    """The response did not contain a usable image of the requested size.

    Check that the model supports the size, then repair.
    """

    BATCH_EXPIRED = "batch_expired"
    """The provider's batch ended before it generated the image. The line was not billed.

    Repair, or set `batchFallback`.
    """

    # An answer that has no usable content
    MALFORMED_ANSWER = "malformed_answer"
    """The text model's response does not match the schema.

    Check the text model.
    """
    INCOMPLETE_ANSWER = "incomplete_answer"
    """The response was cut off at the output limit. The call is repeated for half as many entries.

    Lower `batchSize`, or use another model.
    """
    CONTEXT_OVERFLOW = "context_overflow"
    """The request exceeds the model's context window. The call is repeated for half as many entries.

    Lower `batchSize`, or use another model.
    """
    REFUSAL = "refusal"
    """The text model refused to answer.

    Change the theme.
    """

    # A call that fails again however often it is made
    CONTENT_POLICY = "content_policy"
    """The content policy refused the image prompt.

    Use `--policy-rewrites`, or give the item up with `seeder prune`. `seeder repair` tries the same prompt again.
    """
    BAD_REQUEST = "bad_request"
    """The provider rejected the request.

    Read the message; often the model does not support the size.
    """
    AUTHENTICATION = "authentication"
    """The provider rejected the key or the identity.

    Read the message; without a key, see Sign in without a key in the guide Operate in Azure.
    """
    ACCOUNT_BLOCKED = "account_blocked"
    """The provider blocked the whole account.

    Check the Azure portal.
    """
    QUOTA_EXHAUSTED = "quota_exhausted"
    """The account has no credit left.

    Check the provider's billing page.
    """
    MODEL_NOT_FOUND = "model_not_found"
    """The deployment or model does not exist.

    Check the settings that name it.
    """

    # Calls that failed so often that the run stopped making them
    TOO_MANY_REFUSALS = "too_many_refusals"
    """The content policy refused more than half of the latest 50 image calls.

    Change the theme, or give the refused items up with `seeder prune`.
    """
    TOO_MANY_ERRORS = "too_many_errors"
    """More than 60 % of the latest 50 image calls failed. A 429 does not count as a failure.

    Fix the failure that the message names, then start the run again.
    """
    UNUSABLE_IMAGES = "unusable_images"
    """The provider repeatedly returned, and billed, images of another size or of a form that cannot be used.

    Change the setting that the message names.
    """

    # A run that ended before its work did
    BAD_INPUT = "bad_input"
    """The input cannot be read, or some of its rows cannot be used.

    Correct the row and field that the message names.
    """
    NO_NEW_ITEMS = "no_new_items"
    """Five batches in a row produced no new item.

    Request more categories, widen the theme, or lower the target.
    """
    BUDGET = "budget"
    """The next call could have exceeded `maxCostUsd`.

    Start the same request again, or repair: a budget is for one run.
    """
    CANCELLED = "cancelled"
    """A caller cancelled the run.

    Start it again; only missing work is billed.
    """
    SUPERSEDED = "superseded"
    """Another run has taken over the catalog.

    Follow that run.
    """
    STORE_UNAVAILABLE = "store_unavailable"
    """The store did not answer for two minutes.

    Check the store, then start the run again.
    """
    DAMAGED_FILE = "damaged_file"
    """A file does not have the content that was written. It was renamed to `<name>.damaged-<runId>`.

    Start the run again; it rebuilds the file.
    """
    NOT_CONFIGURED = "not_configured"
    """A setting is missing.

    Set the variable that the message names.
    """
    WORKER_LOST = "worker_lost"
    """A worker process died, timed out or ran out of memory repeatedly for five minutes.

    Read the host's message and the log, then start the run again.
    """
    INTERNAL_ERROR = "internal_error"
    """A fault of this program.

    Read the log, and report it.
    """
    INTERRUPTED = "interrupted"
    """The host of the run is gone.

    Start the host, or the command, again.
    """
    AWAITING_APPROVAL = "awaiting_approval"
    """A person has to approve some of the first images, and resume the run. It waits for that, or the time limit of the
    pause was over.

    Approve them with `seeder approve` or on the review page, then resume the run. If it has ended, start it again.
    """
    NOT_TRIED = "not_tried"
    """The run ended before this image was tried.

    Start the run again.
    """


RETIRED_REASONS = frozenset({Reason.PROMPT_OPENING})
"""Codes that only files of earlier versions contain: a wrong opening is corrected instead."""

FATAL_REASONS = frozenset(
    {
        Reason.AUTHENTICATION,
        Reason.ACCOUNT_BLOCKED,
        Reason.QUOTA_EXHAUSTED,
        Reason.MODEL_NOT_FOUND,
        Reason.NOT_CONFIGURED,
    },
)
"""Every further call would fail the same way, so the run stops at once."""

BLOCKING_REASONS = FATAL_REASONS | {Reason.TOO_MANY_REFUSALS, Reason.TOO_MANY_ERRORS, Reason.UNUSABLE_IMAGES}
"""A run with `pauseOnBlock` pauses for these reasons: a person can fix the cause, and the run resumes."""

PAUSING_REASONS = BLOCKING_REASONS | {Reason.AWAITING_APPROVAL}
"""Why a run pauses until a person resumes it."""

MAX_MESSAGE_CHARACTERS = 300
"""Maximum length of a failure's message, which histories and statuses contain."""


def shorten_message(text: str) -> str:
    """Return a text on one line, cut to MAX_MESSAGE_CHARACTERS."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_MESSAGE_CHARACTERS else f"{line[: MAX_MESSAGE_CHARACTERS - 3]}..."
