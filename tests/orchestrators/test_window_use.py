"""How much of its window a run uses: image workers are busy until the end, and end together."""

from pathlib import Path
from random import Random

import pytest

from tests.support.scripted_run import ScriptedRun, run_to_end

IMAGE_SECONDS = 5.0


class BusyRun(ScriptedRun):
    """A run whose image calls take about equally long, as those of a real provider, and whose claims take time."""

    def __init__(self, seed: int) -> None:
        super().__init__(text_seconds=0.05, image_seconds=IMAGE_SECONDS, batch_size=50, claim_seconds=0.3)
        self.random = Random(seed)

    async def sleep(self, seconds: float) -> None:
        late = self.random.uniform(0, 0.3) if seconds == IMAGE_SECONDS else 0.0
        await super().sleep(seconds + late)


async def measure_use(tmp_path: Path, width: int, *, images: int, seed: int) -> tuple[float, int]:
    """Return the share of the window that a run used, and the events of its longest history."""
    scripted_run = BusyRun(seed)
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=images, parallel_image_requests=width)
    assert len(scripted_run.generated) == images
    last = scripted_run.clock.now()
    seconds = (last - min(scripted_run.calls_at)).total_seconds()
    return images * IMAGE_SECONDS / (width * seconds), ended.max_history_events


@pytest.mark.parametrize(("width", "seed"), [(4, 1), (8, 2), (16, 3)])
async def test_ten_images_a_slot_fill_the_window_to_the_end(tmp_path: Path, width: int, seed: int) -> None:
    used, max_history_events = await measure_use(tmp_path, width, images=10 * width, seed=seed)
    assert used >= 0.92
    assert max_history_events <= 230


async def test_an_uneven_rest_goes_to_free_slots(tmp_path: Path) -> None:
    used, _ = await measure_use(tmp_path, 8, images=84, seed=5)
    assert used >= 0.92 * 84 / 88  # eleven rounds, the last one half full


async def test_a_small_catalog_fills_the_window_at_once(tmp_path: Path) -> None:
    scripted_run = BusyRun(6)
    await run_to_end(scripted_run, tmp_path / "journal", target=23, parallel_image_requests=16)
    assert scripted_run.max_running == 16
    assert scripted_run.seconds <= 2 * IMAGE_SECONDS + 4
