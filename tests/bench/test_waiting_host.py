import os
from pathlib import Path

import pytest

from bench.waiting_host import read_cpu_seconds


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="Linux only")
def test_the_cpu_time_of_a_process_is_that_of_its_own_clock() -> None:
    before = os.times()
    found = read_cpu_seconds(os.getpid())
    after = os.times()
    assert before.user + before.system - 0.02 <= found <= after.user + after.system + 0.02
