"""Warp as the host side uses it: any dtype, any sequence. Its own annotations are narrower, so its types end here."""

import math
import platform
from dataclasses import dataclass
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
    data = wp.array(np.array(rows).reshape(-1).view(np.uint8), dtype=wp.uint8, device=device, copy=False)
    out = wp.array(ptr=data.ptr, dtype=struct, shape=rows.shape, device=device)
    # The memory is the bytes', and lives as long as they do.
    out.records = data
    return out


@warp.struct
class _Holder:
    array: warp.array(dtype=float)  # pyright: ignore[reportInvalidTypeForm] - Warp reads it


#: How structs describe arrays within them.
_DESCRIPTOR = layout(_Holder)["array"]


def record(value: Any, struct: Any) -> NDArray[Any]:
    """(1,) a Warp struct's value, of its layout."""
    return np.frombuffer(bytes(value.__ctype__()), layout(struct))


def described(array: Array) -> NDArray[Any]:
    """(1,) an array as a field of a struct's record. It must outlive its use."""
    return np.frombuffer(bytes(array.__ctype__()), _DESCRIPTOR)


def described_rows(array: Array) -> NDArray[Any]:
    """(n,) likewise, each of an array's rows."""
    whole = described(array)
    out = np.repeat(whole, len(array))
    out["data"] += np.arange(len(array), dtype=np.uint64) * np.uint64(array.strides[0])
    out["shape"][:, :-1], out["strides"][:, :-1] = whole["shape"][0, 1:], whole["strides"][0, 1:]
    out["ndim"] -= 1
    return out


@dataclass(slots=True)
class _Launch:
    """A prepared launch, and what it was prepared for: what is the same object later needs nothing more, even if its content has changed."""

    command: Any
    dim: int | tuple[int, ...]
    inputs: list[Any]


class Scratch:
    """What is kept from picture to picture on one device: room, since fresh memory costs more than filling it, and launches of kernels, since
    preparing one takes longer than many a kernel runs.
    """

    def __init__(self, device: str) -> None:
        self.device = device
        self._kept: dict[str, Array] = {}
        self._cut: dict[str, Array] = {}
        self._launches: dict[Any, _Launch] = {}

    def array(self, name: str, dtype: Any, size: int) -> Array:
        """The array of this name, with whatever was left in it. A new size or dtype replaces it."""
        kept = self._kept.get(name)
        if kept is None or kept.size != size or kept.dtype != dtype:
            kept = self._kept[name] = wp.empty(size, dtype=dtype, device=self.device)
        return kept

    def zeros(self, name: str, dtype: Any, size: int) -> Array:
        """An array of at least this size, all zero: whoever uses it leaves it so."""
        kept = self._kept.get(name)
        if kept is None or kept.size < size:
            kept = self._kept[name] = wp.zeros(size, dtype=dtype, device=self.device)
        return kept

    def taken(self, name: str) -> NDArray[Any]:
        """The content of the array of this name, to keep: on the CPU its memory, which is no longer room for anything else."""
        kept = self._kept[name]
        if kept.device.is_cpu:
            del self._kept[name]
        return kept.numpy()

    def rows(self, name: str, dtype: Any, shape: tuple[int, ...]) -> Array:
        """An array of this shape with whatever was left in it, cut from one that grows when it must. It lasts until the next of this name."""
        size = math.prod(shape)
        kept = self._kept.get(name)
        if kept is None or kept.size < size or kept.dtype != dtype:
            kept = self._kept[name] = wp.empty(size, dtype=dtype, device=self.device)
        cut = self._cut.get(name)
        if cut is None or cut.ptr != kept.ptr or cut.shape != shape:
            cut = self._cut[name] = kept[:size].reshape(shape)
        return cut

    def launch(self, kernel: Any, dim: int | tuple[int, ...], *inputs: Any) -> None:
        """Launch a kernel. What it is given again is not prepared again."""
        if dim == 0 or (isinstance(dim, tuple) and 0 in dim):
            return
        kept = self._launches.get(kernel)
        if kept is None:
            command = wp.launch(kernel, dim=dim, inputs=list(inputs), device=self.device, record_cmd=True)
            kept = self._launches[kernel] = _Launch(command=command, dim=dim, inputs=list(inputs))
        if dim != kept.dim:
            kept.command.set_dim(dim)
            kept.dim = dim
        for i, (value, before) in enumerate(zip(inputs, kept.inputs, strict=True)):
            if value is not before and not (type(value) is int and value == before):
                kept.command.set_param_at_index(i, value)
                kept.inputs[i] = value
        kept.command.launch()

    def clear(self) -> None:
        self._kept.clear()
        self._cut.clear()
        self._launches.clear()
