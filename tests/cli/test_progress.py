import io
import logging

import pytest
from rich.console import Console

from cli.log_output import QuietFormatter
from cli.progress_display import LINE_INTERVAL_SECONDS, LineDisplay, format_duration, render_progress
from shared.runs.status import RunStatus
from tests.cli.deployed_app import describe_run


def make_run(accepted: int) -> RunStatus:
    run = RunStatus.model_validate(describe_run("Running", stage="items and images"))
    items = run.progress.items.model_copy(update={"accepted": accepted})
    return run.model_copy(update={"progress": run.progress.model_copy(update={"items": items})})


def test_the_live_display_fits_80_columns_and_shows_the_progress() -> None:
    console = Console(width=80, file=io.StringIO(), color_system=None)
    with console.capture() as capture:
        console.print(render_progress(make_run(5), elapsed_seconds=65))
    lines = [line.rstrip() for line in capture.get().splitlines()]
    assert lines[0] == "lego  items and images  1:05 min"
    assert lines[1].split()[0::2] == ["items", "5/6", "rejected"]
    assert lines[2].split()[0::2] == ["images", "4/6", "failed"]
    assert lines[3] == "7 calls, $0.25, up to 4 images at a time, throttled 3 times (429)"
    assert max(map(len, lines)) <= 80


def make_refining_run(refined: int) -> RunStatus:
    progress = {
        "categories": 2,
        "items": {"accepted": 50, "target": 50, "rejected": 0},
        "images": {"done": 50, "failed": 1, "total": 52, "refined": refined},
    }
    document = describe_run("Running", stage="items and images", progress=progress, imagesKept=1)
    return RunStatus.model_validate(document)


def test_a_refining_run_with_all_images_shows_its_progress() -> None:
    console = Console(width=80, file=io.StringIO(), color_system=None)
    with console.capture() as capture:
        console.print(render_progress(make_refining_run(31), elapsed_seconds=65))
    lines = [line.rstrip() for line in capture.get().splitlines()]
    assert [lines[3].split()[place] for place in (0, -1)] == ["refined", "31/50"]
    assert "refined" not in lines[2]
    assert max(map(len, lines)) <= 80


def test_a_line_shows_the_number_of_evaluated_images_and_each_is_a_change() -> None:
    now = 100.0
    file = io.StringIO()
    display = LineDisplay(Console(file=file, width=160), clock=lambda: now)
    for refined in (31, 32):
        display.show(make_refining_run(refined))
        now += LINE_INTERVAL_SECONDS
    lines = file.getvalue().splitlines()
    assert ["images 50/52, refined 31/50, 1 failed" in lines[0], "refined 32/50" in lines[1]] == [True, True]


def test_without_a_terminal_there_is_a_line_now_and_then_and_only_with_news() -> None:
    now = 100.0
    file = io.StringIO()
    display = LineDisplay(Console(file=file, width=160), clock=lambda: now)
    display.show(make_run(1))
    display.show(make_run(2))
    now += LINE_INTERVAL_SECONDS
    display.show(make_run(3))
    now += LINE_INTERVAL_SECONDS
    display.show(make_run(3))
    lines = file.getvalue().splitlines()
    assert [line.split(",")[0] for line in lines] == [
        "lego 0 s items and images: items 1/6",
        "lego 5 s items and images: items 3/6",
    ]


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (125, "2:05 min"), (50_040, "13:54:00 h")])
def test_durations_are_reported_as_people_read_them(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize("with_tracebacks", [False, True])
def test_the_log_shows_a_stack_trace_only_to_who_debugs(with_tracebacks: bool) -> None:
    with pytest.raises(ValueError, match="invalid literal") as caught:
        int("no\nnumber")
    error = (caught.type, caught.value, caught.tb)
    record = logging.LogRecord("name", logging.ERROR, __file__, 1, "it %s", ("broke",), error)
    first, *rest = QuietFormatter(with_tracebacks=with_tracebacks).format(record).splitlines()
    if with_tracebacks:
        assert first == "error: it broke"
        assert rest[0].startswith("Traceback")
    else:
        assert first.startswith("error: it broke: ValueError: invalid literal")
        assert rest == []
