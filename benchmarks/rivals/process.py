"""The parent's side of `worker`: a renderer in a process of its own, asked for one frame at a time."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

#: One thread each, and OpenGL by Mesa's software rasterizer even where there is a GPU.
_ENVIRONMENT = {
    "LP_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "GALLIUM_DRIVER": "llvmpipe",
    "LIBGL_ALWAYS_SOFTWARE": "1",
    "__EGL_VENDOR_LIBRARY_FILENAMES": "/usr/share/glvnd/egl_vendor.d/50_mesa.json",
}


class Absent(Exception):
    """A renderer cannot be measured here; the text says why."""


@contextmanager
def running(module: str, arguments: Sequence[str] = (), python: Path | None = None) -> Iterator["Process"]:
    """A renderer at work, on the cores that this process is pinned to. Raises Absent when it does not start."""
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            [str(python or sys.executable), "-m", module, *arguments],
            cwd=Path(__file__).parents[1],
            env=os.environ | _ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            bufsize=1,
        ) as child,
    ):
        yield Process(child, errors)


class Process:
    """What to ask a renderer's process. `versions` are those of the packages at work. All raise Absent when it has ended early."""

    def __init__(self, child: "subprocess.Popen[str]", errors: IO[str]) -> None:
        self._child, self._errors = child, errors
        self.versions: dict[str, str] = self._answer()

    def time(self, frame: int) -> dict[str, float]:
        """Seconds of a frame, by part."""
        return self._ask(f"time {frame}")

    def show(self, frame: int) -> tuple[NDArray[np.uint8], NDArray[np.integer]]:
        """The frame's colours (h, w, 3) and instance ids (h, w)."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "frame.npz"
            self._ask(f"show {frame} {file}")
            with np.load(file) as made:
                return made["rgb"], made["instance"]

    def _ask(self, order: str) -> dict[str, Any]:
        assert self._child.stdin is not None
        with suppress(BrokenPipeError):  # that no answer comes then is what tells
            print(order, file=self._child.stdin)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            code = self._child.wait()
            self._errors.seek(0)
            said = [text.strip() for text in self._errors if text.strip()]
            raise Absent(said[-1] if said else f"its process ended with code {code}")
        return json.loads(line)
