"""A few items that stand for all: picked evenly over the categories, in one pass."""

from shared.domain.items import Item


class CategorySpread:
    """Keeps at most ``most`` of the items that it is shown: the first ones of each category, evenly from each.

    A category's share can only become smaller as more items come, so nothing that was dropped is ever wanted again.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._share = most
        self._groups: dict[str, list[Item]] = {}
        self._kept = 0

    def show(self, item: Item) -> None:
        """Take the next item, in acceptance order."""
        group = self._groups.get(item.category)
        if group is None:
            if len(self._groups) == self._most:
                return  # more categories than items to pick: the first ones have one each
            group = self._groups[item.category] = []
        if len(group) == self._share:
            return
        group.append(item)
        self._kept += 1
        while self._kept > self._most:
            self._share -= 1
            for crowded in self._groups.values():
                self._kept -= len(crowded[self._share :])
                del crowded[self._share :]

    def pick(self) -> list[Item]:
        """Return the items to show, category by category, in the order in which these first appeared."""
        return [item for group in self._groups.values() for item in group]
