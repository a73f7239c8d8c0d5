"""A few items that stand for all: picked evenly over the categories, in one pass."""

from shared.catalog.items import Item


class CategorySampler:
    """Keeps at most ``max_items`` of the items that it is shown: the first ones of each category, evenly from each.

    A category's share can only become smaller as more items come, so nothing that was dropped is ever wanted again.
    """

    def __init__(self, max_items: int) -> None:
        self._max_items = max_items
        self._share = max_items
        self._groups: dict[str, list[Item]] = {}
        self._kept = 0

    def add(self, item: Item) -> None:
        """Take the next item, in acceptance order."""
        group = self._groups.get(item.category)
        if group is None:
            if len(self._groups) == self._max_items:
                return  # more categories than items to pick: the first ones have one each
            group = self._groups[item.category] = []
        if len(group) == self._share:
            return
        group.append(item)
        self._kept += 1
        while self._kept > self._max_items:
            self._share -= 1
            for crowded in self._groups.values():
                self._kept -= len(crowded[self._share :])
                del crowded[self._share :]

    def list_sample(self) -> list[Item]:
        """Return the items to show, category by category, in the order in which these first appeared."""
        return [item for group in self._groups.values() for item in group]
