"""Named random streams that do not depend on the order in which they are used.

A `Seed` is a path of names under a root number. `Seed(0).child("sample", 7).child("body", "mug-3").rng()`
is the same stream whoever asks, whenever, in whichever process. Nothing is consumed by making a child,
so adding a ninth object or a new randomizer leaves every other stream as it was.

The path is hashed with BLAKE2b (never `hash()`, which Python salts for each process) into the 128-bit
state of an explicit PCG64.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from diorama.sim.errors import InvalidValue

Part = int | str


@dataclass(frozen=True, slots=True)
class Seed:
    """A root number (any Python int, zero included) and a path of names below it."""

    root: int
    path: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.root, int) or isinstance(self.root, bool):
            raise InvalidValue(f"a seed must be an int, got {self.root!r}")

    def child(self, *parts: Part) -> "Seed":
        """The stream of this name below this one. Parts are ints or strings; 1 and "1" differ."""
        for part in parts:
            if not isinstance(part, (int, str)) or isinstance(part, bool):
                raise InvalidValue(f"a seed path is made of ints and strings, got {part!r}")
        return Seed(self.root, self.path + parts)

    def digest(self, size: int = 16) -> bytes:
        """`size` bytes that depend on the root and every part of the path, unambiguously."""
        h = hashlib.blake2b(digest_size=size, person=b"diorama-seed-v1")
        for part in (self.root, *self.path):
            text = (f"s{part}" if isinstance(part, str) else f"i{part}").encode()
            h.update(len(text).to_bytes(4, "little") + text)
        return h.digest()

    def rng(self) -> np.random.Generator:
        """A fresh generator at the start of this stream."""
        # The words of a number of 128 bits, lowest first: what NumPy makes of the number, in a third of the time.
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(np.frombuffer(self.digest(), "<u4"))))

    def integer(self, bits: int = 32) -> int:
        """An unsigned integer of `bits` bits (a multiple of 8), for what takes a number and not a generator."""
        return int.from_bytes(self.digest(bits // 8), "little")

    def __str__(self) -> str:
        return "/".join(str(part) for part in (self.root, *self.path))
