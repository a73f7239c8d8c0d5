from pathlib import Path

import pytest

from bench.__main__ import main, measure_cases
from bench.results import Results, open_results


def test_saved_results_are_loaded_unchanged(tmp_path: Path) -> None:
    results = Results(is_quick=True, cases={"kill": {"images": 300}})
    results.save(tmp_path / "build" / "bench.json")
    assert Results.load(tmp_path / "build" / "bench.json") == results


def test_a_file_without_results_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bench.json").write_text("[]", encoding="utf-8")
    with pytest.raises(ValueError, match="holds no results"):
        Results.load(tmp_path / "bench.json")


def test_a_few_more_cases_are_added_to_those_of_the_same_mode(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"
    Results(is_quick=False, cases={"kill": {"images": 300}}).save(file)
    assert "kill" in open_results(file, is_quick=False, is_resumed=True).cases
    assert not open_results(file, is_quick=True, is_resumed=True).cases
    assert not open_results(file, is_quick=False, is_resumed=False).cases


def test_a_metric_that_was_not_measured_is_none() -> None:
    results = Results(is_quick=False, cases={"a": {"x": 6, "y": None}, "b": {"x": 3, "y": 0}})
    assert results.find("a", "x") == 6
    assert results.find("a", "y") is results.find("a", "z") is results.find("c", "x") is None
    assert results.divide("a", "b", "x") == 2
    assert results.divide("b", "a", "y") is results.divide("b", "b", "y") is None


def test_a_case_that_fails_is_reported_and_does_not_lose_the_others(tmp_path: Path) -> None:
    results = Results(is_quick=True, cases={"kill": {"images": 300}})
    measure_cases(["no-such-case"], results, tmp_path / "bench.json")
    saved = Results.load(tmp_path / "bench.json")
    assert saved.list_failures() == {"no-such-case": "KeyError: 'no-such-case'"}
    assert saved.find("kill", "images") == 300


def test_the_cases_can_be_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "quota-told" in lines
    assert "fifty-thousand (only when named)" in lines


def test_an_unknown_case_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--only", "no-such-case"])
    assert "unknown case 'no-such-case'" in capsys.readouterr().err
