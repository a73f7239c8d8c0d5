"""The audit of the chaos tests detects every kind of loss and damage."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.run_scenarios import PLAIN, open_trial

pytestmark = pytest.mark.slow

CATALOG = Path("catalogs/toys")


def list_images(disk: Path) -> list[Path]:
    return sorted((disk / CATALOG / "images").iterdir())


def lose_an_image(disk: Path) -> None:
    list_images(disk)[0].unlink()


def truncate_an_image(disk: Path) -> None:
    image = list_images(disk)[0]
    image.write_bytes(image.read_bytes()[:-20])


def add_a_stray_image(disk: Path) -> None:
    shutil.copy(list_images(disk)[0], disk / CATALOG / "images/stray.png")


def lose_a_row(disk: Path) -> None:
    change_rows(disk, lambda rows: rows[1:])


def publish_twice(disk: Path) -> None:
    change_rows(disk, lambda rows: [*rows, rows[0]])


def change_order(disk: Path) -> None:
    change_rows(disk, lambda rows: rows[::-1])


def lose_a_batch(disk: Path) -> None:
    (disk / CATALOG / "state/batches/00001.json").unlink()


def delete_the_summary(disk: Path) -> None:
    next(disk.glob("runs/*/summary.json")).unlink()


def keep_the_claim(disk: Path) -> None:
    (disk / CATALOG / "state/active.json").write_text("{}", encoding="utf-8")


def leave_a_damaged_file(disk: Path) -> None:
    (disk / CATALOG / "manifest.json.damaged-1").write_text("[", encoding="utf-8")


def leave_a_half_written_file(disk: Path) -> None:
    tmp = disk / ".seeder/tmp"
    tmp.mkdir(exist_ok=True)
    (tmp / "half").write_bytes(b"{")


def change_rows(disk: Path, change: Callable[[list[object]], list[object]]) -> None:
    file = disk / CATALOG / "catalog.json"
    file.write_text(json.dumps(change(json.loads(file.read_text(encoding="utf-8")))), encoding="utf-8")


LOSSES = [lose_an_image, lose_a_row, lose_a_batch, delete_the_summary]
DAMAGES = [
    truncate_an_image,
    add_a_stray_image,
    publish_twice,
    change_order,
    keep_the_claim,
    leave_a_damaged_file,
    leave_a_half_written_file,
]


async def test_every_kind_of_loss_and_damage_is_detected(tmp_path: Path) -> None:
    async with open_trial(PLAIN, tmp_path / "disk") as trial:
        await trial.run()
        await trial.check()
        for harm in [*LOSSES, *DAMAGES]:
            copy = trial.restartable_app.folder = tmp_path / harm.__name__
            shutil.copytree(tmp_path / "disk", copy)
            harm(copy)
            audit = await trial.restartable_app.audit(items=3)
            assert audit.lost if harm in LOSSES else audit.corrupt, harm.__name__


async def test_an_image_that_is_billed_again_without_a_kill_is_detected(tmp_path: Path) -> None:
    async with open_trial(PLAIN, tmp_path) as trial:
        await trial.run()
        lose_an_image(tmp_path)
        trial.restartable_app.key = "another-command"
        await trial.run()
        with pytest.raises(AssertionError, match="billed 2 times, in flight at 0 kills"):
            await trial.check()
