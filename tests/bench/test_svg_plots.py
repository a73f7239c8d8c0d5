import re
from xml.etree import ElementTree as ET

import pytest

from bench.svg_plots import WIDTH, Bar, Series, render_bars, render_curves

SVG = "{http://www.w3.org/2000/svg}"


def parse(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def test_bars_are_as_long_as_their_values() -> None:
    root = parse(render_bars("Quota", [Bar("a", 0.5, "50 %"), Bar("b", 1.0, "100 %")], full=1, full_text="all"))
    first, second = (float(bar.attrib["width"]) for bar in root.iter(f"{SVG}rect"))
    assert second == pytest.approx(2 * first)


def test_a_bar_beyond_the_full_length_stays_in_the_image() -> None:
    root = parse(render_bars("Quota", [Bar("a", 2.5, "250 %")], full=1, full_text="all"))
    for bar in root.iter(f"{SVG}rect"):
        assert float(bar.attrib["x"]) + float(bar.attrib["width"]) < WIDTH


def test_labels_are_text_whatever_they_hold() -> None:
    root = parse(render_bars("a < b & c", [Bar("<x>", 1, '"1"')], full=1, full_text="all"))
    assert {"a < b & c", "<x>", '"1"', "all"} <= {text.text for text in root.iter(f"{SVG}text")}


def test_a_curve_rises_with_its_values_and_goes_right_with_its_size() -> None:
    root = parse(render_curves("Growth", [Series("a", [(500, 4), (5000, 5), (20_000, 6)])], x_title="x", y_title="y"))
    places = [(float(c.attrib["cx"]), float(c.attrib["cy"])) for c in root.iter(f"{SVG}circle")]
    assert places == sorted(places)
    assert [y for _, y in places] == sorted((y for _, y in places), reverse=True)


def test_the_axis_covers_the_largest_value_from_nought() -> None:
    root = parse(render_curves("Growth", [Series("a", [(1, 7.9), (2, 0.1)])], x_title="x", y_title="y"))
    ticks = [float(text.text or "") for text in root.iter(f"{SVG}text") if re.fullmatch(r"[\d.]+", text.text or "")]
    assert min(ticks) == 0
    assert max(ticks) >= 7.9


def test_one_point_is_a_plot_too() -> None:
    root = parse(render_curves("Growth", [Series("a", [(100, 0)])], x_title="x", y_title="y"))
    assert len(list(root.iter(f"{SVG}circle"))) == 1


def test_a_plot_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="expected at least one"):
        render_bars("Quota", [], full=1, full_text="all")
    with pytest.raises(ValueError, match="expected at least one"):
        render_curves("Growth", [Series("a", [])], x_title="x", y_title="y")
