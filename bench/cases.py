"""The cases by name. Names are stable: they identify the same case in the results of different versions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.workload import Workload

COLD_IMPORT = "cold-import"
"""Has no workload: a fresh interpreter imports the app."""


@dataclass(frozen=True, slots=True)
class Case:
    """A case with its full and its quick workload.

    Attributes:
        name: for ``--only``, the results file and the tables.
        full: workload of ``make bench``.
        quick: the same on a smaller scale.
        is_extra: whether it runs only when it is named.
    """

    name: str
    full: Workload
    quick: Workload
    is_extra: bool = False

    def choose_workload(self, *, quick: bool) -> Workload:
        """Return the quick or the full workload."""
        return self.quick if quick else self.full


def select_cases(names: Sequence[str]) -> list[str]:
    """Return the names of the cases to run, in order.

    Args:
        names: cases, or starts of several names (``quota`` matches ``quota-...``); empty = all but extras.

    Raises:
        ValueError: a name matches no case.
    """
    if not names:
        return [COLD_IMPORT, *(case.name for case in CASES if not case.is_extra)]
    known = [COLD_IMPORT, *(case.name for case in CASES)]
    for name in names:
        if not any(_matches(name, case) for case in known):
            raise ValueError(f"unknown case {name!r}; expected one of {', '.join(known)}, or the start of some")
    return [case for case in known if any(_matches(name, case) for name in names)]


def find_case(name: str) -> Case:
    """Return a case by its full name.

    Raises:
        KeyError: the name is unknown.
    """
    return _BY_NAME[name]


def _matches(name: str, case: str) -> bool:
    return case == name or case.startswith(f"{name}-")


def _scale(name: str, full: Workload, *, is_extra: bool = False, **quick: Any) -> Case:
    return Case(name, full, replace(full, **quick), is_extra)


# 600 a minute are 10 a second: 1,000 images take at least 100 s. 32 calls of 2 s could start 16 a second.
_QUOTA = Workload(items=1000, window=32, image_seconds=2.0, quota=600)
_WINDOW = Workload(items=1000, window=16)
# Small, fast images, so that the cost of the engine dominates.
_GROWTH = Workload(items=500, window=32, image_seconds=0.5)
# The default batch size; text calls only.
_PROMPTS = Workload(items=200, batch_size=20, dry_run=True)
_FIRST = Workload(items=100, batch_size=20, text_seconds=2.0, image_seconds=0.5)
# Image sizes and numbers as in production; answers take a tenth of the time.
_WHOLE = Workload(
    items=5000,
    window=64,
    image_seconds=3.0,
    sigma=0.5,
    text_seconds=1.0,
    size="1024x1024",
    image_bytes=1_500_000,
)
# Products with a provider that refuses, throttles and hangs; then the faults end, and a repair follows.
_FAULTY = Workload(
    items=5000,
    window=64,
    image_seconds=0.1,
    products=True,
    rates={"rate_limited": 0.3, "content_policy": 0.2, "timeout": 0.1},
    repairs=True,
)
_PRODUCTS = Workload(items=5000, window=32, image_seconds=0.0, products=True)
_KILL = Workload(items=300, image_seconds=1.0, kill_at=150)


def _list_cases() -> Iterator[Case]:
    yield _scale("quota-told", replace(_QUOTA, requests_per_minute=600), items=110)
    yield _scale("quota-untold", _QUOTA, items=110)
    yield _scale("quota-told-2", replace(_QUOTA, items=250, runs=2, requests_per_minute=600), items=55)
    yield _scale("quota-untold-2", replace(_QUOTA, items=250, runs=2), items=55)
    yield _scale("quota-untold-8", replace(_QUOTA, items=125, runs=8), items=16)
    yield _scale("baseline-quota", replace(_QUOTA, subject="script"), items=110)

    yield _scale("window-constant-3s", replace(_WINDOW, image_seconds=3.0), items=32)
    yield _scale("window-constant-1s", replace(_WINDOW, image_seconds=1.0), items=64)
    yield _scale("window-lognormal-3s", replace(_WINDOW, image_seconds=3.0, sigma=0.5), items=32)
    yield _scale("baseline-window-constant-1s", replace(_WINDOW, image_seconds=1.0, subject="script"), items=64)

    yield _scale("growth-small", _GROWTH, items=100)
    yield _scale("growth-medium", replace(_GROWTH, items=5000), items=200)
    yield _scale("growth-large", replace(_GROWTH, items=20_000), items=300)
    yield _scale("growth-paced-small", replace(_GROWTH, requests_per_minute=3000), items=100)
    yield _scale("growth-paced-medium", replace(_GROWTH, items=5000, requests_per_minute=3000), items=200)

    for size, items, few in (("small", 200, 100), ("medium", 2000, 300), ("large", 10_000, 600)):
        yield _scale(f"prompts-{size}", replace(_PROMPTS, items=items), items=few)
        yield _scale(f"baseline-prompts-{size}", replace(_PROMPTS, items=items, subject="script"), items=few)

    yield _scale("first-image", _FIRST, items=40, text_seconds=1.0)
    yield _scale("baseline-first-image", replace(_FIRST, subject="script"), items=40, text_seconds=1.0)

    yield _scale("kill", _KILL, items=48, kill_at=24)
    yield _scale("baseline-kill", replace(_KILL, subject="script"), items=48, kill_at=24)

    yield _scale("breaker", Workload(items=300, block_after=50), items=100)
    yield _scale("breaker-resumed", Workload(items=300, block_after=50, pauses=True), items=100)
    # About half of the full cost: an image of this size and quality costs $0.053.
    yield _scale("budget", Workload(items=80, size="1024x1024", max_cost_usd=2.0), items=40, max_cost_usd=1.0)

    yield _scale("products-faults", _FAULTY, items=60)
    yield _scale("products-small", _PRODUCTS, items=100)
    yield _scale("products-large", replace(_PRODUCTS, items=50_000), is_extra=True, items=400)

    yield _scale("five-hundred", replace(_WHOLE, items=500), items=40, image_seconds=0.5, text_seconds=0.2)
    yield _scale("five-thousand", _WHOLE, items=160, image_seconds=0.5, text_seconds=0.2)
    yield _scale("fifty-thousand", Workload(items=50_000, window=64, dry_run_first=True), is_extra=True, items=400)


CASES = tuple(_list_cases())
_BY_NAME = {case.name: case for case in CASES}
