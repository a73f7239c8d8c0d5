"""Tokens for Azure OpenAI, and for which audience they are.

The reference and the examples of the v1 API name two audiences, and accounts differ in which one they take. One that
refuses a token says so: ``Access token is missing, invalid, audience is incorrect (https://...), or have expired.``
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from shared.identity.credentials import CachedCredential

TOKEN_SCOPE_V1: Final = "https://ai.azure.com/.default"  # noqa: S105  # an address, not a token
TOKEN_SCOPE_DATED: Final = "https://cognitiveservices.azure.com/.default"  # noqa: S105  # an address, not a token

_AUDIENCE: Final = re.compile(
    r"""\b(?:audience\b[^()'"]*[('"]+ | resource(?:_id)?="?)(https://[^\s()'",;]+)""", re.IGNORECASE | re.VERBOSE
)
_AUDIENCES: Final = re.compile(r"https://(?:ai|cognitiveservices|ml)\.azure\.(?:com|us|cn)", re.IGNORECASE)
"""Whose tokens a model may ask for. Any other would hand a service a token that opens something else."""


class ModelTokens:
    """Gives the openai SDK a good token for each request.

    Attributes:
        scope: the audience that they are for, as Entra writes it.
    """

    def __init__(self, credential: "CachedCredential", scope: str) -> None:
        self.scope = scope
        self._credential = credential

    async def __call__(self) -> str:
        """Return a token.

        Raises:
            SignInError: there is none.
        """
        return (await self._credential.get_token(self.scope)).token

    async def close(self) -> None:
        """Close the credential."""
        await self._credential.close()


def choose_scope(api_version: str | None) -> str:
    """Return the audience that the URL style's documentation names."""
    return TOKEN_SCOPE_V1 if api_version is None else TOKEN_SCOPE_DATED


def find_scope(message: str, headers: Mapping[str, str]) -> str | None:
    """Return the audience that a 401 asks for, as a scope; None if it names none that a model can have.

    Args:
        message: what the answer says.
        headers: of the answer; ``WWW-Authenticate`` may name the resource.
    """
    for text in (message, headers.get("www-authenticate", "")):
        found = _AUDIENCE.search(text)
        audience = found[1].rstrip("/") if found else ""
        if _AUDIENCES.fullmatch(audience):
            return f"{audience.lower()}/.default"
    return None
