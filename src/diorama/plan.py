"""A plan: everything that decides what a data set looks like, besides its seed and size."""

from dataclasses import dataclass

from diorama.exporters.base import Exporter
from diorama.randomizers.base import Randomizer
from diorama.scenes.base import Scenario
from diorama.sim.errors import InvalidValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Scenario, randomizers, assets, cameras and exporters.

    `randomizers` run in order; their names are unique. `assets` are files and folders of the user's own that objects are
    taken from instead of the built-in library. `views` pictures are taken of each scene. A view that shows fewer than
    `min_visible_objects` is taken anew, a scene that physics rejects is staged anew, at most `max_attempts` times each.
    """

    scenario: Scenario
    randomizers: tuple[Randomizer, ...]
    exporters: tuple[Exporter, ...]
    assets: tuple[str, ...] = ()
    resolution: tuple[int, int] = (640, 480)
    views: int = 5
    renderer: str = "raster"
    min_visible_objects: int = 1
    max_attempts: int = 20

    def __post_init__(self) -> None:
        if min(self.resolution) <= 0:
            raise InvalidValue(f"resolution must be positive, got {self.resolution[0]}x{self.resolution[1]}")
        for name in ("views", "max_attempts"):
            if getattr(self, name) <= 0:
                raise InvalidValue(f"{name} must be 1 or more, got {getattr(self, name)}")
        names = [r.name for r in self.randomizers]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise InvalidValue(f"randomizer names must be unique, {twice} appear more than once")
