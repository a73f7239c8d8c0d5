"""Plans a run: what a batch asks for, how many writers and image workers share it, what needs an image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.catalog.items import Item, is_outdated
from shared.runs.request import SeedRequest
from shared.runs.selection import find_selected_item, find_selection

MIN_BATCH_CATEGORIES = 5
"""A batch asks for this many categories, and for more only if these do not lack enough items to fill it."""

MAX_TAKEN_NAMES = 60
"""Maximum number of accepted names in a prompt, so that it does not grow with the catalog; rules catch the rest.

Measured with the simulator, 20 categories, batches of 20: with 60 names the input tokens per item at 10,000 items are
1.26 times those at 200 (100 names: 1.50; 200 names: 2.19). The yield was 97-98 % with 0 names and with 200.
"""

MIN_WORKER_WIDTH, MAX_IMAGE_WORKERS = 4, 8
"""An image worker drains before each continue-as-new, so several narrow workers lose less than a wide one.

Each costs a child workflow, so there are few.
"""

ROWS_PER_BATCH = 20
"""Maximum input rows per batch: workers hold dozens of batches in memory, and one text call writes its prompts."""


@dataclass(frozen=True, slots=True)
class CategoryQuota:
    """How many drafts of a category a batch asks for."""

    category: str
    count: int


def plan_batch(
    counts: Mapping[str, int],
    *,
    target: int,
    batch_size: int,
    writer_index: int = 0,
    writer_count: int = 1,
) -> list[CategoryQuota]:
    """Return what the next batch asks for: the shortest categories first, so that the catalog fills evenly.

    Args:
        counts: accepted items of each category, in the catalog's category order; categories without any included.
        target: how many items the catalog is to hold in all.
        batch_size: most drafts to ask for.
        writer_index: the writer's index from 0: it fills the categories whose index modulo ``writer_count`` equals it.
        writer_count: how many writers share the categories.

    Returns:
        Quotas that add up to min(batch_size, items still missing in the writer's categories and in the catalog);
        empty when nothing is missing. With one writer, that is as long as the catalog holds fewer items than
        ``target``.
    """
    shares = _split_evenly(target, len(counts)) if counts else []
    shortages = {
        name: share - count
        for place, ((name, count), share) in enumerate(zip(counts.items(), shares, strict=True))
        if place % writer_count == writer_index and share > count
    }
    wanted = min(batch_size, target - sum(counts.values()), sum(shortages.values()))
    if wanted <= 0:
        return []
    # Sorting is stable: of equally short categories, the catalog's first ones come first.
    chosen = sorted(shortages, key=lambda name: -shortages[name])
    enough = next(n for n in range(1, len(chosen) + 1) if sum(shortages[name] for name in chosen[:n]) >= wanted)
    chosen = chosen[: max(enough, MIN_BATCH_CATEGORIES)]
    quotas = dict.fromkeys(chosen, 0)
    while wanted:
        open_categories = [name for name in chosen if quotas[name] < shortages[name]]
        for name in open_categories[:wanted]:
            quotas[name] += 1
            wanted -= 1
    return [CategoryQuota(name, count) for name, count in quotas.items() if count]


def plan_image_workers(parallel_image_requests: int) -> list[int]:
    """Return the width of each image worker; their sum is the requested concurrency."""
    workers = max(1, min(MAX_IMAGE_WORKERS, parallel_image_requests // MIN_WORKER_WIDTH))
    return _split_evenly(parallel_image_requests, workers)


def plan_item_writers(parallel_text_requests: int, categories: int) -> int:
    """Return how many item writers share the categories, at least one category each."""
    return max(1, min(parallel_text_requests, categories))


def plan_prompt_writers(parallel_text_requests: int, batches: int) -> int:
    """Return how many prompt writers share the batches, at least one batch each; 0 without batches."""
    return min(parallel_text_requests, batches)


def pick_taken_names(names: Sequence[str], *, categories: int) -> list[str]:
    """Return the latest names of a category, as many as a prompt about ``categories`` categories shows."""
    shown = MAX_TAKEN_NAMES // max(1, categories)
    return list(names[max(0, len(names) - shown) :])


def needs_image(item: Item, request: SeedRequest, generating_runs: Mapping[str, str], run_id: str) -> bool:
    """Return whether an image is still to be generated for an item.

    A run over named items generates no other image, and one for each of them.

    Args:
        item: the item.
        request: of the run.
        generating_runs: of the existing images, by file name; see ``RunCaches.list_images_at_start``.
        run_id: the run.
    """
    generating_run = generating_runs.get(item.filename)
    if find_selection(request) is not None:
        return find_selected_item(request, item.product_id) is not None and generating_run != run_id
    if request.force_images:
        return generating_run != run_id
    return generating_run is None or (is_outdated(item, generating_run) and not request.keep_changed)


def _split_evenly(total: int, parts: int) -> list[int]:
    return [total // parts + (1 if part < total % parts else 0) for part in range(parts)]
