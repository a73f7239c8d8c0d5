"""One call to a model, as far as its failures are concerned: every ModelError of the adapter is made here."""

from dataclasses import dataclass, field

from shared.errors import Mismatch, ModelError
from shared.models.lifecycle import find_successor
from shared.models.protocol import Usage
from shared.models.providers.redaction import flatten, quote_service_message
from shared.reasons import Reason

MAX_MESSAGE_CHARACTERS = 300
"""Characters. Messages are kept for every failed image and shown in one line."""


@dataclass(frozen=True, slots=True)
class SettingNames:
    """The settings of a service, as a message names them to whoever has to correct one.

    Attributes:
        noun: what is called, as this service calls it.
        address: where the service is.
        key: how to sign in.
        model: what to check where there is no such model.
        sign_in: what else lets us in, for the end of a sentence; empty = only the key.
    """

    noun: str
    address: str
    key: str
    model: str
    sign_in: str = ""


AZURE_SETTING_NAMES = SettingNames(
    noun="deployment",
    address="AZURE_OPENAI_ENDPOINT",
    key="AZURE_OPENAI_API_KEY",
    model="AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_API_VERSION and the deployment's name",
    sign_in=", or that the app's identity has the role Cognitive Services OpenAI User",
)


@dataclass(frozen=True, slots=True)
class ModelCall:
    """What is called, and what must not get into a message about it.

    Attributes:
        subject: what failed, for the message: ``image call to deployment 'gpt-image-2'``.
        key: our key, if we sign in with one.
        private: the texts that were sent.
        billed: the service charges for such a call, also when its answer is lost.
        settings: what to name where one of them has to be corrected.
        model: the deployment or model that is called; empty = none.
    """

    subject: str
    key: str | None = field(repr=False)
    private: tuple[str, ...] = field(default=(), repr=False)
    billed: bool = True
    settings: SettingNames = AZURE_SETTING_NAMES
    model: str = ""

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
            what: what happened and what to do, in our own words.
            service_message: what the service said of it; only what is fit for a message gets in.
            request_id: the service's id of the call.
            retry_after_seconds: how long it asked us to wait.
            usage: what it told the call consumed.
            answered: an answer came, which is billed.
            mismatch: what an image answer held instead.
            requests_per_minute: the quota that it reports.
            status: the HTTP status of a refusal.
        """
        message = f"{self.subject}: {what}"
        if reason is Reason.MODEL_NOT_FOUND and (successor := find_successor(self.model)):
            message = f"{message}; its successor is {successor}"
        if service_message and (quoted := quote_service_message(service_message, key=self.key, private=self.private)):
            message = f"{message}; it says: {quoted}"
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
