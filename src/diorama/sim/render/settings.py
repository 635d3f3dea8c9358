"""What can be set on a renderer, for plans and for whoever opens one: read and checked without loading the renderer itself."""

from dataclasses import dataclass
from typing import Any, ClassVar

from diorama.sim.errors import InvalidValue


@dataclass(frozen=True, slots=True, kw_only=True)
class PathTracing:
    """The settings of the renderer "pathtrace".

    `spp` paths are followed for each pixel (4, 16, 64 and so on are spread most evenly), over at most `max_depth` segments: 2 is light
    that comes straight from a lamp. `denoise` takes the noise out of the picture by Open Image Denoise (extra "denoise").
    """

    name: ClassVar[str] = "pathtrace"
    spp: int = 64
    max_depth: int = 8
    denoise: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.spp <= 65536:
            raise InvalidValue(f"spp must be in 1..65536, got {self.spp}")
        if not 1 <= self.max_depth <= 256:
            raise InvalidValue(f"max_depth must be in 1..256, got {self.max_depth}")


#: The settings of each renderer that has any, by its name.
SETTINGS: dict[str, type[Any]] = {PathTracing.name: PathTracing}
