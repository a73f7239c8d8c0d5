"""Delivers messages to the app's own activities, over a store in memory and a scripted model."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from durable_emulator.host.invocation import EmulatedContext, EmulatedTraceContext
from shared.config import ModelSettings, Settings
from shared.messages.base import Message
from shared.models.protocol import Model
from shared.runs import run_claim, run_files
from shared.runs.request import SeedRequest
from shared.runs.selection import parse_stored_request
from shared.services.container import Services, use_services
from shared.storage import paths
from shared.storage.protocol import Store
from tests.support.catalogs import CATALOG

RUN = "8204736755521-af1e9c55"
HOST = "azure:seeder"

SETTINGS = Settings(model=ModelSettings(endpoint="http://127.0.0.1:9"), host_id=HOST)


def start_process(store: Store, model: Model | None, *, host_id: str = HOST, settings: Settings = SETTINGS) -> Services:
    """Return the services of a process that has just started and remembers nothing."""
    return Services(replace(settings, host_id=host_id), store=store, model=model)


async def deliver(services: Services, activity: str, message: Message) -> dict[str, Any]:
    """Deliver a message to an activity as the host does and return its result as the history stores it."""
    builder = getattr(import_module(f"activities.{activity}"), activity)
    use_services(services)
    context = EmulatedContext(activity, "invocation-1", EmulatedTraceContext())
    result: dict[str, Any] = await builder._function.get_user_function()(payload=message.to_json(), context=context)
    return dict(json.loads(json.dumps(result)))


async def start_run_in(store: Store, *, run_id: str = RUN, **changes: object) -> SeedRequest:
    """Write what the start of a run writes: the claim and the request."""
    request = parse_stored_request(
        {
            "catalog": CATALOG,
            "target_count": 6,
            "category_count": 2,
            "batch_size": 4,
            "image_size": "64x64",
            "validate_items": False,
            **changes,
        },
    )
    await store.write(
        paths.run_claim_file(CATALOG),
        run_claim.dump_claim(run_claim.Claim(run_id, HOST, datetime.now(UTC))),
        content_type="application/json",
    )
    await run_files.create_request(store, run_id, request)
    return request
