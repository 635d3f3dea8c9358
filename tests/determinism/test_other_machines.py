"""The same bytes on other x86-64 machines, as far as one machine can pretend to be another.

Libraries look at the processor and choose among variants of their code, which may round differently. Here each is made to believe
in a lesser processor: the C library (no FMA, so other variants of sine and exponential), NumPy and its BLAS, OpenCV, and Warp,
which compiles the renderer's kernels for it. And one library is taken away from all: a C library whose transcendental
functions are off by a last bit, as another C library's, or another version's, may be.
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

SCRIPT = str(Path(__file__).with_name("digests.py"))

#: Scalar code for a generic processor, instead of vector code for this one.
PLAIN_KERNELS = "-fno-vectorize -fno-slp-vectorize"
DISPATCHED = [name for name in np._core._multiarray_umath.__cpu_dispatch__ if np._core._multiarray_umath.__cpu_features__[name]]

MACHINES = {
    "C library": {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX,-AVX2,-AVX512F,-ERMS"},
    "numpy": {"NPY_DISABLE_CPU_FEATURES": " ".join(DISPATCHED), "OPENBLAS_CORETYPE": "Nehalem"},
    "opencv": {
        "OPENCV_CPU_DISABLE": ",".join(name[1:] for name in cv2.getCPUFeaturesLine().split() if name.startswith("*")),
        "OPENCV_IPP": "disabled",
    },
    "warp": {},
}


def made(settings: dict, environment: dict[str, str]) -> dict:
    """What `digests.py` prints on such a machine."""
    run = subprocess.run(
        [sys.executable, "-W", "ignore", SCRIPT, json.dumps(settings)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    assert "unknown" not in run.stderr, run.stderr  # how OpenCV answers a misspelt feature
    return json.loads(run.stdout)


FEW = {"scenes": [0, 1], "objects": [2, 3]}
MANY = {"scenes": [2, 3, 4], "objects": [12, 15]}


@pytest.fixture(scope="module")
def few():
    return made(FEW, {})


@pytest.fixture(scope="module")
def many():
    return made(MANY, {})


@pytest.mark.parametrize("library", MACHINES)
def test_one_library_on_a_lesser_processor(few, library):
    there = made(FEW | ({"kernels": PLAIN_KERNELS} if library == "warp" else {}), MACHINES[library])
    other = {name for name in MACHINES if there["machine"][name] != few["machine"][name]}
    assert other <= {library}
    assert there["digests"] == few["digests"]
    assert other or library != "warp"  # whose code for a lesser processor every machine can run
    if not other:
        pytest.skip(f"{library}: this machine has no variant of its code to leave out")


def test_all_libraries_on_a_lesser_processor(many):
    environment = {key: value for settings in MACHINES.values() for key, value in settings.items()}
    assert made(MANY | {"kernels": PLAIN_KERNELS}, environment)["digests"] == many["digests"]


def test_another_c_library(many):
    there = made(MANY | {"sloppy_libm": True}, {})
    assert there["machine"]["C library"] != many["machine"]["C library"]
    assert there["digests"] == many["digests"]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="these are the variants of glibc")
def test_the_c_library_does_choose(few):
    """Otherwise the tests above would show nothing; the variants of glibc before 2.41 do differ."""
    if "fma" not in Path("/proc/cpuinfo").read_text().split() or tuple(map(int, platform.libc_ver()[1].split("."))) >= (2, 41):
        pytest.skip("one variant")
    assert made({"scenes": [], "objects": [2, 3]}, MACHINES["C library"])["machine"]["C library"] != few["machine"]["C library"]
