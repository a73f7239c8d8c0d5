"""Models that shut down soon are reported from the services' own lists, with their successors."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.models.lifecycle import find_successor, read_shutdown_dates, warn_of_shutdowns

TODAY = date(2026, 12, 1)
OPENAI = [{"id": "gpt-5", "shutdown_date": "2026-12-11"}, {"id": "gpt-6-luna", "shutdown_date": None}, {"id": "x"}]
AZURE = [
    {
        "id": "gpt-image-2-2026-04-21",
        "lifecycle_status": "generally-available",
        "deprecation": {"inference": 1808265600},
    },
    {"id": "gpt-image-1.5-2025-12-16", "deprecation": {"inference": 1797379200}},
]


def warn(**models: str) -> list[str]:
    return list(warn_of_shutdowns(models, read_shutdown_dates([*OPENAI, *AZURE]), TODAY))


def test_both_services_dates_are_read() -> None:
    assert read_shutdown_dates([*OPENAI, *AZURE]) == {
        "gpt-5": date(2026, 12, 11),
        "gpt-image-2-2026-04-21": date(2027, 4, 21),
        "gpt-image-1.5-2025-12-16": date(2026, 12, 16),
    }


@pytest.mark.slow
@given(st.lists(st.recursive(st.none() | st.integers() | st.text() | st.floats(), lambda inner: st.dictionaries(
    st.sampled_from(["id", "shutdown_date", "deprecation", "inference"]), inner
))))  # fmt: skip
def test_whatever_a_list_holds_it_is_read(models: list[object]) -> None:
    read_shutdown_dates(models)


def test_a_model_is_reported_once_for_all_that_it_is_used_for() -> None:
    [warning] = warn(text="gpt-5", vision="GPT-5".lower(), image="gpt-image-2")
    assert {"text and vision", "'gpt-5'", "2026-12-11", "gpt-6-luna"} <= {
        part for part in ("text and vision", "'gpt-5'", "2026-12-11", "gpt-6-luna") if part in warning
    }


@pytest.mark.parametrize("model", ["gpt-image-1.5", "gpt-image-1.5-2025-12-16"])
def test_a_deployment_is_found_by_the_model_with_and_without_its_version(model: str) -> None:
    assert "gpt-image-2" in warn(image=model)[0]


@pytest.mark.parametrize("model", ["gpt-6-luna", "x", "writer", "gpt-image-2", ""])
def test_what_is_not_known_to_shut_down_within_sixty_days_is_not_reported(model: str) -> None:
    assert warn(text=model) == []


@pytest.mark.parametrize(
    ("model", "successor"),
    [("gpt-image-1", "gpt-image-2"), ("GPT-5-mini-2025-08-07", "gpt-6-luna"), ("gpt-6-luna", None), ("writer", None)],
)
def test_successors_are_known_by_the_model_without_its_version(model: str, successor: str | None) -> None:
    assert find_successor(model) == successor
