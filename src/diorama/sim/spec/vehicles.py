"""Vehicles, in numbers that say all about what one looks like at a moment."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from diorama.sim.errors import UnknownName, suggestion
from diorama.sim.spec.checks import Rgb, check_color, check_share, finite, refuse

VehicleModel = Literal["hatchback", "saloon", "estate", "suv", "pickup", "van", "lorry", "bus"]
MODELS: tuple[VehicleModel, ...] = get_args(VehicleModel)
#: What vehicles of a model are labelled as.
CATEGORIES: dict[str, str] = dict.fromkeys(("hatchback", "saloon", "estate", "suv", "pickup"), "car") | {"van": "van", "lorry": "truck", "bus": "bus"}
#: Lamps that can be on. ``dipped`` has the tail lamps on as well, ``left`` and ``right`` are indicators.
VehicleLamp = Literal["day", "dipped", "brake", "left", "right", "reverse"]
LAMPS: tuple[VehicleLamp, ...] = get_args(VehicleLamp)
#: A wheel that goes around once takes this many steps.
ROLL_STEPS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleShape:
    """A car, van, lorry or bus, its front at +x.

    `variant`, any whole number, says which of all vehicles of the `model` it is: its size, proportions, wheels, lamps and prints. `paint` is
    linear, and `second` the colour of the roof where there are two. `dirt` (0 washed, 1 never) covers it from below. `plate` is what its
    number plates say; they are both white, or the rear one is yellow. Doors of buses are where those who drive on that side of the road
    need them. The front wheels are turned by `steer_deg`, whole degrees, to the left if positive, and all have rolled `roll` of `ROLL_STEPS` steps
    forwards. `lights` are the lamps that are on, in the order of `LAMPS`.

    Raises UnknownName for models and lamps that there are none of.
    """

    kind: ClassVar[str] = "vehicle"
    model: str
    variant: int = 0
    paint: Rgb = (0.5, 0.5, 0.5)
    finish: Literal["solid", "metallic", "matt"] = "solid"
    second: Rgb | None = None
    dirt: float = 0.0
    plate: str = "DI 0 RAMA"
    plates: Literal["white", "yellow-rear"] = "white"
    drives_on: Literal["right", "left"] = "right"
    steer_deg: int = 0
    roll: int = 0
    lights: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise UnknownName(f'no vehicle model is named "{self.model}".{suggestion(self.model, MODELS)}')
        for lamp in self.lights:
            if lamp not in LAMPS:
                raise UnknownName(f'no lamp of vehicles is named "{lamp}".{suggestion(lamp, LAMPS)}')
        if list(self.lights) != [lamp for lamp in LAMPS if lamp in self.lights]:
            refuse(self, f"lights must be in the order of {', '.join(LAMPS)}, each once")
        check_color(self, "paint", self.paint)
        if self.second is not None:
            check_color(self, "second", self.second)
        check_share(self, "dirt", self.dirt)
        if not (finite(self.steer_deg) and abs(self.steer_deg) <= 50):
            refuse(self, f"steer_deg must be in [-50, 50], got {self.steer_deg}")
        if not 0 <= self.roll < ROLL_STEPS:
            refuse(self, f"roll must be in 0..{ROLL_STEPS - 1}, got {self.roll}")
        if self.variant < 0:
            refuse(self, f"variant must be 0 or more, got {self.variant}")
        if len(self.plate) > 10 or not self.plate.isascii():
            refuse(self, f"plate must have at most 10 ASCII characters, got {self.plate!r}")

    @property
    def category(self) -> str:
        """What it is labelled as."""
        return CATEGORIES[self.model]
