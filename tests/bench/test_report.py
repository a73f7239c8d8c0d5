from pathlib import Path

import pytest

from bench.cases import CASES, COLD_IMPORT
from bench.charts import write_charts
from bench.markdown_tables import write_comparison, write_detail
from bench.metrics import calculate_metrics
from bench.number_format import MISSING, Unit
from bench.observations import Observations, ProcessReport, StoredResults
from bench.report import BEGIN, DOCUMENT, END, format_tables, main, replace_section, write_report
from bench.report_tables import COMPARISON, DETAILS
from bench.results import Results

RUN = {
    "status": "Completed",
    "cost": {"usd": 1.0},
    "progress": {"images": {"failed": 10}},
    "createdAt": "2026-11-21T12:00:00+00:00",
    "completedAt": "2026-11-21T12:01:00+00:00",
}
SEEN = Observations(
    report=ProcessReport(0.0, [60.0], 10.0, 150.0, [RUN] * 8, 1.1, 5.0, 90, 400, 10_000, 800, 300),
    stats={
        "requests": {"images": {"200": 90, "429": 10}, "responses": {"200": 5}},
        "billedImageCount": 90,
        "inputTokens": 4000,
        "costUsd": 1.0,
        "maxConcurrentImages": 16,
        "firstImageStartedAt": 1.0,
        "lastImageEndedAt": 50.0,
    },
    stored_results=StoredResults(90, 1.5, 3.0, changed_rows=0, audited_images=90, audited_usd=1.0),
)


@pytest.fixture
def results() -> Results:
    """Return results of which nothing is missing."""
    cases = {case.name: calculate_metrics(case.full, SEEN) for case in CASES}
    return Results(is_quick=False, cases=cases | {COLD_IMPORT: {"wallSeconds": 0.3}})


def test_every_figure_of_the_comparison_is_one_that_a_case_brings(results: Results) -> None:
    assert [line.measure for line in COMPARISON if line.app(results) is None] == []
    assert [line.measure for line in COMPARISON if line.script and line.script(results) is None] == []


def test_every_row_and_column_of_a_detail_has_figures_somewhere(results: Results) -> None:
    for detail in DETAILS:
        for _, case in detail.rows:
            assert case in results.cases, detail.title
        for _, name, _ in detail.columns:
            assert any(results.find(case, name) is not None for _, case in detail.rows), (detail.title, name)


def test_every_case_is_in_a_table() -> None:
    shown = {case for detail in DETAILS for _, case in detail.rows} | {
        COLD_IMPORT,
        "first-image",
        "baseline-first-image",
    }
    assert shown == {COLD_IMPORT, *(case.name for case in CASES)}


def test_sizes_stand_in_the_place_of_the_names_of_cases(results: Results) -> None:
    text = format_tables(results)
    assert "{" not in text
    assert "orchestrator CPU an image, 20,000 images" in text


def test_cases_that_were_not_measured_are_left_out(results: Results) -> None:
    growth = next(detail for detail in DETAILS if detail.title == "Growth")
    del results.cases["growth-large"]
    assert "20,000 images" not in write_detail(growth, results)
    assert "5,000 images" in write_detail(growth, results)


def test_a_comparison_of_nothing_is_a_table_without_lines() -> None:
    assert len(write_comparison(COMPARISON, Results(is_quick=True)).splitlines()) == 2


def test_there_is_a_plot_for_each_question_and_none_for_what_was_not_measured(results: Results) -> None:
    assert [name for name, _, _ in write_charts(results)] == ["quota", "window", "growth", "prompts"]
    assert list(write_charts(Results(is_quick=True))) == []


def test_figures_are_replaced_between_the_markers_and_nowhere_else() -> None:
    text = f"before\n\n{BEGIN}\nold\n{END}\nafter\n"
    once = replace_section(text, "new")
    assert once == f"before\n\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    assert replace_section(once, "new") == once


@pytest.mark.parametrize("text", ["nothing", BEGIN, END])
def test_a_document_without_a_place_for_figures_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no place for figures"):
        replace_section(text, "new")


def test_the_document_of_the_product_has_a_place_for_figures() -> None:
    assert "| new |" in replace_section(DOCUMENT.read_text(encoding="utf-8"), "| new |")


def test_a_report_is_a_document_and_its_plots(results: Results, tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text(f"{BEGIN}{END}", encoding="utf-8")
    results.cases["kill"] = {"error": "RuntimeError: it broke"}
    written = write_report(results, document)
    text = document.read_text(encoding="utf-8")
    for path in written[1:]:
        assert f"](images/{path.name})" in text
        assert path.read_text(encoding="utf-8").startswith("<svg ")
    assert "the full loads of `make bench`" in text
    assert "because they failed: kill." in text


def test_the_report_says_what_is_wrong_with_its_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--figures", str(tmp_path / "none.json")]) == 1
    assert "expected what python -m bench has written" in capsys.readouterr().err


def test_a_figure_that_there_is_not_is_a_dash() -> None:
    assert [Unit.PERCENT.write(0.957), Unit.MILLISECONDS.write(3.14159), Unit.COUNT.write(None)] == [
        "95.7 %",
        "3.1 ms",
        MISSING,
    ]
