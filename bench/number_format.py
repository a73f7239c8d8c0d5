"""How figures are written for people."""

from enum import Enum

MISSING = "–"  # noqa: RUF001 - a dash, as tables have it where there is nothing


class Unit(Enum):
    """What a figure counts; the value is the format of a number. Shares are shares of 1."""

    PERCENT = "{:.1%}"
    SECONDS = "{:,.1f} s"
    SHORT_WINDOW_SECONDS = "{:.2f} s"
    MILLISECONDS = "{:.1f} ms"
    TIMES = "{:.2f} x"
    COUNT = "{:,.0f}"
    MEGABYTES = "{:,.0f} MB"
    OPERATIONS = "{:,.1f}"
    USD = "${:,.2f}"

    def write(self, value: float | None) -> str:
        """Return a figure in this unit, a dash for one that there is not."""
        return MISSING if value is None else str(self.value.format(value)).replace("%", " %")
