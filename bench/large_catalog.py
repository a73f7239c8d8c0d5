"""A catalog of thousands of items with images, made in minutes instead of by a whole run.

The items come from a dry run of the command line. The images are the simulator's, rendered for the items' prompts in as
many processes as there are cores, and stored with metadata and thumbnails by the functions that runs use.
"""

import asyncio
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final

from model_simulator.drawing import render_image
from shared.catalog.catalog_files import iterate_items
from shared.catalog.items import Item, find_content_type
from shared.config import Settings, StoreSettings
from shared.images.image_metadata import ImageMetadata
from shared.images.thumbnail import store_thumbnail
from shared.messages.base import Cost
from shared.rendering.convert_image import convert_image, make_thumbnail
from shared.services.container import build_store
from shared.storage import paths
from shared.storage.protocol import Store
from shared.text.digest_table import hash_text

ROOT: Final = Path(__file__).resolve().parents[1]
IMAGE_SIDE_PIXELS: Final = 256
"""The thumbnails are as large as those of 1024x1024 images, and rendering takes a fifth of the time."""

ITEMS_PER_TASK: Final = 50
IMAGE_COST: Final = Cost(image_calls=1, input_tokens=50, output_tokens=1056, nano_usd=42_000_000)
NO_LATENCY: Final = {"latencySeconds": {"text": 0, "image": 0}}


def prepare_catalog(folder: Path, catalog: str, items: int) -> None:
    """Write a catalog with an image for every item; keep the images that are there.

    Raises:
        RuntimeError: the dry run failed.
    """
    run_id = _run_without_images(folder, catalog, items)
    listed = asyncio.run(_list_items(folder, catalog))
    parts = [listed[first : first + ITEMS_PER_TASK] for first in range(0, len(listed), ITEMS_PER_TASK)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        for done in [pool.submit(_write_part, folder, catalog, run_id, part) for part in parts]:
            done.result()


def _run_without_images(folder: Path, catalog: str, items: int) -> str:
    """Generate the items in a dry run and return the run's id."""
    with tempfile.TemporaryDirectory() as scratch:
        faults = Path(scratch) / "faults.json"
        faults.write_text(json.dumps(NO_LATENCY), encoding="utf-8")
        command = [sys.executable, "-m", "cli.main", "run", "--offline", "--dry-run", "--json"]
        options = {"catalog": catalog, "target-count": items, "batch-size": 50, "output-dir": folder, "faults": faults}
        arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        result = subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    if result.returncode != 0:
        raise RuntimeError(f"the dry run ended with status {result.returncode}: {result.stderr[-500:]}")
    return str(json.loads(result.stdout)["runId"])


def _open_store(folder: Path) -> Store:
    return build_store(Settings(store=StoreSettings(folder=str(folder))))


async def _list_items(folder: Path, catalog: str) -> list[Item]:
    return [item async for item in iterate_items(_open_store(folder), catalog)]


def _write_part(folder: Path, catalog: str, run_id: str, items: Sequence[Item]) -> None:
    asyncio.run(write_images(_open_store(folder), catalog, run_id, items))


async def write_images(store: Store, catalog: str, run_id: str, items: Sequence[Item]) -> None:
    """Store a simulated image and its thumbnail for each item that has none."""
    for item in items:
        path = paths.image_file(catalog, item.filename)
        if await store.describe(path) is not None:
            continue
        size = (IMAGE_SIDE_PIXELS, IMAGE_SIDE_PIXELS)
        drawn = render_image(item.image_prompt, width=size[0], height=size[1], image_format="png")
        image = convert_image(drawn, "png", size)
        metadata = replace(
            ImageMetadata.from_properties(image.properties),
            run_id=run_id,
            product_id=item.product_id,
            prompt_digest=hash_text(item.image_prompt),
            model="gpt-image-1",
            cost=IMAGE_COST,
        )
        content_type = find_content_type(item.filename)
        await store.write(path, image.data, content_type=content_type, metadata=metadata.to_json())
        await store_thumbnail(store, catalog, item.filename, make_thumbnail(image.image), metadata)
