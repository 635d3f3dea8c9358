"""What every benchmark writes beside its figures, and how it sums them up."""

import os
import platform
import statistics
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from diorama.studio import versions


def quartiles(values: Sequence[float]) -> list[float]:
    """The first and the third quartile."""
    if len(values) == 1:
        return [values[0], values[0]]
    first, _, third = statistics.quantiles(values, n=4, method="inclusive")
    return [first, third]


def machine() -> dict[str, Any]:
    """What the figures depend on besides the code."""
    root = Path(__file__).parent

    def git(*arguments: str) -> str | None:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else None

    changes = git("status", "--porcelain", "--", "../src")
    return {
        "commit": git("rev-parse", "HEAD"),
        "uncommitted_changes": bool(changes),
        "cpu": cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "versions": {"python": platform.python_version()} | versions(),
    }


def cpu() -> str:
    """The processor's name."""
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def rounded(value: Any) -> Any:
    """Four significant digits are more than a repeat agrees on."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value
