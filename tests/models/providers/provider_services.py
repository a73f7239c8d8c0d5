"""What the contract tests of the providers share: the product's calls, their faults, and a model of a service."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

import pytest

from model_simulator.in_process import RunningSimulator, running_simulator
from shared.catalog.items import CategoryList, DraftBatch
from shared.config import ModelSettings, Settings
from shared.models.protocol import ImageRequest, Model, TextRequest
from shared.reasons import Reason
from shared.services.model_factory import build_model
from tests.support.memory_request_log import MemoryRequestLog

QUICK: Mapping[str, Any] = {"latencySeconds": {"text": 0, "image": 0}, "timeoutSeconds": 0}
IMAGE = ImageRequest(
    prompt="Photorealistic LEGO-style minifigure of a baker, clean background",
    size="256x256",
    quality="low",
    format="png",
)
ITEMS_TASK = {
    "task": "items",
    "batch": 1,
    "subject": "LEGO-style minifigures",
    "openings": ["Photorealistic LEGO-style minifigure"],
    "tail": "clean background",
    "promptCharacters": 230,
    "categories": [{"name": "Space Explorers", "count": 4, "taken": []}],
    "forbiddenWords": ["logo"],
}
CATEGORIES_TASK = {"task": "categories", "subject": "LEGO-style minifigures", "count": 5, "existing": []}

MAX_OUTPUT_TOKENS = 8_000


def text_request(answer_type: type[Any], schema_name: str, task: Mapping[str, Any]) -> TextRequest[Any]:
    return TextRequest(
        instructions="Write.",
        task=json.dumps(task),
        answer_type=answer_type,
        schema_name=schema_name,
        max_output_tokens=MAX_OUTPUT_TOKENS,
    )


every_question = pytest.mark.parametrize(
    ("answer_type", "schema_name", "task"),
    [(DraftBatch, "item_batch", ITEMS_TASK), (CategoryList, "category_list", CATEGORIES_TASK)],
)
every_text_fault = pytest.mark.parametrize(
    ("fault", "reasons"),
    [
        ("rate_limited", {Reason.RATE_LIMITED}),
        ("server_error", {Reason.SERVER_ERROR}),
        ("dropped", {Reason.TIMEOUT_AMBIGUOUS}),
        ("timeout", {Reason.TIMEOUT_AMBIGUOUS}),
        ("truncated_json", {Reason.MALFORMED_ANSWER, Reason.INCOMPLETE_ANSWER}),
        ("refusal", {Reason.REFUSAL}),
    ],
)
every_image_fault = pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("rate_limited", Reason.RATE_LIMITED),
        ("server_error", Reason.SERVER_ERROR),
        ("dropped", Reason.TIMEOUT_AMBIGUOUS),
        ("timeout", Reason.TIMEOUT_AMBIGUOUS),
        ("content_policy", Reason.CONTENT_POLICY),
    ],
)


class ProviderService(Protocol):
    """A provider, as the simulator plays it."""

    def make_settings(self, url: str) -> ModelSettings:
        """Return settings that name the simulator at a URL as the provider."""


@asynccontextmanager
async def open_model(service: ProviderService, **faults: Any) -> AsyncIterator[tuple[Model, RunningSimulator]]:
    """Open the model that the product builds for a service, and the simulator behind it."""
    async with running_simulator(faults={**QUICK, **faults}) as simulator:
        model = build_model(Settings(model=service.make_settings(simulator.url)), MemoryRequestLog())
        try:
            yield model, simulator
        finally:
            await model.close()
