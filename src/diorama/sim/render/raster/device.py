"""Warp as the host side uses it: any dtype, any sequence. Its own annotations are narrower, so its types end here."""

import platform
from functools import cache
from typing import Any

import numpy as np
import warp
from numpy.typing import NDArray

wp: Any = warp

#: What kernels are compiled with for CPUs: Warp's own flags, without its limit on how long a chain of arithmetic is still made vector
#: instructions of.
WIDE_CPU_FLAGS = "-march=native -mllvm=-inline-threshold=9000 -mllvm=-inline-cold-callsite-threshold=3000"
#: Without AVX-512, whose way of converting single whole numbers keeps remnants of what came before in a register, and they may be numbers
#: that are slow to compute with. Kernels that convert none gain from it.
CPU_FLAGS = WIDE_CPU_FLAGS + (" -target-feature -avx512f" if platform.machine() == "x86_64" else "")

#: A `warp.array`, of whatever dtype.
Array = Any


@cache
def layout(struct: Any) -> Any:
    """A Warp struct's NumPy dtype; Warp makes it anew at every call."""
    return np.dtype(struct.numpy_dtype())


def records(rows: NDArray[Any], struct: Any, device: str) -> Array:
    """An array of a Warp struct from NumPy records of its `layout`: at a tenth of the cost of `warp.array`, which works the layout out anew."""
    data = wp.array(np.frombuffer(rows.tobytes(), np.uint8), dtype=wp.uint8, device=device)
    out = wp.array(ptr=data.ptr, dtype=struct, shape=rows.shape, device=device)
    # The memory is the bytes', and lives as long as they do.
    out.records = data
    return out


class Scratch:
    """Room on one device that is kept from picture to picture: fresh memory costs more than filling it."""

    def __init__(self, device: str) -> None:
        self.device = device
        self._kept: dict[str, Array] = {}

    def array(self, name: str, dtype: Any, size: int) -> Array:
        """The array of this name, with whatever was left in it. A new size or dtype replaces it."""
        kept = self._kept.get(name)
        if kept is None or kept.size != size or kept.dtype != dtype:
            kept = self._kept[name] = wp.empty(size, dtype=dtype, device=self.device)
        return kept

    def clear(self) -> None:
        self._kept.clear()
