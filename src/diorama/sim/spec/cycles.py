"""Bicycles and motorcycles, in numbers that say all about what one looks like at a moment."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from diorama.sim.errors import UnknownName, suggestion
from diorama.sim.spec.checks import Rgb, check, check_color, finite

CycleModel = Literal["city", "trekking", "racing", "mountain", "child", "naked", "sport", "tourer", "chopper", "scooter"]
CYCLES: tuple[CycleModel, ...] = get_args(CycleModel)
#: Those that have engines.
MOTORS: tuple[CycleModel, ...] = ("naked", "sport", "tourer", "chopper", "scooter")
CycleLoad = Literal["basket", "panniers", "child-seat", "top-box"]
LOADS: tuple[CycleLoad, ...] = get_args(CycleLoad)
#: Wheels and cranks that go around once take so many steps.
WHEEL_STEPS, CRANK_STEPS = 120, 24


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleShape:
    """A bicycle or a motorcycle, its front at +x, upright on both wheels.

    `variant`, any whole number, says which of all cycles of the `model` it is. `paint` is linear, `second` the colour of saddle, bags and trims. The
    saddle is `saddle_m` above the ground, or where it usually is. The handlebar is turned by `steer_deg` (whole degrees, to the left if
    positive), the wheels have rolled `roll` of `WHEEL_STEPS` steps forwards, and the cranks have turned `crank` of `CRANK_STEPS`, the left
    pedal in front at 0 and down at a quarter. `loads` are what is mounted on it, in the order of `LOADS`. `lit`: its lamps are on.

    Raises UnknownName for models and loads that there are none of.
    """

    kind: ClassVar[str] = "cycle"
    model: str
    variant: int = 0
    paint: Rgb = (0.1, 0.1, 0.1)
    second: Rgb = (0.03, 0.03, 0.03)
    saddle_m: float | None = None
    steer_deg: int = 0
    roll: int = 0
    crank: int = 0
    loads: tuple[str, ...] = ()
    lit: bool = False

    def __post_init__(self) -> None:
        if self.model not in CYCLES:
            raise UnknownName(f'no cycle is named "{self.model}".{suggestion(self.model, CYCLES)}')
        for load in self.loads:
            if load not in LOADS:
                raise UnknownName(f'no load of cycles is named "{load}".{suggestion(load, LOADS)}')
        check(
            list(self.loads) == [load for load in LOADS if load in self.loads], self, f"loads must be in the order of {', '.join(LOADS)}, each once"
        )
        check_color(self, "paint", self.paint)
        check_color(self, "second", self.second)
        saddle = self.saddle_m
        check(saddle is None or (finite(saddle) and 0.4 <= saddle <= 1.3), self, f"saddle_m must be in 0.4..1.3, got {saddle}")
        check(abs(self.steer_deg) <= 60, self, f"steer_deg must be in -60..60, got {self.steer_deg}")
        check(0 <= self.roll < WHEEL_STEPS, self, f"roll must be in 0..{WHEEL_STEPS - 1}, got {self.roll}")
        check(0 <= self.crank < CRANK_STEPS, self, f"crank must be in 0..{CRANK_STEPS - 1}, got {self.crank}")
        check(self.variant >= 0, self, f"variant must be 0 or more, got {self.variant}")

    @property
    def has_engine(self) -> bool:
        """Whether it is a motorcycle."""
        return self.model in MOTORS

    @property
    def category(self) -> str:
        """What it is labelled as."""
        return "motorcycle" if self.has_engine else "bicycle"
