"""A run that is killed with SIGKILL, whatever it was doing, and gone on with, leaves the same bytes as one that was not."""

import os
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import fake_pipeline
import psutil
import pytest
from fake_pipeline import before_change, fake_run, tree

# Forked processes here do nothing but run the stand-in and die.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

COUNT = 8
WORKERS = 2
PATIENCE_S = 30


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed") / "set"
    fake_run(out, count=COUNT)
    return tree(out)


# --- at every single step of one process ---


def killed_at(step: int, out: Path, *, count: int = COUNT, **settings) -> bool:
    """Run in a forked process that kills itself just before its step-th change to the folder; whether it came so far."""
    pid = os.fork()
    if pid == 0:
        before_change(step, lambda: os.kill(os.getpid(), signal.SIGKILL))
        try:
            fake_run(out, count=count, **settings)
        finally:
            os._exit(0)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status)


def test_killed_before_any_change_and_resumed(tmp_path, undisturbed):
    step = 0
    while killed_at(step, out := tmp_path / str(step)):
        fake_run(out, count=COUNT, resume=True)
        assert tree(out) == undisturbed
        shutil.rmtree(out)
        step += 1
    assert tree(out) == undisturbed
    assert step > 50


def test_killed_again_while_resuming(tmp_path, undisturbed):
    """Each attempt gets a little further than the one before; what a resumed run tidies away is lost at no moment."""
    step = 0
    while killed_at(step, tmp_path, resume=True):
        step += 1
    assert tree(tmp_path) == undisturbed
    assert step > 20


def test_killed_and_overwritten_leaves_nothing_behind(tmp_path):
    """Pictures of a scene whose record was never written are known from the staged record."""
    fake_run(fresh := tmp_path / "fresh", count=1, seed=9)
    step = 0
    while killed_at(step, out := tmp_path / str(step)):
        fake_run(out, count=1, seed=9, overwrite=True)
        assert tree(out) == tree(fresh)
        shutil.rmtree(out)
        step += 1


def test_killed_while_overwriting(tmp_path):
    fake_run(fresh := tmp_path / "fresh", count=1, seed=9)
    fake_run(done := tmp_path / "done", count=4)
    (done / "notes.txt").write_text("mine")
    (fresh / "notes.txt").write_text("mine")
    step = 0
    while killed_at(step, out := shutil.copytree(done, tmp_path / str(step)), count=2, overwrite=True, seed=3):
        fake_run(out, count=1, seed=9, overwrite=True)
        assert tree(out) == tree(fresh)
        shutil.rmtree(out)
        step += 1
    assert step > 30


# --- several processes ---

#: Where a worker halts, scene and step, so that the run cannot end before it is killed. Scene 1 is the second of its worker, which writes seven files
#: and then names them, the record last.
MOMENTS = {
    "nothing is written": (0, 0),
    "pictures are written": (1, 4),
    "the record gets its name": (1, 13),
}


def start(out: Path, *, pause_s: float = 0.0, halt: tuple[int, int] | None = None) -> subprocess.Popen:
    arguments = [sys.executable, fake_pipeline.__file__, out, COUNT, WORKERS, pause_s, *(halt or ())]
    # What a shell runs in the background ignores Ctrl-C, these tests perhaps among it.
    hears = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([str(a) for a in arguments], start_new_session=True, preexec_fn=hears, text=True, **pipes)


def wait_for(condition, what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"waited {PATIENCE_S} s for {what}"
        time.sleep(0.002)


def wait_for_files(out: Path, count: int) -> None:
    wait_for(lambda: sum(len(names) for _, _, names in os.walk(out)) >= count, f"{count} files")


def workers_at(process: subprocess.Popen) -> tuple[psutil.Process, list[psutil.Process]]:
    """The worker that has halted, and all of them."""
    halted = psutil.Process(int(process.stdout.readline()))

    def workers() -> list[psutil.Process]:
        return [c for c in psutil.Process(process.pid).children(recursive=True) if "spawn_main" in " ".join(c.cmdline())]

    wait_for(lambda: len(workers()) == WORKERS, f"{WORKERS} workers")
    everyone = workers()
    assert halted in everyone
    return halted, everyone


def check_resumed(out: Path, undisturbed: dict[str, str]) -> None:
    fake_run(out, count=COUNT, resume=True)
    assert tree(out) == undisturbed


@pytest.mark.parametrize("files", [1, 5, 9, 14])
def test_all_killed(tmp_path, undisturbed, files):
    process = start(tmp_path, pause_s=0.05)
    wait_for_files(tmp_path, files)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    check_resumed(tmp_path, undisturbed)


@pytest.mark.parametrize("moment", MOMENTS)
def test_parent_killed_takes_its_workers_along(tmp_path, undisturbed, moment):
    process = start(tmp_path, halt=MOMENTS[moment])
    _, workers = workers_at(process)
    process.kill()
    process.communicate()
    _, alive = psutil.wait_procs(workers, timeout=PATIENCE_S)
    assert not alive
    check_resumed(tmp_path, undisturbed)


@pytest.mark.parametrize("moment", MOMENTS)
def test_worker_killed_ends_the_run_with_advice(tmp_path, undisturbed, moment):
    process = start(tmp_path, halt=MOMENTS[moment])
    halted, workers = workers_at(process)
    halted.kill()
    _, message = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert message.startswith("WorkerLost: a worker process was killed, as happens when memory runs out.")
    assert "--resume" in message
    assert not any(w.is_running() for w in workers)
    check_resumed(tmp_path, undisturbed)


def test_ctrl_c_ends_cleanly(tmp_path, undisturbed):
    process = start(tmp_path, halt=MOMENTS["pictures are written"])
    _, workers = workers_at(process)
    os.killpg(process.pid, signal.SIGINT)
    _, message = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert message.startswith("KeyboardInterrupt: interrupted. ")
    assert message.count("\n") == 1  # no traceback of any worker
    assert not any(w.is_running() for w in workers)
    check_resumed(tmp_path, undisturbed)


def test_a_script_without_a_main_guard_is_told_so(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(f"from fake_pipeline import fake_run\nfake_run({str(tmp_path / 'out')!r}, workers=2)\n")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert 'A script that starts a run with several workers must do so below `if __name__ == "__main__":`.' in done.stderr
