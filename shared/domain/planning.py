"""Planning: which categories a batch asks for, and how the image window is cut into lanes. Pure arithmetic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

FEW_CATEGORIES = 5
"""A batch asks for this many categories, and for more only where these are not short enough to fill it."""

MAX_TAKEN_NAMES = 200
"""How many accepted names a prompt repeats, so that it does not grow with the catalog; rules catch the rest."""

LEAST_LANE_WIDTH, MOST_LANES = 4, 8
"""A lane drains before each continue-as-new, so several narrow lanes lose less than a wide one; each one costs a
sub-orchestration, so there are few."""


@dataclass(frozen=True, slots=True)
class CategoryQuota:
    """How many drafts of a category a batch asks for."""

    category: str
    count: int


def plan_batch(counts: Mapping[str, int], *, target: int, batch_size: int) -> list[CategoryQuota]:
    """Return what the next batch asks for: the shortest categories first, so that the catalog fills evenly.

    Args:
        counts: accepted items of each category, in the catalog's category order; categories without any included.
        target: how many items the catalog is to hold in all.
        batch_size: most drafts to ask for.

    Returns:
        Quotas that add up to min(batch_size, items still missing); empty when nothing is missing.
    """
    missing = target - sum(counts.values())
    wanted = min(batch_size, missing)
    if wanted <= 0 or not counts:
        return []
    shares = _split_evenly(target, len(counts))
    shortages = {
        name: share - count for (name, count), share in zip(counts.items(), shares, strict=True) if share > count
    }
    chosen = sorted(shortages, key=lambda name: (-shortages[name], list(counts).index(name)))
    enough = next(n for n in range(1, len(chosen) + 1) if sum(shortages[name] for name in chosen[:n]) >= wanted)
    chosen = chosen[: max(enough, FEW_CATEGORIES)]
    quotas = dict.fromkeys(chosen, 0)
    while wanted:
        open_categories = [name for name in chosen if quotas[name] < shortages[name]]
        for name in open_categories[:wanted]:
            quotas[name] += 1
            wanted -= 1
    return [CategoryQuota(name, count) for name, count in quotas.items() if count]


def plan_lanes(parallel_image_requests: int) -> list[int]:
    """Return the width of each image lane; together they are exactly the window that was asked for."""
    lanes = max(1, min(MOST_LANES, parallel_image_requests // LEAST_LANE_WIDTH))
    return _split_evenly(parallel_image_requests, lanes)


def pick_taken_names(names: Sequence[str], *, categories: int) -> list[str]:
    """Return the names of a category that a prompt about so many ``categories`` shows: the latest ones."""
    shown = MAX_TAKEN_NAMES // max(1, categories)
    return list(names[max(0, len(names) - shown) :])


def _split_evenly(total: int, parts: int) -> list[int]:
    return [total // parts + (1 if part < total % parts else 0) for part in range(parts)]
