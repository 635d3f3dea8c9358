"""Which way to OpenGL there is on this machine, found out where it can do no harm."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from diorama.sim.errors import DioramaError, MissingExtra

_PLATFORMS = ("egl", "osmesa")
_PROBE_S = 60
_INSTALL = """\
On Debian or Ubuntu, install one of these:
    apt-get install libegl1 libgl1 libgl1-mesa-dri    (EGL: graphics cards of AMD and Intel, or the processor)
    apt-get install libosmesa6                        (OSMesa: the processor alone)
EGL on a card of NVIDIA's comes with its driver. The renderers "raster" and "pathtrace" need no OpenGL."""


class NoOpenGL(DioramaError):
    """No OpenGL that can draw without a window. The message says what was tried and what to install."""


@contextmanager
def chosen_platform() -> Iterator[str]:
    """Within, PyOpenGL and pyrender may be imported, and find OpenGL by the platform that is yielded: ``egl`` or ``osmesa``.

    PYOPENGL_PLATFORM, if set, decides; else the first that works in a process of its own. Raises MissingExtra, and NoOpenGL
    when none works, or when PyOpenGL has been imported already for windows on a display.
    """
    if find_spec("pyrender") is None or find_spec("OpenGL") is None:
        raise MissingExtra("the OpenGL renderer", "pyrender", "gl")
    if "OpenGL.platform" in sys.modules:
        with _without_viewer():
            yield _platform_in_use()
        return
    before = os.environ.get("PYOPENGL_PLATFORM")
    platform = _working_platform(before)
    os.environ["PYOPENGL_PLATFORM"] = platform
    try:
        with _without_viewer():
            yield platform
    finally:
        # PyOpenGL has read it. Left there, it would decide for other libraries, and for processes started later.
        if before is None:
            del os.environ["PYOPENGL_PLATFORM"]


@contextmanager
def _without_viewer() -> Iterator[None]:
    """With pyrender comes its viewer, which needs the libraries of a desktop. Nothing here opens windows, so it is left out."""
    if "pyrender" in sys.modules:
        yield
        return
    stand_in: Any = ModuleType("pyrender.viewer")
    stand_in.Viewer = None
    sys.modules["pyrender.viewer"] = stand_in
    try:
        yield
    finally:
        del sys.modules["pyrender.viewer"]


def _platform_in_use() -> str:
    from diorama.sim.render.gl.context import current_platform

    platform = current_platform()
    if platform not in _PLATFORMS:
        raise NoOpenGL(
            f'PyOpenGL was imported before, for the platform "{platform}", which needs a window. Open the OpenGL renderer first, '
            "or start with PYOPENGL_PLATFORM=egl (or osmesa) in the environment."
        )
    return platform


@cache
def _working_platform(wanted: str | None) -> str:
    failures = []
    for platform in (wanted,) if wanted else _PLATFORMS:
        failure = _failure(platform) if platform in _PLATFORMS else "is no platform without windows; unset PYOPENGL_PLATFORM, or set egl or osmesa"
        if failure is None:
            return platform
        failures.append(f"    {platform}: {failure}")
    raise NoOpenGL("\n".join(["no OpenGL was found that draws without a window:", *failures, _INSTALL]))


def _failure(platform: str) -> str | None:
    """Why this platform opens no context, or None if it does."""
    probe = [sys.executable, "-P", str(Path(__file__).with_name("context.py"))]
    environment = os.environ | {"PYOPENGL_PLATFORM": platform}
    try:
        done = subprocess.run(probe, env=environment, capture_output=True, text=True, errors="replace", timeout=_PROBE_S, check=False)
    except subprocess.TimeoutExpired:
        return f"opened no context within {_PROBE_S} s"
    if done.returncode == 0:
        return None
    if done.returncode < 0:
        return f"ends the process that opens a context (signal {-done.returncode})"
    return (done.stderr.strip().splitlines() or ["failed"])[-1].rpartition("Unavailable: ")[2]
