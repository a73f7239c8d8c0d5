from pathlib import Path

import pytest

from bench.cases import CASES, COLD_IMPORT
from bench.charts import write_charts
from bench.markdown_tables import MISSING, Unit, write_comparison, write_detail
from bench.metrics import calculate_metrics
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
OBSERVATIONS = Observations(
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
    """Return complete results."""
    cases = {case.name: calculate_metrics(case.full, OBSERVATIONS) for case in CASES}
    return Results(is_quick=False, cases=cases | {COLD_IMPORT: {"wallSeconds": 0.3}})


def test_every_line_of_the_comparison_has_a_metric(results: Results) -> None:
    assert [line.measure for line in COMPARISON if line.app(results) is None] == []
    assert [line.measure for line in COMPARISON if line.script and line.script(results) is None] == []


def test_every_row_and_column_of_a_table_has_numbers(results: Results) -> None:
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


def test_placeholders_are_replaced_by_numbers_of_items(results: Results) -> None:
    text = format_tables(results)
    assert "{" not in text
    assert "orchestrator CPU per image, 20,000 images" in text


def test_unmeasured_cases_are_skipped(results: Results) -> None:
    growth = next(detail for detail in DETAILS if detail.title == "Growth")
    del results.cases["growth-large"]
    assert "20,000 images" not in write_detail(growth, results)
    assert "5,000 images" in write_detail(growth, results)


def test_a_comparison_of_nothing_is_a_table_without_lines() -> None:
    assert len(write_comparison(COMPARISON, Results(is_quick=True)).splitlines()) == 2


def test_plots_without_measurements_are_skipped(results: Results) -> None:
    assert [name for name, _, _ in write_charts(results)] == ["quota", "window", "growth", "prompts"]
    assert list(write_charts(Results(is_quick=True))) == []


def test_figures_are_replaced_between_the_markers_and_nowhere_else() -> None:
    text = f"before\n\n{BEGIN}\nold\n{END}\nafter\n"
    once = replace_section(text, "new")
    assert once == f"before\n\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    assert replace_section(once, "new") == once


@pytest.mark.parametrize("text", ["nothing", BEGIN, END])
def test_a_document_without_markers_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no markers for the figures"):
        replace_section(text, "new")


def test_the_document_has_markers_for_figures() -> None:
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
    assert "the full workloads of `make bench`" in text
    assert "These cases failed: kill." in text


def test_a_missing_results_file_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--figures", str(tmp_path / "none.json")]) == 1
    assert "expected a file written by python -m bench" in capsys.readouterr().err


def test_a_missing_number_is_a_dash() -> None:
    assert [Unit.PERCENT.write(0.957), Unit.MILLISECONDS.write(3.14159), Unit.COUNT.write(None)] == [
        "95.7 %",
        "3.1 ms",
        MISSING,
    ]
