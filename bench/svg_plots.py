"""Plots as SVG. Colours are readable on light and dark pages; the background is transparent."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

INK = "#7d8590"
GRID = "#7d859044"
COLOURS = ("#2f81f7", "#db6d28", "#3fb950")
FONT = "-apple-system, Segoe UI, Helvetica, Arial, sans-serif"

WIDTH = 760
MARGIN_TOP = 48
ROW_HEIGHT, BAR_HEIGHT, LABEL_WIDTH, BAR_ROOM = 32, 20, 220, 380
PLOT_LEFT, PLOT_RIGHT, PLOT_HEIGHT = 74, 700, 240
PLOT_BOTTOM = MARGIN_TOP + PLOT_HEIGHT
TICKS = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: label, length, text at its end, and index of its colour."""

    label: str
    value: float
    text: str
    colour: int = 0


@dataclass(frozen=True, slots=True)
class Series:
    """A curve: label, points (x, y) in the order of x, and index of its colour."""

    label: str
    points: Sequence[tuple[float, float]]
    colour: int = 0


def render_bars(title: str, bars: Sequence[Bar], *, full: float, full_text: str) -> str:
    """Return a plot of horizontal bars, with a line at ``full``.

    Raises:
        ValueError: no bars were given.
    """
    if not bars:
        raise ValueError(f"plot {title!r} got no bars; expected at least one")
    scale = BAR_ROOM / max(full, *(bar.value for bar in bars))
    bottom = MARGIN_TOP + ROW_HEIGHT * len(bars)
    line = LABEL_WIDTH + full * scale
    parts = []
    for number, bar in enumerate(bars):
        top, width = MARGIN_TOP + number * ROW_HEIGHT, bar.value * scale
        middle = top + BAR_HEIGHT / 2
        parts += [
            _text(LABEL_WIDTH - 10, middle, bar.label, anchor="end"),
            _element("rect", x=LABEL_WIDTH, y=top, width=width, height=BAR_HEIGHT, rx=2, fill=COLOURS[bar.colour]),
            _text(LABEL_WIDTH + max(width, full * scale) + 8, middle, bar.text),
        ]
    parts += [
        _line(line, MARGIN_TOP - 8, line, bottom, INK, stroke_dasharray="4 3"),
        _text(line, bottom + 14, full_text, anchor="middle"),
    ]
    return _wrap(title, bottom + 32, parts)


def render_curves(title: str, curves: Sequence[Series], *, x_title: str, y_title: str) -> str:
    """Return a plot of curves with a logarithmic x axis, ticks at the points, and a y axis from zero.

    Raises:
        ValueError: no points were given, or an x is not positive.
    """
    xs = sorted({x for curve in curves for x, _ in curve.points})
    if not xs or xs[0] <= 0:
        raise ValueError(f"plot {title!r} got points at {xs!r}; expected at least one, all above 0")
    step = _choose_step(max(y for curve in curves for _, y in curve.points))
    span = math.log(xs[-1] / xs[0]) or 1.0

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            PLOT_LEFT + (PLOT_RIGHT - PLOT_LEFT) * math.log(x / xs[0]) / span,
            PLOT_BOTTOM - PLOT_HEIGHT * y / (step * TICKS),
        )

    parts = []
    for tick in range(TICKS + 1):
        _, y = place(xs[0], tick * step)
        parts += [
            _line(PLOT_LEFT, y, PLOT_RIGHT, y, GRID),
            _text(PLOT_LEFT - 8, y, f"{tick * step:,g}", anchor="end"),
        ]
    for tick_x in xs:
        x, _ = place(tick_x, 0)
        parts += [
            _line(x, PLOT_BOTTOM, x, PLOT_BOTTOM + 5, INK),
            _text(x, PLOT_BOTTOM + 18, f"{tick_x:,.0f}", anchor="middle"),
        ]
    middle = PLOT_BOTTOM - PLOT_HEIGHT / 2
    parts += [
        _text((PLOT_LEFT + PLOT_RIGHT) / 2, PLOT_BOTTOM + 40, x_title, anchor="middle"),
        _text(14, middle, y_title, anchor="middle", transform=f"rotate(-90 14 {middle})"),
    ]
    for number, curve in enumerate(curves):
        colour = COLOURS[curve.colour]
        parts += _render_curve([place(x, y) for x, y in curve.points], colour)
        parts += _render_legend(PLOT_LEFT + 14 + 210 * number, MARGIN_TOP - 12, curve.label, colour)
    return _wrap(title, PLOT_BOTTOM + 56, parts)


def _render_curve(places: Sequence[tuple[float, float]], colour: str) -> Iterator[str]:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield _element("polyline", points=points, fill="none", stroke=colour, stroke_width=2)
    for x, y in places:
        yield _element("circle", cx=x, cy=y, r=4, fill=colour)


def _render_legend(x: float, y: float, label: str, colour: str) -> Iterator[str]:
    yield _element("rect", x=x, y=y - 5, width=14, height=10, rx=2, fill=colour)
    yield _text(x + 20, y, label)


def _choose_step(maximum: float) -> float:
    """Return a round step so that ``TICKS`` steps cover the maximum."""
    if maximum <= 0:
        return 1.0
    rough = maximum * 1.05 / TICKS
    magnitude = 10.0 ** math.floor(math.log10(rough))
    return next(step * magnitude for step in (1, 2, 2.5, 5, 10) if step * magnitude >= rough)


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, **attributes: str) -> str:
    return _element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=colour, **attributes)


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 13, **attributes: str) -> str:
    # A third of the size below the middle: not every viewer supports dominant-baseline.
    return _element(
        "text",
        escape(text),
        x=x,
        y=y + size / 3,
        fill=INK,
        font_size=size,
        font_family=FONT,
        text_anchor=anchor,
        **attributes,
    )


def _element(tag: str, content: str = "", **attributes: float | str) -> str:
    """Return an element. Underscores in attribute names become hyphens, lengths have one decimal."""
    written = " ".join(
        f'{name.replace("_", "-")}="{value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")}"'
        for name, value in attributes.items()
    )
    return f"<{tag} {written}>{content}</{tag}>"


def _wrap(title: str, height: float, parts: Sequence[str]) -> str:
    heading = _text(WIDTH / 2, 16, title, anchor="middle", size=15, font_weight="600")
    body = "\n".join(["", f"<title>{escape(title)}</title>", heading, *parts, ""])
    size: dict[str, float | str] = {
        "viewBox": f"0 0 {WIDTH} {height:.0f}",
        "width": WIDTH,
        "height": height,
        "role": "img",
    }
    return _element("svg", body, xmlns="http://www.w3.org/2000/svg", **size) + "\n"
