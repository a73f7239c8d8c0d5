"""A probe reads the dates at which models shut down; a model that is gone is reported with its successor."""

from dataclasses import replace
from datetime import date

import pytest

from shared.config import ModelSettings, Settings
from shared.errors import ModelError
from shared.models.protocol import ListedModels
from shared.reasons import Reason
from shared.services.container import Services
from shared.services.model_factory import build_model
from tests.support.memory_request_log import MemoryRequestLog
from tests.support.model_requests import IMAGE_REQUEST, UrlStyle
from tests.support.scripted_service import Answer, ScriptedService

TODAY = date(2026, 12, 1)
MODELS = {
    "object": "list",
    "data": [
        {"id": "gpt-5", "shutdown_date": "2026-12-11"},
        {"id": "gpt-image-2-2026-04-21", "deprecation": {"inference": 1808265600}},
    ],
}


async def test_a_probe_finds_the_models_in_use_that_shut_down_soon(
    service: ScriptedService, settings: ModelSettings, url_style: UrlStyle
) -> None:
    used = replace(settings, api_version=url_style.api_version, text_deployment="gpt-5", vision_deployment="gpt-5")
    services = Services(Settings(model=used))
    assert services.warn_of_shutdowns(TODAY) == []
    service.plan(Answer(MODELS))
    await services.model.probe()
    await services.close()
    assert services.listed_models == ListedModels(
        {"gpt-5": date(2026, 12, 11), "gpt-image-2-2026-04-21": date(2027, 4, 21)}
    )
    [warning] = services.warn_of_shutdowns(TODAY)
    assert "'gpt-5'" in warning
    assert "2026-12-11" in warning


async def test_a_model_that_is_gone_is_not_found_and_has_a_successor(
    service: ScriptedService, settings: ModelSettings
) -> None:
    model = build_model(Settings(model=replace(settings, image_deployment="gpt-image-1")), MemoryRequestLog())
    error = {"error": {"code": "DeploymentNotFound", "message": "The API deployment does not exist."}}
    service.plan(Answer(error, status=404))
    with pytest.raises(ModelError) as raised:
        await model.generate_image(IMAGE_REQUEST)
    await model.close()
    assert raised.value.reason is Reason.MODEL_NOT_FOUND
    assert "gpt-image-2" in raised.value.message
