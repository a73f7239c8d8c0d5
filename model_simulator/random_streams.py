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
class RequestArrival:
    """One arrival of a request.

    Attributes:
        request_hash: hash of the kind of call and its body; equal requests have equal identities.
        earlier_arrivals: how often this request was seen before in this process.
    """

    request_hash: str
    earlier_arrivals: int


@dataclass(frozen=True, slots=True)
class ArrivalCounter:
    """Counts how often each request was seen."""

    counts: Counter[str] = field(default_factory=Counter)

    def identify(self, kind: str, body: Mapping[str, Any]) -> RequestArrival:
        """Tell which sighting this one is, without counting it yet."""
        canonical = json.dumps([kind, body], sort_keys=True, separators=(",", ":"))
        request_hash = hashlib.sha256(canonical.encode()).hexdigest()
        return RequestArrival(request_hash, self.counts[request_hash])

    def count(self, arrival: RequestArrival) -> None:
        """Remember this sighting."""
        self.counts[arrival.request_hash] += 1


@dataclass(frozen=True, slots=True)
class RandomStreams:
    """Independent random streams under one seed."""

    seed: int

    def stream_for_request(self, purpose: str, arrival: RequestArrival) -> random.Random:
        """Return what is drawn for a request whenever it comes."""
        return _stream(self.seed, purpose, arrival.request_hash)

    def stream_for_arrival(self, purpose: str, arrival: RequestArrival) -> random.Random:
        """Return what is drawn for this arrival of a request; the next one draws anew."""
        return _stream(self.seed, purpose, arrival.request_hash, arrival.earlier_arrivals)


def stream_for_prompt(purpose: str, prompt: str) -> random.Random:
    """Return what is drawn for a prompt alone, whatever the seed: a content policy does not change its mind."""
    return _stream(purpose, prompt)


def sample_latency(median_seconds: float, sigma: float, stream: random.Random) -> float:
    """Draw an answer time in seconds from the lognormal distribution with this median."""
    return median_seconds * math.exp(sigma * stream.gauss())


def _stream(*parts: object) -> random.Random:
    # A simulation wants draws that can be repeated; nothing secret depends on them.
    return random.Random("\x1f".join(map(str, parts)))  # noqa: S311
