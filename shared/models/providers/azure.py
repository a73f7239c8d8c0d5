"""Azure OpenAI: the two URL styles of an endpoint, and the model behind it.

``AZURE_OPENAI_API_VERSION`` chooses the style, in `choose_url_style` and nowhere else:

- absent: the v1 API at ``<endpoint>/openai/v1/``;
- set: the dated API at ``<endpoint>/openai/...?api-version=``.

Their documentation names two token audiences; ``azure_sign_in`` tries the other one if an account asks for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from openai import AsyncAzureOpenAI, AsyncOpenAI

from shared.config import IdentitySettings
from shared.identity.token_source import SignInLimits
from shared.models.prices import PriceList
from shared.models.protocol import ListedModels
from shared.models.providers.azure_sign_in import AccountAccess, AccountConnection, ModelTokens
from shared.models.providers.model_call import SettingNames
from shared.models.providers.responses_model import ResponsesModel
from shared.models.providers.sdk_client import open_http_client

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from shared.config import ModelSettings

TOKEN_SCOPE_V1: Final = "https://ai.azure.com/.default"  # noqa: S105  # a URL, not a token
TOKEN_SCOPE_DATED: Final = "https://cognitiveservices.azure.com/.default"  # noqa: S105  # a URL, not a token
OPENAI_ROLE: Final = "Cognitive Services OpenAI User"

AZURE_SETTING_NAMES: Final = SettingNames(
    noun="deployment",
    address="AZURE_OPENAI_ENDPOINT",
    key="AZURE_OPENAI_API_KEY",
    model="AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_API_VERSION and the deployment's name",
    role=OPENAI_ROLE,
)


def open_azure_model(
    settings: "ModelSettings",
    *,
    identity: IdentitySettings | None = None,
    credential: "AsyncTokenCredential | None" = None,
    prices: PriceList | None = None,
    listed_models: ListedModels | None = None,
) -> ResponsesModel:
    """Return a model of an Azure OpenAI endpoint; connects to nothing yet.

    Args:
        settings: the endpoint, the deployments, the key and the API version.
        identity: signs in without a key; None = the developer's credentials.
        credential: signs in instead; closed with the model.
        prices: the models that have a price; None = the published list.
        listed_models: receives the models that a probe reads.
    """
    connection = AzureConnection(settings, identity=identity, credential=credential, listed_models=listed_models)
    return ResponsesModel(settings, connection, prices=prices)


@dataclass(frozen=True, slots=True)
class UrlStyle:
    """How an endpoint is addressed.

    Attributes:
        token_scope: the audience that the style's documentation names.
        open_sdk: returns the SDK's client for an endpoint, with a key or tokens.
    """

    token_scope: str
    open_sdk: Callable[[str, str | None, ModelTokens | None], AsyncOpenAI]


def choose_url_style(api_version: str | None) -> UrlStyle:
    """Return the URL style that an API version selects; None = the v1 API."""
    if api_version is None:
        return UrlStyle(TOKEN_SCOPE_V1, _open_v1_sdk)
    return UrlStyle(TOKEN_SCOPE_DATED, partial(_open_dated_sdk, api_version))


def _open_v1_sdk(endpoint: str, key: str | None, tokens: ModelTokens | None) -> AsyncOpenAI:
    return AsyncOpenAI(
        base_url=f"{endpoint}/openai/v1/",
        api_key=key or tokens,
        max_retries=0,
        http_client=open_http_client(endpoint),
    )


def _open_dated_sdk(api_version: str, endpoint: str, key: str | None, tokens: ModelTokens | None) -> AsyncOpenAI:
    return AsyncAzureOpenAI(
        azure_endpoint=endpoint,
        api_version=api_version,
        api_key=key,
        azure_ad_token_provider=tokens,
        max_retries=0,
        http_client=open_http_client(endpoint),
    )


class AzureConnection(AccountConnection):
    """A connection to an Azure OpenAI endpoint.

    Args:
        settings: the endpoint, the API version, and the key if there is one.
        identity: signs in without a key; None = the developer's credentials.
        credential: signs in instead; closed by `close`.
        limits: how long sign-in may take; None = the defaults.
        listed_models: receives the models that `probe` reads.
    """

    def __init__(
        self,
        settings: "ModelSettings",
        *,
        identity: IdentitySettings | None = None,
        credential: "AsyncTokenCredential | None" = None,
        limits: SignInLimits | None = None,
        listed_models: ListedModels | None = None,
    ) -> None:
        self._url_style = choose_url_style(settings.api_version)
        super().__init__(
            AZURE_SETTING_NAMES,
            AccountAccess(settings.endpoint, settings.api_key, self._url_style.token_scope),
            identity=identity,
            credential=credential,
            limits=limits,
            listed_models=listed_models,
        )

    def _open_sdk(self, endpoint: str, tokens: ModelTokens | None) -> AsyncOpenAI:
        return self._url_style.open_sdk(endpoint, self._key, tokens)
