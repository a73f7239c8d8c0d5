"""Build the ModelError of a failed call: its message, without credentials and without what was sent."""

from dataclasses import dataclass, field

from shared.errors import Mismatch, ModelError
from shared.models.lifecycle import find_successor
from shared.models.usage import Usage
from shared.reasons import Reason
from shared.text.redaction import flatten, quote_service_message

MAX_MESSAGE_CHARACTERS = 300
"""Messages are stored for every failed image and shown on one line."""

_ADVICE = {
    Reason.AUTHENTICATION: "check {names.access}",
    Reason.MODEL_NOT_FOUND: "check {names.model}",
    Reason.QUOTA_EXHAUSTED: "the account has no quota or credit left",
    Reason.ACCOUNT_BLOCKED: "the provider blocked this account for its content policy; see the provider's portal",
    Reason.CONTENT_POLICY: "refused by the content policy",
    Reason.NOT_CONFIGURED: "the server redirects this call, and calls that carry a key do not follow redirects; "
    "check {names.address}",
    Reason.CONTEXT_OVERFLOW: "the request is longer than the model's context window",
}


@dataclass(frozen=True, slots=True)
class SettingNames:
    """How messages name a provider's settings.

    Attributes:
        noun: the provider's word for what is called: deployment or model.
        address: the setting that holds the provider's URL.
        key: the setting that holds the key.
        model: the settings to check if the model does not exist.
        role: the role that an identity needs to sign in without a key; empty if the key is the only way.
    """

    noun: str
    address: str
    key: str
    model: str
    role: str = ""

    @property
    def access(self) -> str:
        """What to check if access is refused: the key or, as an alternative, the identity's role."""
        return f"{self.key}, or that the app's identity has the role {self.role}" if self.role else self.key


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One call, and what its error messages must not show.

    Attributes:
        subject: start of each message, such as ``image call to deployment 'gpt-image-2'``.
        key: the provider's key, if the call signs in with one.
        settings: the provider's settings.
        private: the texts that were sent.
        billed: the provider charges for this call, even if its answer is lost.
        model: the deployment or model that is called; empty if the call names none.
    """

    subject: str
    key: str | None = field(repr=False)
    settings: SettingNames
    private: tuple[str, ...] = field(default=(), repr=False)
    billed: bool = True
    model: str = ""

    def check_key(self) -> None:
        """Check that the key can be sent in a header.

        Raises:
            ModelError: authentication: the key holds spaces, line breaks or characters outside ASCII.
        """
        if self.key is not None and not (self.key.isascii() and self.key.isprintable() and " " not in self.key):
            what = f"{self.settings.key} holds spaces or characters that no key has; copy it again"
            raise self.build_error(Reason.AUTHENTICATION, what)

    def describe_status(self, reason: Reason, status: int) -> str:
        """Return the HTTP status of an error, and which setting to check."""
        advice = _ADVICE.get(reason)
        return f"HTTP {status}; {advice.format(names=self.settings)}" if advice else f"HTTP {status}"

    def build_error(
        self,
        reason: Reason,
        what: str,
        *,
        service_message: str | None = None,
        request_id: str | None = None,
        retry_after_seconds: float | None = None,
        usage: Usage | None = None,
        answered: bool = False,
        mismatch: Mismatch | None = None,
        requests_per_minute: float | None = None,
        status: int | None = None,
    ) -> ModelError:
        """Return the error to raise.

        Args:
            reason: the reason code.
            what: what happened and what to do, in our words.
            service_message: the provider's message; only the part that is safe to show is quoted.
            request_id: the provider's id of the call.
            retry_after_seconds: how long the provider asks callers to wait.
            usage: the tokens that the answer reports.
            answered: an answer came, so the call is billed.
            mismatch: what an image answer held instead of an image.
            requests_per_minute: the quota that the answer reports.
            status: the HTTP status of a refusal.
        """
        message = f"{self.subject}: {what}"
        if reason is Reason.MODEL_NOT_FOUND and (successor := find_successor(self.model)):
            message = f"{message}; its successor is {successor}"
        if service_message and (quoted := quote_service_message(service_message, key=self.key, private=self.private)):
            message = f"{message}; the provider says: {quoted}"
        message = flatten(message)
        if len(message) > MAX_MESSAGE_CHARACTERS:
            message = f"{message[: MAX_MESSAGE_CHARACTERS - 3]}..."
        return ModelError(
            reason,
            message,
            request_id=request_id,
            retry_after_seconds=retry_after_seconds,
            usage=usage,
            answered=answered,
            mismatch=mismatch,
            requests_per_minute=requests_per_minute,
            status=status,
        )
