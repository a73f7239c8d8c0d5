"""The baseline: a typical script for one machine, to compare the product with.

It generates categories, then batches of items in sequence with all earlier names in the prompt, then all images behind
a semaphore. After a failed call it sleeps ten seconds and retries without limit; a real script gives up after a few
attempts. ``catalog.json`` is written at the end. Prompts, schemas and settings are the product's, so that only the
architecture differs.

Job: ``{"folder", "endpoint", "stages": [[request]]}`` with one seed request.
"""

import asyncio
import base64
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

from openai import APIError, AsyncOpenAI
from pydantic import BaseModel

from bench.measured_process import read_job, write_report_line
from bench.observations import ProcessReport
from bench.process_resources import read_cpu_seconds, read_peak_memory_mb
from shared.catalog import draft_rules
from shared.catalog.items import CategoryList, Draft, DraftBatch
from shared.catalog.theme import Theme
from shared.config import ModelSettings
from shared.models.prompts.item_requests import CATEGORY_INSTRUCTIONS, ITEM_INSTRUCTIONS
from shared.models.providers.json_schema import build_strict_schema
from shared.runs.request import SeedRequest

RETRY_SECONDS = 10.0
MODELS = ModelSettings()
"""Used for the names of the two models."""

AnswerT = TypeVar("AnswerT", bound=BaseModel)
ResultT = TypeVar("ResultT")


def main() -> None:
    """Generate the catalog and send the report."""
    write_report_line(asdict(asyncio.run(run_job(read_job()))))


async def run_job(job: dict[str, Any]) -> ProcessReport:
    """Generate the catalog of a job."""
    ((body,),) = job["stages"]
    folder, request = Path(job["folder"]), SeedRequest.from_json(body)
    client = AsyncOpenAI(base_url=f"{job['endpoint']}/openai/v1/", api_key="bench", max_retries=0)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    cpu_before, started_at = read_cpu_seconds(), time.time()
    await generate_catalog(client, request, folder)
    return ProcessReport(
        started_at=started_at,
        stage_seconds=[time.time() - started_at],
        cpu_seconds=read_cpu_seconds() - cpu_before,
        peak_memory_mb=read_peak_memory_mb(),
    )


async def generate_catalog(client: AsyncOpenAI, request: SeedRequest, folder: Path) -> None:
    """Generate a catalog and its images in a folder."""
    items = await write_items(client, request, await write_categories(client, request))
    rows = [item.model_dump(by_alias=True) | {"filename": f"{uuid.uuid4()}.png"} for item in items]
    if not request.dry_run:
        semaphore = asyncio.Semaphore(request.parallel_image_requests)

        async def store_image(row: dict[str, Any]) -> None:
            async with semaphore:
                data = await retry(partial(generate_image, client, request, row["imagePrompt"]))
                (folder / "images" / row["filename"]).write_bytes(data)

        await asyncio.gather(*(store_image(row) for row in rows))
    (folder / "catalog.json").write_text(json.dumps(rows, indent=2), encoding="utf-8")


async def write_categories(client: AsyncOpenAI, request: SeedRequest) -> list[str]:
    """Generate the names of the categories."""
    task = {"task": "categories", "count": request.category_count, "existing": [], **describe_theme(request.theme)}
    answer = await retry(partial(call_text_model, client, CATEGORY_INSTRUCTIONS, task, CategoryList, "category_list"))
    return [category.name for category in answer.categories]


async def write_items(client: AsyncOpenAI, request: SeedRequest, categories: list[str]) -> list[Draft]:
    """Generate the items in batches; each prompt lists all earlier names."""
    items: dict[str, Draft] = {}
    batch = 0
    while len(items) < request.target_count:
        batch += 1
        task = make_items_task(request, categories, list(items.values()), batch)
        answer = await retry(partial(call_text_model, client, ITEM_INSTRUCTIONS, task, DraftBatch, "item_batch"))
        for draft in answer.items:
            items.setdefault(draft.name.casefold(), draft)
    return list(items.values())[: request.target_count]


def make_items_task(request: SeedRequest, categories: list[str], items: list[Draft], batch: int) -> dict[str, Any]:
    """Return the task of a batch: item counts by category, and all taken names."""
    size = min(request.batch_size, request.target_count - len(items))
    first = (batch - 1) * request.batch_size
    counts = dict.fromkeys(categories, 0)
    for number in range(first, first + size):
        counts[categories[number % len(categories)]] += 1
    return {
        "task": "items",
        "batch": batch,
        "openings": list(request.theme.openings),
        "tail": request.theme.tail,
        "promptCharacters": draft_rules.REQUESTED_PROMPT_CHARACTERS,
        "categories": [
            {"name": name, "count": count, "taken": [item.name for item in items if item.category == name]}
            for name, count in counts.items()
            if count
        ],
        **describe_theme(request.theme),
    }


def describe_theme(theme: Theme) -> dict[str, Any]:
    """Return the theme's part of a task."""
    return {"subject": theme.subject, "forbiddenWords": list(theme.forbidden_words)}


async def call_text_model(
    client: AsyncOpenAI, instructions: str, task: dict[str, Any], answer_type: type[AnswerT], schema_name: str
) -> AnswerT:
    """Return the structured answer of one text call."""
    schema = {"type": "json_schema", "name": schema_name, "schema": build_strict_schema(answer_type), "strict": True}
    response = await client.responses.create(
        model=MODELS.text_deployment,
        instructions=instructions,
        input=json.dumps(task, ensure_ascii=False),
        text={"format": cast("Any", schema)},
    )
    return answer_type.model_validate_json(response.output_text)


async def generate_image(client: AsyncOpenAI, request: SeedRequest, prompt: str) -> bytes:
    """Return one generated image."""
    answer = await client.images.generate(
        model=MODELS.image_deployment,
        prompt=prompt,
        size=cast("Any", request.image_size),  # the service supports more sizes than the client's types
        quality=request.image_quality,
        output_format=request.image_format,
    )
    return base64.b64decode((answer.data or [])[0].b64_json or "")


async def retry(call: Callable[[], Awaitable[ResultT]]) -> ResultT:
    """Return the result of a call; retry until it succeeds."""
    while True:
        try:
            return await call()
        except APIError:
            await asyncio.sleep(RETRY_SECONDS)


if __name__ == "__main__":
    main()
