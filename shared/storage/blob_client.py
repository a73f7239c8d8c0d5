"""Open the Blob Storage client by the settings."""

import base64
import io
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.pipeline import PipelineRequest
from azure.storage.blob.aio import BlobServiceClient

from shared.config import LOOPBACK_HOSTS, IdentitySettings, SettingError, StoreSettings
from shared.identity.credentials import open_credential

CONNECT_TIMEOUT_SECONDS: Final = 5
READ_TIMEOUT_SECONDS: Final = 60

_LARGE_BODY_BYTES: Final = 1024 * 1024
_MAX_SINGLE_GET_BYTES: Final = 256 * 1024 * 1024


def _stream_large_body(request: PipelineRequest[Any]) -> None:
    """Send a large body as a stream: aiohttp warns that one large bytes object blocks the event loop."""
    body = request.http_request.data
    if isinstance(body, bytes) and len(body) > _LARGE_BODY_BYTES:
        request.http_request.data = io.BytesIO(body)


_OPTIONS: Final[dict[str, Any]] = {
    # The orchestrator's policy retries, not the SDK. One retry of the SDK cannot be turned off: it resumes a broken
    # download twice, a second apart.
    "retry_total": 0,
    "connection_timeout": CONNECT_TIMEOUT_SECONDS,
    "read_timeout": READ_TIMEOUT_SECONDS,
    "max_single_get_size": _MAX_SINGLE_GET_BYTES,  # one answer holds one version; several could mix two
    "raw_request_hook": _stream_large_body,
}


def open_blob_client(
    settings: StoreSettings, identity: IdentitySettings
) -> tuple[BlobServiceClient, AsyncTokenCredential | None]:
    """Return a client, and the credential to close after it; connects to nothing yet.

    Raises:
        SettingError: neither an account URL nor a connection string is set, or it is invalid, or two containers have
        one
            name.
    """
    _check_containers(settings.containers)
    options = _OPTIONS | {"use_env_settings": _needs_environment()}
    if settings.account_url is not None:
        url = _check_account_url(settings.account_url)
        credential = open_credential(identity)
        return BlobServiceClient(url, credential=credential, **options), credential
    if settings.connection_string is not None:
        return _open_with_connection_string(settings.connection_string, options), None
    raise SettingError(
        "CATALOG_STORAGE_URL",
        "is missing; expected https://ACCOUNT.blob.core.windows.net, or set CATALOG_STORAGE_CONNECTION_STRING",
    )


def _needs_environment() -> bool:
    """Return whether requests may need a proxy of the environment: each one would look for it in a thread of its own.

    aiohttp then also looks for a user name and password in a netrc file, which Blob Storage has no use for.
    """
    return bool(getproxies())


def _check_containers(containers: Mapping[str, str]) -> None:
    """Check that no two logical containers have one name: their files would replace each other."""
    users: dict[str, str] = {}
    for name, real_name in containers.items():
        if real_name in users:
            raise SettingError(
                f"{name.upper()}_CONTAINER",
                f"is {real_name!r}, as is {users[real_name].upper()}_CONTAINER; expected different names",
            )
        users[real_name] = name


def _check_account_url(text: str) -> str:
    url = urlsplit(text)
    is_safe = url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK_HOSTS)
    if not is_safe or not url.hostname or url.query or url.username:
        shown = f"{url.scheme}://{url.hostname}{url.path}"  # a query may hold a signature
        raise SettingError(
            "CATALOG_STORAGE_URL",
            f"is {shown!r}; expected https://ACCOUNT.blob.core.windows.net, without a query",
        )
    return text


def _open_with_connection_string(connection_string: str, options: Mapping[str, Any]) -> BlobServiceClient:
    try:
        client = BlobServiceClient.from_connection_string(connection_string, **options)
        key: str | None = getattr(client.credential, "account_key", None)
        if key is not None:
            base64.b64decode(key, validate=True)  # fails now, not at the first request
    except ValueError as exc:
        raise SettingError(
            "CATALOG_STORAGE_CONNECTION_STRING",
            "(or AzureWebJobsStorage) cannot be parsed; expected a storage account's connection string "
            "such as 'DefaultEndpointsProtocol=https;AccountName=...;AccountKey=...' or 'UseDevelopmentStorage=true'",
        ) from exc
    return client
