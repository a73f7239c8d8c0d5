"""Random streams derived from seed and request, so that equal requests get equal answers and faults."""

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
        request_hash: hash of kind and body; equal for equal requests.
        earlier_arrivals: how often this process has received the request before.
    """

    request_hash: str
    earlier_arrivals: int


@dataclass(frozen=True, slots=True)
class ArrivalCounter:
    """Counts how often each request arrives."""

    counts: Counter[str] = field(default_factory=Counter)

    def identify(self, kind: str, body: Mapping[str, Any]) -> RequestArrival:
        """Return the arrival of a request without counting it."""
        canonical = json.dumps([kind, body], sort_keys=True, separators=(",", ":"))
        request_hash = hashlib.sha256(canonical.encode()).hexdigest()
        return RequestArrival(request_hash, self.counts[request_hash])

    def count(self, arrival: RequestArrival) -> None:
        """Count an arrival."""
        self.counts[arrival.request_hash] += 1


@dataclass(frozen=True, slots=True)
class RandomStreams:
    """Independent random streams of one seed."""

    seed: int

    def stream_for_request(self, purpose: str, arrival: RequestArrival) -> random.Random:
        """Return the stream that all arrivals of a request share."""
        return _stream(self.seed, purpose, arrival.request_hash)

    def stream_for_arrival(self, purpose: str, arrival: RequestArrival) -> random.Random:
        """Return the stream of one arrival of a request."""
        return _stream(self.seed, purpose, arrival.request_hash, arrival.earlier_arrivals)


def stream_for_prompt(purpose: str, prompt: str) -> random.Random:
    """Return the stream of a prompt, independent of the seed: a content policy is constant."""
    return _stream(purpose, prompt)


def sample_latency(median_seconds: float, sigma: float, stream: random.Random) -> float:
    """Return a random response time in seconds, lognormal with this median."""
    return median_seconds * math.exp(sigma * stream.gauss())


def _stream(*parts: object) -> random.Random:
    # Repeatable on purpose; not used for secrets.
    return random.Random("\x1f".join(map(str, parts)))  # noqa: S311
