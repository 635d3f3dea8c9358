"""The command, killed with SIGKILL at ten moments and gone on with, leaves the bytes of an undisturbed run.

`tests/run/test_kill.py` kills a stand-in before every single step; here nothing is faked.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from small_set import COMMAND, SCENES, make, tree

PATIENCE_S = 60


def start(out: Path, workers: int) -> subprocess.Popen:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([*COMMAND, "--out", str(out), "--workers", str(workers)], start_new_session=True, **quiet)


def reaches(condition: Callable[[], object], process: subprocess.Popen) -> bool:
    """Wait until something holds; False when the process ends before it is seen."""
    end = time.monotonic() + PATIENCE_S
    while process.poll() is None:
        if condition():
            return True
        assert time.monotonic() < end, f"waited {PATIENCE_S} s"
        time.sleep(0.0005)
    return False


def count(out: Path, pattern: str) -> int:
    return len(list(out.glob(pattern)))


def workers_of(process: subprocess.Popen) -> list[psutil.Process]:
    try:
        return [child for child in psutil.Process(process.pid).children() if "spawn_main" in " ".join(child.cmdline())]
    except psutil.NoSuchProcess:  # over already
        return []


def kill_all(process: subprocess.Popen) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def kill_parent(process: subprocess.Popen) -> None:
    """Its workers see that and end; only then is the folder free."""
    workers = workers_of(process)
    process.kill()
    process.wait()
    assert not psutil.wait_procs(workers, timeout=PATIENCE_S)[1]


def kill_worker(process: subprocess.Popen) -> None:
    """The parent sees that, ends the other one and then itself."""
    workers = workers_of(process)
    for worker in workers[:1]:
        worker.kill()
    assert process.wait(timeout=PATIENCE_S) in (0, 2)
    assert not any(worker.is_running() for worker in workers)


#: What is waited for before the kill. Temporary files start with a dot.
MOMENTS = {
    "the folder is made": (1, kill_all, lambda out, process: out.exists()),
    "the engines start": (1, kill_all, lambda out, process: (out / "plan.json").exists()),
    "the workers start": (2, kill_parent, lambda out, process: (out / "plan.json").exists() and len(workers_of(process)) == 2),
    "a picture is written": (2, kill_all, lambda out, process: count(out, "images/.*") > 0),
    "a scene is finished": (1, kill_all, lambda out, process: count(out, "records/0*") >= 1),
    "a worker starts its second scene": (2, kill_worker, lambda out, process: count(out, "records/0*") >= 1 and len(workers_of(process)) == 2),
    "half of the scenes are finished": (2, kill_parent, lambda out, process: count(out, "records/0*") >= SCENES // 2),
    "nearly all scenes are finished": (1, kill_all, lambda out, process: count(out, "records/0*") >= SCENES - 2),
}


def killed(out: Path, moment: str) -> bool:
    """Start a run and kill it at the moment; False when it was faster."""
    workers, kill, reached = MOMENTS[moment]
    process = start(out, workers)
    try:
        if reaches(lambda: reached(out, process), process):
            kill(process)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return process.returncode != 0 and not (out / "records/final.json").exists()


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_when(tmp_path, expected, moment):
    out = next(out for attempt in range(10) if killed(out := tmp_path / str(attempt), moment))
    make(out, resume=True)
    assert tree(out) == expected


# --- the merge is over in a millisecond, too short to be met from outside ---

SUICIDE = """
import os, signal, sys
from diorama.cli import main
rename = os.rename
def fatal(source, target, **folders):
    if target == sys.argv[1]:
        if sys.argv[2] == "after":
            rename(source, target, **folders)
        os.kill(os.getpid(), signal.SIGKILL)
    rename(source, target, **folders)
os.rename = fatal
sys.exit(main(sys.argv[3:]))
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_in_the_merge(tmp_path, undisturbed, expected, when):
    out = shutil.copytree(undisturbed, tmp_path / "set")
    shutil.rmtree(out / "annotations")
    (out / "records/final.json").unlink()
    command = [sys.executable, "-c", SUICIDE, "instances.json", when, *COMMAND[3:], "--out", str(out), "--resume"]
    assert subprocess.run(command, capture_output=True, check=False, timeout=PATIENCE_S).returncode == -signal.SIGKILL
    assert (out / "annotations/instances.json").exists() == (when == "after")
    assert not (out / "records/final.json").exists()
    assert subprocess.run([*COMMAND, "--out", str(out), "--resume"], capture_output=True, check=False, timeout=PATIENCE_S).returncode == 0
    assert tree(out) == expected
