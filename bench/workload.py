"""What a case asks for: how the simulated service behaves, and what is requested from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bench.product_rows import INPUT

CATALOG = "bench"

Subject = Literal["app", "script"]
"""What is measured: this product, or the plain script of `bench.baseline`."""

TIMEOUT_SECONDS = 0.2
"""How long a call hangs that the simulator never answers."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One measurement's load.

    Attributes:
        items: items of each run, and images unless it is a dry run.
        subject: what carries the load.
        runs: runs at the same time, each with a catalog of its own, in one host.
        window: parallelImageRequests of each run.
        batch_size: items a text call.
        image_seconds: median answer time of an image call.
        text_seconds: median answer time of a text call.
        sigma: of the lognormal distribution of answer times; 0 = every answer takes the median.
        quota: image requests a minute that the service accepts; None = no limit.
        requests_per_minute: imageRequestsPerMinute that each run is told; None = it has to find out.
        size: of the images; small ones keep the simulator's drawing out of the measurement.
        image_bytes: images are padded to this size; None = as drawn.
        dry_run: items only.
        dry_run_first: the items are made by a dry run, and then the images by a second run.
        kill_at: the process is killed once so many images were billed, and started again.
        block_after: the account is blocked after so many images.
        pauses: the run pauses on the block, which is lifted then, and is resumed.
        max_cost_usd: maxCostUsd of each run; its estimate is accepted whatever it is.
        products: the items are rows of an input, so there is no text call.
        rates: how likely each fault of the simulator is.
        repairs: when the runs have ended, there are no faults any more, and each catalog is repaired.
    """

    items: int
    subject: Subject = "app"
    runs: int = 1
    window: int = 16
    batch_size: int = 50
    image_seconds: float = 0.5
    text_seconds: float = 0.05
    sigma: float = 0.0
    quota: float | None = None
    requests_per_minute: float | None = None
    size: str = "64x64"
    image_bytes: int | None = None
    dry_run: bool = False
    dry_run_first: bool = False
    kill_at: int | None = None
    block_after: int | None = None
    pauses: bool = False
    max_cost_usd: float | None = None
    products: bool = False
    rates: Mapping[str, float] = field(default_factory=dict)
    repairs: bool = False

    def make_faults(self) -> dict[str, Any]:
        """Return the simulator's faults file."""
        blocked = {} if self.block_after is None else {"accountBlockAfter": self.block_after}
        return self.make_faults_without_block() | blocked | {"rates": dict(self.rates)}

    def make_faults_without_block(self) -> dict[str, Any]:
        """Return the same without the block and the rates."""
        optional = {
            "imageRequestsPerMinute": self.quota,
            "imageBytes": self.image_bytes,
        }
        return {
            "latencySeconds": {"text": self.text_seconds, "image": self.image_seconds},
            "latencySigma": self.sigma,
            "timeoutSeconds": TIMEOUT_SECONDS,
            **{key: value for key, value in optional.items() if value is not None},
        }

    def make_stages(self) -> list[list[dict[str, Any]]]:
        """Return seed requests: those of a stage run at the same time, the stages one after the other."""
        names = [CATALOG] if self.runs == 1 else [f"{CATALOG}-{number}" for number in range(1, self.runs + 1)]
        stages = [self.dry_run] if not self.dry_run_first else [True, False]
        return [[self._make_request(name, dry_run=dry_run) for name in names] for dry_run in stages]

    def _make_request(self, catalog: str, *, dry_run: bool) -> dict[str, Any]:
        optional = {
            "imageRequestsPerMinute": self.requests_per_minute,
            "maxCostUsd": self.max_cost_usd,
            "source": "products" if self.products else None,
            "input": INPUT.as_posix() if self.products else None,
        }
        return {
            "catalog": catalog,
            "targetCount": self.items,
            "batchSize": self.batch_size,
            "parallelImageRequests": self.window,
            "imageSize": self.size,
            "dryRun": dry_run,
            "acceptEstimate": True,
            "pauseOnBlock": self.pauses,
            **{key: value for key, value in optional.items() if value is not None},
        }
