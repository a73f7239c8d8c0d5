from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from shared.config import ModelSettings
from shared.models.providers.openai_model import OpenAIModel
from tests.support.model_requests import DATED, SECRET_KEY, V1, UrlStyle
from tests.support.scripted_service import ScriptedService, run_scripted_service


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
async def model(settings: ModelSettings) -> AsyncIterator[OpenAIModel]:
    """A model in the v1 style."""
    opened = OpenAIModel(settings)
    yield opened
    await opened.close()


@pytest.fixture
async def styled_model(settings: ModelSettings, url_style: UrlStyle) -> AsyncIterator[OpenAIModel]:
    """A model in either style."""
    opened = OpenAIModel(replace(settings, api_version=url_style.api_version))
    yield opened
    await opened.close()
