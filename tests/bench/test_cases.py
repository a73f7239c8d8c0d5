import pytest

from bench.cases import CASES, COLD_IMPORT, Case, find_case, select_cases
from bench.workload import Workload
from shared.runs.request import SeedRequest


def test_no_two_cases_have_one_name() -> None:
    names = [COLD_IMPORT, *(case.name for case in CASES)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_quick_load_is_the_full_one_on_a_smaller_scale(case: Case) -> None:
    full, quick = case.choose_workload(quick=False), case.choose_workload(quick=True)
    assert quick.items < full.items
    assert (quick.subject, quick.runs, quick.window) == (full.subject, full.runs, full.window)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_load_requests_what_the_app_understands(case: Case) -> None:
    for load in (case.full, case.quick):
        for body in (request for stage in load.make_stages() for request in stage):
            assert SeedRequest.from_json(body).target_count == load.items


def test_the_plain_script_is_compared_under_the_same_load() -> None:
    script, app = find_case("baseline-quota").full, find_case("quota-untold").full
    assert script.make_faults() == app.make_faults()
    assert script.make_stages() == app.make_stages()


def test_without_names_all_cases_run_but_the_extra_ones() -> None:
    names = select_cases([])
    assert COLD_IMPORT in names
    assert not {"fifty-thousand", "products-large"} & set(names)
    assert len(names) == 1 + sum(not case.is_extra for case in CASES)


def test_a_name_stands_for_a_case_and_for_those_that_begin_with_it() -> None:
    assert select_cases(["kill", "prompts"]) == ["prompts-small", "prompts-medium", "prompts-large", "kill"]
    assert select_cases(["fifty-thousand"]) == ["fifty-thousand"]


@pytest.mark.parametrize("name", ["quot", "prompts-", "no-such-case"])
def test_a_name_without_a_case_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"unknown case {name!r}; expected one of cold-import"):
        select_cases([name])


def test_runs_at_the_same_time_have_a_catalog_each() -> None:
    (requests,) = Workload(items=5, runs=3).make_stages()
    assert len({request["catalog"] for request in requests}) == 3


def test_a_dry_run_can_come_first_on_the_same_catalog() -> None:
    (first,), (second,) = Workload(items=5, dry_run_first=True).make_stages()
    assert (first["dryRun"], second["dryRun"]) == (True, False)
    assert first["catalog"] == second["catalog"]
