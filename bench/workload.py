"""The workload of a case: the simulator's behaviour and the seed requests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bench.product_rows import INPUT

CATALOG = "bench"

Subject = Literal["app", "script"]
"""The measured subject: the app, or the plain script of `bench.baseline`."""

TIMEOUT_SECONDS = 0.2
"""How long the simulator holds a call of a ``timeout`` fault."""


@dataclass(frozen=True, slots=True)
class Workload:
    """The workload of one case.

    Attributes:
        items: items of each run, and images unless it is a dry run.
        subject: the measured subject.
        runs: concurrent runs in one host, each with its own catalog.
        window: ``parallelImageRequests`` of each run.
        batch_size: items per text call.
        image_seconds: median response time of image calls.
        text_seconds: median response time of text calls.
        sigma: sigma of the lognormal distribution of response times; 0 = always the median.
        quota: image requests per minute that the service accepts; None = no limit.
        requests_per_minute: ``imageRequestsPerMinute`` of each run; None = the run must find the quota.
        size: image size; small images keep the cost of rendering out of the measurement.
        image_bytes: size in bytes to which images are padded; None = no padding.
        dry_run: items only.
        dry_run_first: a dry run generates the items, and a second run the images.
        kill_at: number of billed images at which the process is killed and restarted.
        block_after: number of images after which the account is blocked.
        pauses: the run pauses on the block; then the block ends, and the run is resumed.
        max_cost_usd: ``maxCostUsd`` of each run; every estimate is accepted.
        products: the items are rows of an input, without text calls.
        rates: probability of each fault of the simulator.
        repairs: after the runs the faults end, and each catalog is repaired.
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
        """Return the content of the simulator's faults file."""
        blocked = {} if self.block_after is None else {"accountBlockAfter": self.block_after}
        return self.make_faults_without_block() | blocked | {"rates": dict(self.rates)}

    def make_faults_without_block(self) -> dict[str, Any]:
        """Return the faults file without the block and the rates."""
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
        """Return the seed requests by stage; the requests of a stage run concurrently."""
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
