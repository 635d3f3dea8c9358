"""What a refiner is: colours in, colours out, and nothing else.

A refiner is a frozen value that was fitted to renderings and photographs. It sees a picture with what the renderer knows of it, and gives back a
picture of the same size, in which every surface is where it was.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed

#: The file that says of a folder that it holds a refined copy of a data set.
REFINED = "refined.json"

Rgb = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rendered:
    """A rendering and its geometry.

    rgb (h, w, 3) uint8 sRGB; depth_m (h, w) float32 z-depth, +inf where nothing is; instance (h, w) int32, 0 for nothing that is labelled; category
    (h, w) int32, 0 likewise.
    """

    rgb: Rgb
    depth_m: NDArray[np.float32]
    instance: NDArray[np.int32]
    category: NDArray[np.int32]

    def __post_init__(self) -> None:
        size = self.rgb.shape[:2]
        if self.rgb.dtype != np.uint8 or self.rgb.shape != (*size, 3):
            raise InvalidValue(f"Rendered.rgb must be (h, w, 3) uint8, got {self.rgb.shape} {self.rgb.dtype}")
        for name, dtype in (("depth_m", np.float32), ("instance", np.int32), ("category", np.int32)):
            array: NDArray[Any] = getattr(self, name)
            if array.shape != size or array.dtype != dtype:
                raise InvalidValue(f"Rendered.{name} must be {size} {np.dtype(dtype)}, got {array.shape} {array.dtype}")


def picture_seed(seed: int, number: int) -> Seed:
    """What is drawn from to refine picture `number` (from 0) of a data set of this seed."""
    return Seed(seed).child("picture", number)


def spread(count: int, most: int) -> list[int]:
    """Numbers of `most` of `count` pictures, or of all, evenly over them."""
    chosen = min(count, most)
    return [k * count // chosen for k in range(chosen)]


class Pictures(Protocol):
    """Some pictures, (h, w, 3) uint8 sRGB of any sizes: a list of them, or files that are read when they are asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int, /) -> Rgb: ...

    def __iter__(self) -> Iterator[Rgb]: ...


class Renderings(Protocol):
    """Some renderings with their geometry: a list of them, or a data set that is read when they are asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int, /) -> Rendered: ...


class Refiner(Protocol):
    """The shape of a refiner."""

    name: ClassVar[str]

    def apply(self, picture: Rendered, seed: Seed) -> Rgb:
        """The picture refined: (h, w, 3) uint8, the same for the same `seed`, which is the picture's own."""
        ...

    def state(self) -> dict[str, Any]:
        """All there is to it: tensors or arrays, numbers and words, and lists and dicts of them."""
        ...

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The same refiner from its state, in which arrays have become tensors. Raises InvalidValue when it makes no sense."""
        ...
