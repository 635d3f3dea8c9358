"""Scenes made by several worker processes.

Each worker has a pipe of its own. It is handed scene numbers, a few ahead so that it never waits, writes the files itself and
sends back a few numbers for each scene; so nothing piles up, and no lock is left held when a worker is killed: its pipe
ends, and the run ends with an error. When the parent is killed, the workers see that at once, and end too.
"""

import gc
import logging
import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Generator, Iterator
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import cv2

from diorama.run.job import Finished, Job, make_scene
from diorama.run.writer import Folder
from diorama.sim.errors import DioramaError

#: Scenes a worker has in hand: the one it makes and the next.
AHEAD = 2


class WorkerLost(DioramaError):
    """A worker process that ended before its work."""


def make_scenes(job: Job, root: Path, scenes: Iterator[int], workers: int) -> Generator[Finished]:
    """Make scenes in `workers` processes, and yield each as it is finished, in any order.

    Raises what a worker raises, and WorkerLost when one is killed. Closing the iterator ends the workers at once.
    """
    context = multiprocessing.get_context("spawn")
    crew: dict[Connection, Any] = {}
    in_hand: dict[Connection, int] = {}
    try:
        for _ in range(workers):
            ours, theirs = context.Pipe()
            crew[ours] = context.Process(target=_work, args=(job, root, theirs), name="diorama worker", daemon=True)
            in_hand[ours] = 0
            _start_deaf(crew[ours])
            theirs.close()
            for _ in range(AHEAD):
                in_hand[ours] += _hand_over(ours, scenes)
        while at_work := [pipe for pipe in crew if in_hand[pipe]]:
            for pipe in wait(at_work):
                assert isinstance(pipe, Connection)
                yield _receive(pipe, crew[pipe])
                in_hand[pipe] += _hand_over(pipe, scenes) - 1
    finally:
        for process in crew.values():
            process.kill()
        for pipe, process in crew.items():
            process.join()
            pipe.close()


def _start_deaf(process: Any) -> None:
    """Start a process that Ctrl-C does not reach: the parent hears it and ends its workers."""
    resource_tracker.ensure_running()  # started along with the first process otherwise, and it unblocks SIGINT
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _hand_over(pipe: Connection, scenes: Iterator[int]) -> int:
    """Hand the next scene to a worker; how many there were to hand, 0 or 1. Whether it lives shows when it is heard."""
    for scene in scenes:
        try:
            pipe.send(scene)
        except BrokenPipeError:
            logging.getLogger(__name__).debug("scene %d went to a worker that is gone", scene)
        return 1
    return 0


def _receive(pipe: Connection, process: Any) -> Finished:
    try:
        answer = pipe.recv()
    except (EOFError, ConnectionResetError):
        process.join()
        raise WorkerLost(_obituary(process.exitcode)) from None
    if isinstance(answer, Finished):
        return answer
    kind, message = answer
    # Made without its __init__, whose arguments are not known here.
    error = kind.__new__(kind, message)
    raise error


def _obituary(exitcode: int) -> str:
    kept = "What is finished is kept: go on with --resume"
    if exitcode == -signal.SIGKILL:
        return f"a worker process was killed, as happens when memory runs out. {kept}, and perhaps fewer --workers."
    if exitcode < 0:
        return f"a worker process died of {signal.Signals(-exitcode).name}. {kept}."
    return (
        f"a worker process ended with exit code {exitcode}; what it printed says why. {kept}. "
        'A script that starts a run with several workers must do so below `if __name__ == "__main__":`.'
    )


# --- in the worker ------------------------------------------------------------------------------------------


def _work(job: Job, root: Path, pipe: Connection) -> None:
    threading.Thread(target=_die_with_parent, daemon=True).start()
    cv2.setNumThreads(1)  # as many processes as processors are at work already
    try:
        with Folder(root) as folder, job.pipeline.studio(job.plan) as studio:
            gc.freeze()  # the engines' many objects stay: going through them at every collection took 4 % of the time
            while True:
                pipe.send(make_scene(job, pipe.recv(), studio, folder))
    except DioramaError as error:
        pipe.send((type(error), str(error)))
    except (EOFError, BrokenPipeError):
        pass  # the parent is gone
    except Exception:  # noqa: BLE001 - a bug of ours, whose traceback the parent shows
        pipe.send((RuntimeError, f"in a worker process:\n{traceback.format_exc()}"))


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
