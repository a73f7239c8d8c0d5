"""One generation's history in memory: the texts that are replayed, and the events for the engine's own use."""

import json
from collections import Counter
from collections.abc import Iterable

from durable_emulator.engine.events import Event, EventType, encode_event, mark_played


class History:
    """The events of an instance's current generation, in order.

    Attributes:
        events: as every later episode sees them.
        texts: each event as JSON text.
        raised: how many external events of each name were delivered.
        withdrawn: numbers of the timers whose cancellation is recorded (known to this process).
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self.events: list[Event] = []
        self.texts: list[str] = []
        self.raised: Counter[str] = Counter()
        self.cancelled: set[int] = set()
        for text in texts:
            self._add(json.loads(text), text)

    def extend(self, events: Iterable[Event]) -> None:
        """Append events of an episode that is over."""
        for event in map(mark_played, events):
            self._add(event, encode_event(event))

    def _add(self, event: Event, text: str) -> None:
        self.events.append(event)
        self.texts.append(text)
        if event["EventType"] == EventType.EVENT_RAISED:
            self.raised[event["Name"]] += 1
