"""A renderer's process: it makes a frame whenever its parent (`process`) tells it to.

A line ``time 7`` on stdin asks for frame 7 and is answered by a JSON object, seconds by part; ``show 7 FILE`` also writes the frame's
colours and instance ids to an .npz file. The first line of stdout is the versions at work.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Watch:
    """Seconds by part of a frame."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, part: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[part] = self.seconds.get(part, 0.0) + time.perf_counter() - start


class Photographer(Protocol):
    """Makes a frame: rgb (h, w, 3) uint8 and instance (h, w), a body's index plus one, 0 for nothing."""

    def __call__(self, frame: int, watch: Watch, /) -> tuple[NDArray[np.uint8], NDArray[np.integer]]: ...


def versions_of(*packages: str) -> dict[str, str]:
    """What is installed."""
    return {package: version(package) for package in packages}


def serve(photograph: Photographer, versions: dict[str, str]) -> None:
    """Answer the parent until it closes stdin."""
    # Engines print what they please; the answers have a descriptor of their own.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    print(json.dumps(versions), file=answers)
    for line in sys.stdin:
        order, frame, *file = line.split()
        watch = Watch()
        rgb, instance = photograph(int(frame), watch)
        if order == "show":
            np.savez(file[0], rgb=rgb, instance=instance)
        print(json.dumps(watch.seconds), file=answers)
