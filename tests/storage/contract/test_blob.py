"""What only Blob Storage has: containers, properties, credentials and a network."""

import asyncio
import hashlib
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import pytest
from azure.core.credentials_async import AsyncTokenCredential
from azure.identity import CredentialUnavailableError
from azure.storage.blob import BlobProperties
from azure.storage.blob.aio import BlobServiceClient

from shared.config import IdentitySettings, SettingError, StoreSettings
from shared.errors import StoreConflictError, StoreUnavailableError
from shared.identity.credentials import CachedCredential
from shared.storage.blob import BLOCK_BYTES, BlobStore
from shared.storage.blob_client import open_blob_client
from shared.storage.store_contract import CONTAINERS
from tests.storage.contract.store_calls import IMAGE_PATH as PATH
from tests.storage.contract.store_calls import list_refusals
from tests.support.azurite import KEY, Azurite, make_connection_string

NAMES = {name: name for name in CONTAINERS}


@pytest.fixture
async def settings(azurite: Azurite) -> StoreSettings:
    return azurite.make_settings()


@pytest.fixture
async def blobs(settings: StoreSettings) -> AsyncIterator[BlobStore]:
    store = BlobStore.from_settings(settings)
    yield store
    await store.close()


@pytest.fixture
async def account(settings: StoreSettings) -> AsyncIterator[BlobServiceClient]:
    """The emulator's account, seen by the SDK alone."""
    async with BlobServiceClient.from_connection_string(settings.connection_string or "") as client:
        yield client


async def properties_of(account: BlobServiceClient, settings: StoreSettings, path: str) -> BlobProperties:
    container, _, name = path.partition("/")
    return await account.get_blob_client(settings.containers[container], name).get_blob_properties()


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


# --- what other programs see -----------------------------------------------------------------------------------------


@pytest.mark.azurite
@pytest.mark.parametrize("data", [b"", b"png", b"x" * 1_500_000])
async def test_every_write_sets_type_and_md5(
    blobs: BlobStore,
    account: BlobServiceClient,
    settings: StoreSettings,
    data: bytes,
) -> None:
    await blobs.write(PATH, data, content_type="image/png")
    await blobs.create("runs/r/created", data, content_type="image/png")
    await blobs.write_chunks("runs/r/pieces", pieces(data), content_type="image/png")
    for path in (PATH, "runs/r/created", "runs/r/pieces"):
        content = (await properties_of(account, settings, path)).content_settings
        assert content.content_type == "image/png"
        assert bytes(content.content_md5 or b"") == hashlib.md5(data).digest()


@pytest.mark.azurite
async def test_blocks_and_a_move_keep_type_and_md5(
    blobs: BlobStore,
    account: BlobServiceClient,
    settings: StoreSettings,
) -> None:
    data = b"x" * (BLOCK_BYTES + 1)
    await blobs.write_chunks("runs/r/a", pieces(data, b"y"), content_type="text/plain")
    await blobs.move("runs/r/a", "runs/r/b")
    content = (await properties_of(account, settings, "runs/r/b")).content_settings
    assert content.content_type == "text/plain"
    assert bytes(content.content_md5 or b"") == hashlib.md5(data + b"y").digest()


@pytest.mark.azurite
async def test_metadata_is_blob_metadata_in_ascii(
    blobs: BlobStore,
    account: BlobServiceClient,
    settings: StoreSettings,
) -> None:
    await blobs.write(PATH, b"", content_type="image/png", metadata={"width": "1024", "note": "Käse"})
    assert (await properties_of(account, settings, PATH)).metadata == {"width": "1024", "note": "K%C3%A4se"}


@pytest.mark.azurite
async def test_containers_are_private_and_have_the_configured_names(
    blobs: BlobStore,
    account: BlobServiceClient,
    settings: StoreSettings,
) -> None:
    await blobs.write(PATH, b"", content_type="image/png")
    policy = await account.get_container_client(settings.containers["catalogs"]).get_container_access_policy()
    assert settings.containers["catalogs"] != "catalogs"
    assert not policy.get("public_access")


@pytest.mark.azurite
async def test_many_first_writes_at_once_make_the_container_once(blobs: BlobStore) -> None:
    await asyncio.gather(*(blobs.write(f"runs/{n}", b"", content_type="text/plain") for n in range(10)))
    assert [info.path async for info in blobs.list_files("runs/")] == [f"runs/{n}" for n in range(10)]


@pytest.mark.azurite
async def test_a_file_that_was_replaced_during_its_move_is_kept(
    blobs: BlobStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await blobs.write("runs/r/a", b"old", content_type="text/plain")
    put = blobs._put

    async def replace_meanwhile(*arguments: Any, **options: Any) -> str:
        etag = await put(*arguments, **options)
        await put("runs/r/a", b"new", "text/plain", {}, overwrite=True)
        return etag

    monkeypatch.setattr(blobs, "_put", replace_meanwhile)  # the only way between the two requests
    with pytest.raises(StoreConflictError):
        await blobs.move("runs/r/a", "runs/r/b")
    content = await blobs.read("runs/r/a")
    assert content is not None
    assert content.data == b"new"


# --- settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "DefaultEndpointsProtocol=https;AccountKey=secret0",
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=secret0",
    ],
)
def test_a_connection_string_that_cannot_be_read_names_its_setting_and_no_key(text: str) -> None:
    with pytest.raises(SettingError, match=r"^CATALOG_STORAGE_CONNECTION_STRING .*expected") as caught:
        BlobStore.from_settings(StoreSettings(kind="blob", connection_string=text))
    assert "secret0" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["", "contoso", "http://contoso.blob.core.windows.net", "https://contoso.blob.core.windows.net?sig=secret0"],
)
def test_an_account_url_that_cannot_be_used_names_its_setting_and_no_signature(url: str) -> None:
    with pytest.raises(SettingError, match=r"^CATALOG_STORAGE_URL is ") as caught:
        BlobStore.from_settings(StoreSettings(kind="blob", account_url=url), IdentitySettings())
    assert "secret0" not in str(caught.value)


def test_a_store_without_an_address_says_what_is_missing() -> None:
    with pytest.raises(SettingError, match=r"^CATALOG_STORAGE_URL is missing"):
        BlobStore.from_settings(StoreSettings(kind="blob"))


def test_two_containers_cannot_have_one_name() -> None:
    settings = StoreSettings(
        kind="blob",
        connection_string="UseDevelopmentStorage=true",
        containers=NAMES | {"runs": "catalogs"},
    )
    with pytest.raises(SettingError, match="RUNS_CONTAINER is 'catalogs', as is CATALOGS_CONTAINER"):
        BlobStore.from_settings(settings)


async def test_development_storage_is_azurite_at_its_default_port() -> None:
    client, credential = open_blob_client(
        StoreSettings(kind="blob", connection_string="UseDevelopmentStorage=true"), IdentitySettings()
    )
    async with client:
        assert client.url.rstrip("/") == "http://127.0.0.1:10000/devstoreaccount1"
        assert credential is None


async def test_an_account_url_is_signed_in_to_with_an_identity() -> None:
    url = "https://contoso.blob.core.windows.net"
    client, credential = open_blob_client(StoreSettings(kind="blob", account_url=url), IdentitySettings())
    store = BlobStore(client, containers=NAMES, credential=credential)
    assert client.url.rstrip("/") == url
    assert credential is not None
    await store.close()


@pytest.mark.processes
def test_the_identity_library_is_not_loaded_before_it_is_needed() -> None:
    code = "import sys, shared.storage.blob; sys.exit('azure.identity' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_container_needs_a_name() -> None:
    with pytest.raises(ValueError, match="expected a name for inputs, backups as well"):
        BlobStore(BlobServiceClient("https://contoso.blob.core.windows.net"), containers={"catalogs": "c", "runs": "r"})


# --- a service that refuses ------------------------------------------------------------------------------------------


class ScriptedService:
    """Answers every request with one status and one error code, and counts them."""

    def __init__(self, status: int, code: str) -> None:
        self.request_count = 0
        head = f"HTTP/1.1 {status} Scripted\r\n" + (f"x-ms-error-code: {code}\r\n" if code else "")
        self._answer = f"{head}Content-Length: 0\r\nConnection: close\r\n\r\n".encode()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.request_count += 1
        writer.write(self._answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[BlobStore]:
        server = await asyncio.start_server(self.answer, "127.0.0.1", 0)
        text = make_connection_string(server.sockets[0].getsockname()[1])
        store = BlobStore.from_settings(StoreSettings(kind="blob", connection_string=text))
        async with server:
            try:
                yield store
            finally:
                await store.close()


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that refuses connections, and that no other process gets."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


async def list_clean_refusals(store: BlobStore) -> list[str]:
    messages = await list_refusals(store)
    assert all(PATH in message for message in messages[:7])
    assert all("\n" not in message and KEY not in message for message in messages)
    return messages


@pytest.mark.parametrize(
    ("status", "code"), [(503, "ServerBusy"), (500, ""), (404, ""), (409, "ContainerBeingDeleted")]
)
async def test_a_refusal_is_reported_once_and_not_retried(status: int, code: str) -> None:
    service = ScriptedService(status, code)
    async with service.serve() as store:
        messages = await list_clean_refusals(store)
    assert service.request_count == len(messages) - 1 + len(CONTAINERS)  # the probe reads each container
    assert all(f"{status} {code}".strip() in message for message in messages)


async def test_a_missing_role_is_named() -> None:
    async with ScriptedService(403, "AuthorizationPermissionMismatch").serve() as store:
        messages = await list_clean_refusals(store)
    assert all("'Storage Blob Data Contributor'" in message for message in messages)


@pytest.mark.azurite
async def test_a_wrong_key_is_not_accepted(azurite: Azurite) -> None:
    wrong = azurite.connection_string.replace(KEY, "d3Jvbmc=")
    store = BlobStore.from_settings(StoreSettings(kind="blob", connection_string=wrong))
    messages = await list_clean_refusals(store)
    await store.close()
    assert all("403 " in message and "d3Jvbmc=" not in message for message in messages)


async def test_a_closed_port_makes_the_store_unavailable(closed_port: int) -> None:
    store = BlobStore.from_settings(StoreSettings(kind="blob", connection_string=make_connection_string(closed_port)))
    messages = await list_clean_refusals(store)
    await store.close()
    assert all("could not be reached" in message for message in messages)


async def test_an_answer_that_breaks_off_makes_the_store_unavailable() -> None:
    service = ScriptedService(200, "")
    service._answer = b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-99/100\r\nContent-Length: 100\r\n\r\nhalf"
    async with service.serve() as store:
        with pytest.raises(StoreUnavailableError, match="unusable answer"):
            await store.read(PATH)


async def test_a_failed_sign_in_makes_the_store_unavailable() -> None:
    class NoIdentity(AsyncTokenCredential):
        async def get_token(self, *scopes: str, **_: Any) -> NoReturn:
            raise CredentialUnavailableError(f"no identity for {scopes}")

        async def close(self) -> None:
            """Nothing to close."""

        async def __aexit__(self, *_: object) -> None:
            await self.close()

    credential = CachedCredential(IdentitySettings(), inner=NoIdentity())
    store = BlobStore(
        BlobServiceClient("https://127.0.0.1:1", credential=credential, retry_total=0),
        containers=NAMES,
        credential=credential,
    )
    messages = await list_clean_refusals(store)
    await store.close()
    assert all("no identity" in message for message in messages)


@pytest.mark.parametrize(
    ("status", "code", "word"),
    [(401, "InvalidAuthenticationInfo", "tenant"), (403, "AuthorizationFailure", "network rules")],
)
async def test_a_refusal_has_advice_of_its_own(status: int, code: str, word: str) -> None:
    async with ScriptedService(status, code).serve() as store:
        messages = await list_clean_refusals(store)
    assert all(word in message for message in messages)


async def test_a_probe_names_each_container_that_cannot_be_read() -> None:
    async with ScriptedService(403, "AuthorizationPermissionMismatch").serve() as store:
        with pytest.raises(StoreUnavailableError) as raised:
            await store.probe()
    assert all(name in str(raised.value) for name in CONTAINERS)
