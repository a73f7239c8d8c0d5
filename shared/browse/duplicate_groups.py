"""Groups of items whose images look nearly alike. Pure."""

from collections.abc import Mapping

from shared.catalog.near_duplicates import find_near_duplicates


def group_near_duplicates(hashes: Mapping[int, int]) -> dict[int, int]:
    """Return the items that are in a group, each with the first item of its group.

    Each image belongs to the group of the earlier image that it is nearest to.

    Args:
        hashes: perceptual hashes by the number of the item; numbers ascend.
    """
    numbers = list(hashes)
    firsts: dict[int, int] = {}
    for duplicate in find_near_duplicates(list(hashes.values())):  # ascending, so the earlier one has its group
        first = firsts.setdefault(numbers[duplicate.earlier_index], numbers[duplicate.earlier_index])
        firsts[numbers[duplicate.index]] = first
    return firsts
