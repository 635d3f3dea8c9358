"""The environment of its own that MuJoCo needs: its EGL code does not work with the PyOpenGL that pyrender asks for."""

import subprocess
import sys
from pathlib import Path

from rivals.process import Absent

from diorama.sim.assets.disk_cache import cache_folder

_PACKAGES = ("mujoco==4.0.0", "numpy>=2.0,<3")


def mujoco_python() -> Path:
    """The interpreter of that environment, which is made in the cache folder the first time. Raises Absent when it cannot be."""
    folder = cache_folder() / "benchmark-mujoco"
    python = folder / "bin" / "python"
    done = folder / "installed.txt"  # tells a whole environment from half of one
    if not (done.is_file() and done.read_text("utf-8").split("\n") == [*_PACKAGES]):
        print(f"making an environment for MuJoCo in {folder}")
        _run(sys.executable, "-m", "venv", "--clear", str(folder))
        _run(str(python), "-m", "pip", "install", "--quiet", *_PACKAGES)
        done.write_text("\n".join(_PACKAGES), "utf-8")
    return python


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise Absent(f"no environment could be made for it ({said[-1] if said else ' '.join(command)})")
