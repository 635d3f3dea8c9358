"""Refiners in files: tensors, numbers and words, and nothing that runs when it is read.

A file is what `torch.save` makes of plain values, and `torch.load` is told to accept nothing else: a refiner from a stranger is untrusted input. The
same refiner gives the same bytes, so that its file can be known by its digest.
"""

import io
import struct
import zipfile
from collections.abc import Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np

from diorama import __version__
from diorama.refine.base import Refiner
from diorama.refine.files import write_whole
from diorama.sim.errors import InvalidValue, MissingExtra, OutputError, UnknownName
from diorama.sim.registry import Registry

try:
    import torch
except ModuleNotFoundError as error:
    if error.name != "torch":
        raise
    raise MissingExtra("a refiner's file", "torch", "refine") from None

#: Classes of refiners by the name that their files have for them.
REFINERS = Registry(
    "refiner",
    "diorama.refiners",
    {
        "fourier": "diorama.refine.transfer:Fourier",
        "histogram": "diorama.refine.transfer:Histogram",
        "identity": "diorama.refine.transfer:Identity",
        "learned": "diorama.refine.gan:Learned",
        "reinhard": "diorama.refine.transfer:Reinhard",
    },
)

KIND = "diorama refiner"
FORMAT_VERSION = 1
#: What a zip archive begins with, which torch writes.
_ARCHIVE = b"PK\x03\x04"


def save(path: Path, refiner: Refiner, facts: Mapping[str, Any]) -> None:
    """Write a refiner, and plain values that are to be known of it: under "photos", the digests of all photographs that it has seen.

    The file appears whole or not at all. Raises OutputError when it cannot be written.
    """
    write_plain(path, KIND, {"refiner": refiner.name, "state": refiner.state(), "facts": dict(facts), "version": __version__})


def load(path: Path) -> tuple[Refiner, dict[str, Any]]:
    """A refiner and what is known of it. Raises InvalidValue for a file that holds none, or more than that; UnknownName for one nobody knows."""
    document = read_plain(path, KIND)
    name, state, facts = document.get("refiner"), document.get("state"), document.get("facts")
    photos = facts.get("photos", []) if isinstance(facts, dict) else None
    if not isinstance(name, str) or not isinstance(state, dict) or not isinstance(facts, dict) or not isinstance(photos, list):
        raise InvalidValue(f"{path}: this refiner's file is damaged; refiner, state or facts are missing")
    if not all(isinstance(digest, str) for digest in photos):
        raise InvalidValue(f"{path}: this refiner's file is damaged; photographs are known by digests in words")
    try:
        return REFINERS[name].from_state(state), facts
    except (InvalidValue, UnknownName) as error:
        raise type(error)(f"{path}: {error}") from None
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise InvalidValue(f'{path}: what it holds makes no "{name}" refiner ({type(error).__name__}: {error})') from None


def write_plain(path: Path, kind: str, values: Mapping[str, Any]) -> None:
    """Write tensors, arrays (which come back as tensors), numbers, words, and lists and dicts of them, as a file of this `kind`.

    Raises TypeError for anything else, and OutputError.
    """
    buffer = io.BytesIO()
    torch.save({"format": kind, "format_version": FORMAT_VERSION, **{key: _plain(value) for key, value in values.items()}}, buffer)
    try:
        write_whole(path, buffer.getbuffer(), flush=True)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from None


def read_plain(path: Path, kind: str) -> dict[str, Any]:
    """The values in a file of this `kind`, tensors on the CPU. Raises InvalidValue when it is none, or of another version, or holds code."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidValue(f"{path}: cannot be read: {error.strerror}") from None
    if not data.startswith(_ARCHIVE):
        raise InvalidValue(f"{path}: this is no file of a {kind}")
    if not _is_whole(data):
        raise InvalidValue(f"{path}: this file is broken: cut off, or damaged on its way. Copy it anew, or make it anew")
    try:
        document = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except UnpicklingError:
        raise InvalidValue(
            f"{path}: it holds more than numbers and words: code that would run if it were trusted. Nothing of it was run. "
            "Take a file that Diorama wrote"
        ) from None
    except (ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise InvalidValue(f"{path}: this file is broken, or no {kind} ({type(error).__name__}: {reason})") from None
    if not isinstance(document, dict) or document.get("format") != kind:
        raise InvalidValue(f"{path}: this is no file of a {kind}")
    if document.get("format_version") != FORMAT_VERSION:
        raise InvalidValue(
            f"{path}: it is of format {document.get('format_version')!r}, and this version of Diorama reads format {FORMAT_VERSION}. "
            "Make it anew, or install the version that wrote it"
        )
    try:
        # One number can stand for a billion, and one list for as many: nothing that is larger than its file is made.
        if any(total > len(data) for total in accumulate(_sizes(document))):
            raise TypeError("it holds tensors that are larger than the file itself")
        return {key: _plain(value) for key, value in document.items()}
    except (TypeError, RecursionError) as error:
        raise InvalidValue(f"{path}: {error}") from None


def _is_whole(data: bytes) -> bool:
    """Whether all parts of an archive are there, uncompressed as torch writes them, and have the check sums that it tells."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return all(part.compress_type == zipfile.ZIP_STORED for part in archive.infolist()) and archive.testzip() is None
    except (zipfile.BadZipFile, EOFError, LookupError, NotImplementedError, OSError, OverflowError, RuntimeError, ValueError, struct.error):
        return False


def _sizes(value: Any) -> Iterator[int]:
    """Of everything in it, bytes at least that it takes."""
    yield value.nbytes if isinstance(value, torch.Tensor) and value.layout == torch.strided else 1
    for item in value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ():
        yield from _sizes(item)


def _plain(value: Any) -> Any:
    """The same, with arrays as tensors of their own memory: a part of a large one would bring all of it. Raises TypeError."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, np.ndarray):
        return torch.from_numpy(np.array(value, order="C"))
    if isinstance(value, torch.Tensor):
        if value.layout != torch.strided or value.is_quantized or value.device.type not in ("cpu", "cuda"):
            raise TypeError(f"a refiner's tensors are plain ones, and not {value.layout} on {value.device}")
        return value.detach().cpu().clone(memory_format=torch.contiguous_format)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping) and all(type(key) in (str, int) for key in value):
        return {key: _plain(item) for key, item in value.items()}
    raise TypeError(f"a refiner's file holds tensors, numbers and words, and no {type(value).__name__}")
