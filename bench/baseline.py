"""The baseline: a plain script for one machine, as such scripts are written, to compare the product with.

Categories, then batches of items one after the other with all names so far in the prompt, then all images behind a
semaphore; a call that is answered 429 sleeps ten seconds and tries again; ``catalog.json`` comes at the end. It asks
with the product's own words, schema and settings, so that only the way of working differs, and it is patient: a real
one gives up after a few attempts.

Job: ``{"folder", "endpoint", "stages": [[request]]}``, a seed request of which it reads what it needs.
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

from bench.child_process import read_job, write_report_line
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
"""Only the names of the two models."""

AnswerT = TypeVar("AnswerT", bound=BaseModel)
ResultT = TypeVar("ResultT")


def main() -> None:
    """Make the catalog and hand over the report."""
    write_report_line(asdict(asyncio.run(run_job(read_job()))))


async def run_job(job: dict[str, Any]) -> ProcessReport:
    """Make the one catalog of a job."""
    ((body,),) = job["stages"]
    folder, request = Path(job["folder"]), SeedRequest.from_json(body)
    client = AsyncOpenAI(base_url=f"{job['endpoint']}/openai/v1/", api_key="bench", max_retries=0)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    cpu_before, started_at = read_cpu_seconds(), time.time()
    await make_catalog(client, request, folder)
    return ProcessReport(
        started_at=started_at,
        stage_seconds=[time.time() - started_at],
        cpu_seconds=read_cpu_seconds() - cpu_before,
        peak_memory_mb=read_peak_memory_mb(),
    )


async def make_catalog(client: AsyncOpenAI, request: SeedRequest, folder: Path) -> None:
    """Write a catalog and its images into a folder."""
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
    """Return the names of the categories."""
    task = {"task": "categories", "count": request.category_count, "existing": [], **describe_theme(request.theme)}
    answer = await retry(partial(call_text_model, client, CATEGORY_INSTRUCTIONS, task, CategoryList, "category_list"))
    return [category.name for category in answer.categories]


async def write_items(client: AsyncOpenAI, request: SeedRequest, categories: list[str]) -> list[Draft]:
    """Return the items: batch after batch, each with every name so far in its prompt."""
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
    """Return the task of a batch: as many items as it has room for, and all names that are taken."""
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
    """Return what a task says of the theme."""
    return {"subject": theme.subject, "forbiddenWords": list(theme.forbidden_words)}


async def call_text_model(
    client: AsyncOpenAI, instructions: str, task: dict[str, Any], answer_type: type[AnswerT], schema_name: str
) -> AnswerT:
    """Return the structured answer to one text call."""
    schema = {"type": "json_schema", "name": schema_name, "schema": build_strict_schema(answer_type), "strict": True}
    response = await client.responses.create(
        model=MODELS.text_deployment,
        instructions=instructions,
        input=json.dumps(task, ensure_ascii=False),
        text={"format": cast("Any", schema)},
    )
    return answer_type.model_validate_json(response.output_text)


async def generate_image(client: AsyncOpenAI, request: SeedRequest, prompt: str) -> bytes:
    """Return one image."""
    answer = await client.images.generate(
        model=MODELS.image_deployment,
        prompt=prompt,
        size=cast("Any", request.image_size),  # the service knows more sizes than the client's types
        quality=request.image_quality,
        output_format=request.image_format,
    )
    return base64.b64decode((answer.data or [])[0].b64_json or "")


async def retry(call: Callable[[], Awaitable[ResultT]]) -> ResultT:
    """Return what a call brings, however often it takes."""
    while True:
        try:
            return await call()
        except APIError:
            await asyncio.sleep(RETRY_SECONDS)


if __name__ == "__main__":
    main()
