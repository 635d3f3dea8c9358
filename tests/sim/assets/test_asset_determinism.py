"""The same bytes in another process, and on a processor with fewer vector instructions."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).with_name("asset_digest.py")


def digest(**environment: str) -> str:
    run = subprocess.run([sys.executable, "-W", "ignore", SCRIPT], env=os.environ | environment, capture_output=True, text=True, check=True)
    return run.stdout


def test_assets_do_not_depend_on_the_process_or_the_processor() -> None:
    dispatched = " ".join(np._core._multiarray_umath.__cpu_dispatch__)  # type: ignore[attr-defined]
    if not dispatched:
        pytest.skip("this NumPy has no other code to choose from")
    plain = digest(PYTHONHASHSEED="1")
    slower = digest(
        PYTHONHASHSEED="2", NPY_DISABLE_CPU_FEATURES=dispatched, OPENCV_CPU_DISABLE="AVX512-SKX,AVX2,FP16,AVX,SSE4.2,SSE4.1", OPENCV_IPP="disabled"
    )
    assert len(plain) == 64
    assert plain == slower
