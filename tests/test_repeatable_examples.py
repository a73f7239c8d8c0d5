"""Property tests have the same examples in any order of tests."""

import importlib
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import QUICK

INTEGERS = st.integers()
CONSTANTS = range(1_000_000_007, 1_000_000_507)


def draw_examples(numbers: st.SearchStrategy[int] = INTEGERS) -> list[tuple[int, str]]:
    examples = []

    @given(numbers, st.text())
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


def test_another_thread_that_uses_the_random_generator_of_the_process_changes_nothing() -> None:
    before = draw_examples()
    with ThreadPoolExecutor(1) as other:
        numbers = st.integers().map(lambda number: (number, other.submit(random.random).result())[0])
        assert draw_examples(numbers) == before
