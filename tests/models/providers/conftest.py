from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from shared.config import ModelSettings
from shared.models.providers import sdk_client
from shared.models.providers.azure import open_azure_model
from shared.models.providers.responses_model import ResponsesModel
from tests.support.model_requests import DATED, SECRET_KEY, V1, UrlStyle
from tests.support.scripted_service import ScriptedService, run_scripted_service


@pytest.fixture(autouse=True)
def _patient_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """No retry policy is at work here, and a busy machine may take seconds to connect."""
    monkeypatch.setattr(sdk_client, "CONNECT_TIMEOUT_SECONDS", 300.0)


@pytest.fixture
async def service() -> AsyncIterator[ScriptedService]:
    async with run_scripted_service() as running:
        yield running


@pytest.fixture(params=[V1, DATED], ids=["v1", "dated"])
def url_style(request: pytest.FixtureRequest) -> UrlStyle:
    style = request.param
    assert isinstance(style, UrlStyle)
    return style


@pytest.fixture
def settings(service: ScriptedService) -> ModelSettings:
    return ModelSettings(endpoint=service.endpoint, api_key=SECRET_KEY)


@pytest.fixture
async def model(settings: ModelSettings) -> AsyncIterator[ResponsesModel]:
    """A model in the v1 style."""
    opened = open_azure_model(settings)
    yield opened
    await opened.close()


@pytest.fixture
async def styled_model(settings: ModelSettings, url_style: UrlStyle) -> AsyncIterator[ResponsesModel]:
    """A model in either style."""
    opened = open_azure_model(replace(settings, api_version=url_style.api_version))
    yield opened
    await opened.close()
