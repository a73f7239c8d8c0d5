"""Property tests have the same examples in any order of tests."""

import importlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import QUICK

CONSTANTS = range(1_000_000_007, 1_000_000_507)


def draw_examples() -> list[tuple[int, str]]:
    examples = []

    @given(st.integers(), st.text())
    @QUICK
    def add_example(number: int, text: str) -> None:
        examples.append((number, text))

    add_example()
    return examples


def test_a_module_that_is_loaded_in_between_does_not_change_the_examples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = draw_examples()
    module = tmp_path / "loaded_in_between.py"
    module.write_text(f"NUMBERS = {list(CONSTANTS)}\nTEXTS = {[f'constant-{one}' for one in CONSTANTS]}\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module(module.stem)
    assert draw_examples() == before
