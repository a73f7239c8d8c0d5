"""A dictionary of bounded size, for what a process remembers and can read or calculate again."""

from collections import OrderedDict
from collections.abc import Iterator, MutableMapping
from typing import TypeVar

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


class BoundedCache(MutableMapping[KeyT, ValueT]):
    """Keep at most `max_entries`; a further one replaces the entry that was not read or written for longest.

    Iteration and ``popitem`` start with that entry.
    """

    def __init__(self, max_entries: int) -> None:
        self._max_entries = max_entries
        self._entries: OrderedDict[KeyT, ValueT] = OrderedDict()

    def __getitem__(self, key: KeyT) -> ValueT:
        value = self._entries[key]
        self._entries.move_to_end(key)
        return value

    def __setitem__(self, key: KeyT, value: ValueT) -> None:
        self._entries[key] = value
        self._entries.move_to_end(key)
        while len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)

    def __delitem__(self, key: KeyT) -> None:
        del self._entries[key]

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[KeyT]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
