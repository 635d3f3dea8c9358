"""Which of Mitsuba's variants is the fastest that works here.

``llvm_ad_rgb`` compiles vector code and is some five times faster than ``scalar_rgb``, but with some versions of LLVM
the compiler ends the whole process (15 and 16 do on processors with AVX-512). So another process tries first.
"""

import hashlib
import logging
import os
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np

from diorama.sim.assets import disk_cache

_log = logging.getLogger(__name__)

FAST, SLOW = "llvm_ad_rgb", "scalar_rgb"
#: The earliest LLVM that is trusted.
NEEDED_LLVM = 17
#: Longer than any compilation.
_TIMEOUT_S = 120.0
#: Where Dr.Jit looks for LLVM, and Debian's folders of its versions.
_LIBRARIES = ("lib/libLLVM*.so*", "lib/*/libLLVM*.so*", "lib/llvm-*/lib/libLLVM*.so*", "lib64/libLLVM*.so*", "local/lib/libLLVM*.so*")

#: Renders a small scene of all that makes kernels large, and prints LLVM's version.
_TRIAL = """
import drjit, mitsuba, numpy
mitsuba.set_variant("llvm_ad_rgb")
image = mitsuba.Bitmap(numpy.full((2, 2, 3), 0.5, numpy.float32))
texture = {"type": "bitmap", "bitmap": image}
scene = mitsuba.load_dict({
    "type": "scene",
    "integrator": {"type": "path", "max_depth": 4},
    "sensor": {"type": "perspective", "film": {"type": "hdrfilm", "width": 16, "height": 16}},
    "light": {"type": "rectangle", "emitter": {"type": "area"}},
    "around": {"type": "envmap", "bitmap": image},
    "ball": {"type": "sphere", "center": [0, 0, 5], "bsdf": {"type": "principled", "roughness": 0.3, "metallic": 0.5}},
    "cube": {"type": "cube", "bsdf": {"type": "twosided", "bsdf": {"type": "diffuse", "reflectance": texture}}},
})
assert numpy.isfinite(numpy.array(mitsuba.render(scene, spp=4))).all()
print(drjit.detail.llvm_version()[0])
"""


@cache
def fastest_variant() -> str:
    """``llvm_ad_rgb`` if a trial in another process went well, else ``scalar_rgb``. The answer is kept on disk."""
    key = f"mitsuba-{_fingerprint()}"
    known = disk_cache.load(key)
    if known is None:
        llvm = _llvm_of_trial()
        if llvm is None:  # a machine too busy to tell is asked again the next time
            return SLOW
        known = [np.array([llvm])]
        disk_cache.store(key, known)
    return FAST if known[0][0] >= NEEDED_LLVM else SLOW


def _llvm_of_trial() -> float | None:
    """The major version of the LLVM that a small scene was rendered with, 0 when that failed; None when it did not end."""
    try:
        done = subprocess.run([sys.executable, "-P", "-c", _TRIAL], capture_output=True, text=True, errors="replace", timeout=_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        _log.warning("Mitsuba compiled nothing within %.0f s; the slow variant is used", _TIMEOUT_S)
        return None
    if done.returncode != 0:
        _log.info("Mitsuba's trial run failed: %s", done.stderr[-1000:])
        return 0.0
    return float(done.stdout)


def _fingerprint() -> str:
    """What the answer depends on: versions, the processor, and which LLVM libraries there are."""
    libraries = sorted({str(path) for pattern in _LIBRARIES for path in Path("/usr").glob(pattern)})
    facts = (version("mitsuba"), version("drjit"), sys.version, _processor(), os.environ.get("DRJIT_LIBLLVM_PATH", ""), *libraries)
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:32]


def _processor() -> str:
    """Model and features, where Linux tells them."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(sorted({line for line in lines if line.startswith(("model name", "flags"))}))
