"""Reasoning effort: a cheap default where a model takes one."""

import pytest

from shared.models.reasoning_effort import REASONING_EFFORTS, choose_reasoning_effort


@pytest.mark.parametrize(
    "model", ["gpt-5", "GPT-5-mini-2025-08-07", "gpt-5.4", "gpt-6-luna", "gpt-6.1-sol", "o3", "gpt-6-luna-2026-09-22"]
)
def test_a_reasoning_model_gets_a_low_effort(model: str) -> None:
    assert choose_reasoning_effort(model, None) == "low"


@pytest.mark.parametrize("model", ["gpt-4.1", "gpt-5-chat", "gpt-5-pro", "gemini-3.5-flash", "writer", "", "qwen2"])
def test_other_models_get_no_effort(model: str) -> None:
    assert choose_reasoning_effort(model, None) is None


@pytest.mark.parametrize("effort", REASONING_EFFORTS)
def test_the_setting_wins(effort: str) -> None:
    for model in ("gpt-6-luna", "writer"):
        assert choose_reasoning_effort(model, effort) == (None if effort == "omit" else effort)
