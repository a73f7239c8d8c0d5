"""What a failed probe of a model service proves: a list of models that cannot be read does not refuse a run."""

from shared.errors import ModelError
from shared.reasons import Reason

UNUSABLE_PROVIDER_REASONS = frozenset(
    {Reason.CONNECTION, Reason.NOT_CONFIGURED, Reason.AUTHENTICATION, Reason.ACCOUNT_BLOCKED, Reason.INTERNAL_ERROR}
)
HTTP_FORBIDDEN = 403


def is_provider_unusable(error: ModelError) -> bool:
    """Tell whether no call to the service could work.

    Gateways often serve the paths for calls only (404, 405), or fail at the list (500), and a key may be limited to
    calls (403). A run through them works.
    """
    return error.reason in UNUSABLE_PROVIDER_REASONS and error.status != HTTP_FORBIDDEN
