"""Everything random, drawn from the seed and the request, so that equal requests meet equal fates."""

import hashlib
import json
import math
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Sighting:
    """One arrival of a request.

    Attributes:
        identity: hash of the kind of call and its body; equal requests have equal identities.
        times_before: how often this request was seen before in this process.
    """

    identity: str
    times_before: int


@dataclass(frozen=True, slots=True)
class SightingLog:
    """Counts how often each request was seen."""

    counts: Counter[str] = field(default_factory=Counter)

    def look_up(self, kind: str, body: Mapping[str, Any]) -> Sighting:
        """Tell which sighting this one is, without counting it yet."""
        canonical = json.dumps([kind, body], sort_keys=True, separators=(",", ":"))
        identity = hashlib.sha256(canonical.encode()).hexdigest()
        return Sighting(identity, self.counts[identity])

    def count(self, sighting: Sighting) -> None:
        """Remember this sighting."""
        self.counts[sighting.identity] += 1


@dataclass(frozen=True, slots=True)
class Chance:
    """Independent random streams under one seed."""

    seed: int

    def stream_for_request(self, purpose: str, sighting: Sighting) -> random.Random:
        """Return what is drawn for a request whenever it comes."""
        return _stream(self.seed, purpose, sighting.identity)

    def stream_for_sighting(self, purpose: str, sighting: Sighting) -> random.Random:
        """Return what is drawn for this arrival of a request; the next one draws anew."""
        return _stream(self.seed, purpose, sighting.identity, sighting.times_before)


def stream_for_prompt(purpose: str, prompt: str) -> random.Random:
    """Return what is drawn for a prompt alone, whatever the seed: a content policy does not change its mind."""
    return _stream(purpose, prompt)


def draw_latency(median_seconds: float, sigma: float, stream: random.Random) -> float:
    """Draw an answer time in seconds from the lognormal distribution with this median."""
    return median_seconds * math.exp(sigma * stream.gauss())


def _stream(*parts: object) -> random.Random:
    # A simulation wants draws that can be repeated; nothing secret depends on them.
    return random.Random("\x1f".join(map(str, parts)))  # noqa: S311
