"""The private parts of fal-client that the FAL adapter uses. Checked with the pinned version, 1.0.3."""

from typing import Final

import fal_client
import fal_client.client
from fal_client import AsyncClient

from shared.config import SettingError

CHECKED_VERSION: Final = "1.0.3"


def disable_retries() -> None:
    """Turn off the client's retries: after a lost answer it would submit again, and be billed again, up to ten times.

    Raises:
        SettingError: the installed version is not the checked one, so its retries may work differently.
    """
    version = fal_client.__version__
    if version != CHECKED_VERSION or not hasattr(fal_client.client, "MAX_ATTEMPTS"):
        raise SettingError(
            "IMAGE_PROVIDER", f"is 'fal', and fal-client {version} is installed; expected fal-client {CHECKED_VERSION}"
        )
    fal_client.client.MAX_ATTEMPTS = 1


async def close_client(client: AsyncClient) -> None:
    """Close a client's connections; it has no close method of its own."""
    await (await client._client).aclose()  # noqa: SLF001 - see the docstring
