"""What a person sees while a run goes on, and after it."""

import io

import pytest
from rich.console import Console

from diorama import console
from diorama.console import RunProgress, print_summary
from diorama.run import Summary


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is set."""
    now = [100.0]
    monkeypatch.setattr(console.time, "monotonic", lambda: now[0])
    return now


def show(clock, out, *events, terminal=False) -> str:
    text = io.StringIO()
    with RunProgress(out, Console(file=text, force_terminal=terminal, width=120, soft_wrap=True)) as progress:
        for second, *event in events:
            clock[0] = 100.0 + second
            progress(*event)
    return text.getvalue()


def test_lines_where_there_is_no_terminal(clock, tmp_path):
    said = show(
        clock,
        tmp_path,
        (0, "compile", 0, 100),
        (30, "generate", 0, 100),
        (32, "generate", 5, 100),
        (33, "generate", 10, 100),
        (41, "generate", 50, 100),
        (42, "generate", 55, 100),
        (52, "generate", 100, 100),
        (52, "merge", 0, 100),
        (53, "merge", 100, 100),
    )
    first, *rest = said.splitlines()
    assert str(tmp_path) in first
    assert "compiles" in first
    # A line at least every ten seconds, no more; the rate leaves out the start of the engines.
    assert rest == ["0 of 100 images", "50 of 100 images, 5.0 images/s", "100 of 100 images, 4.8 images/s"]


def test_the_rate_of_a_resumed_run_counts_its_own_images(clock, tmp_path):
    said = show(clock, tmp_path, (0, "check", 80, 100), (1, "generate", 80, 100), (3, "generate", 85, 100), (7, "generate", 100, 100))
    assert said.splitlines()[-1] == f"100 of 100 images, {15 / 4:.1f} images/s"


def test_a_bar_on_a_terminal(clock, tmp_path):
    said = show(clock, tmp_path, (0, "generate", 0, 20), (2, "generate", 5, 20), (3, "generate", 10, 20), terminal=True)
    for part in ("generating", "10/20", "5.0 images/s", "left"):
        assert part in said
    assert "of 20 images" not in said


def test_nothing_is_said_of_a_run_that_never_began(tmp_path):
    text = io.StringIO()
    with RunProgress(tmp_path, Console(file=text)):
        pass
    assert text.getvalue() == ""


def test_the_summary(capsys, tmp_path):
    summary = Summary(
        images=100,
        annotations=1234,
        rejections={"fell-off": 3, "never-rested": 1},
        made=60,
        wall_s=5.0,
        stages_s={"settle": 2.0, "render": 6.0},
        worker_rss_mb=512.3,
    )
    out = tmp_path / "my set"
    print_summary(summary, out)
    said = capsys.readouterr().out
    for part in (
        "100 (40 of them finished before)",
        "1234 labelled, 12.3 an image",
        "fell-off 3, never-rested 1",
        "5.0 s, 12.0 images/s",
        "render 75%, settle 25%",
        "512 MB",
        f"diorama preview '{out}'",
    ):
        assert part in said


def test_the_summary_of_a_finished_run_has_no_times(capsys, tmp_path):
    print_summary(Summary(images=10, annotations=0), tmp_path)
    said = capsys.readouterr().out
    assert "images/s" not in said
    assert "0 labelled, 0.0 an image" in said
    assert "nothing" in said


def test_the_summary_says_what_there_was_no_room_for(capsys, tmp_path):
    summary = Summary(images=10, annotations=0, asked={"parked": 40, "traffic": 12, "signs": 3}, fitted={"parked": 31, "traffic": 12})
    print_summary(summary, tmp_path)
    assert "fitted      parked 31 of 40, signs 0 of 3" in capsys.readouterr().out
