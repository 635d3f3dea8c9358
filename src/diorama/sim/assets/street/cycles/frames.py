"""Where everything is on a cycle: what its frame, its rider and its wheels need to know of each other. Metres above the ground between the axles."""

from dataclasses import dataclass, replace
from functools import lru_cache

from diorama.sim.assets.recipe import between
from diorama.sim.seeds import Seed
from diorama.sim.spec.cycles import CycleShape
from diorama.sim.transforms import Vec3


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Of one cycle. Axles are `wheel_m` high; the `steering` axis goes from its lower bearing to its upper one; `grip` is the middle of the left
    hand's; `saddle` the middle of where one sits; `feet` where the left foot is, or of a bicycle the bottom bracket. `bar` is how handlebars look.
    """

    rear_x: float
    front_x: float
    wheel_m: float
    tyre_m: float
    steering: tuple[Vec3, Vec3]
    grip: Vec3
    saddle: Vec3
    feet: Vec3
    bar: str
    crank_m: float = 0.0
    pedal_y: float = 0.0
    mass_kg: float = 15.0


def _bicycle(
    wheelbase: float,
    wheel: float,
    tyre: float,
    grip: tuple[float, float, float],
    saddle: tuple[float, float],
    bar: str,
    mass: float,
    crank: float = 0.17,
) -> Layout:
    """`grip` and `saddle` are (x, half the width, z) and (x, z), x from the bottom bracket on."""
    rear = -0.43 * (wheelbase / 1.06)
    front = rear + wheelbase
    shift = -(rear + front) / 2
    low, top = 2 * wheel + 0.05, grip[2] - 0.06
    # Steering axes lean back by 72 degrees from level, and pass a little behind the front axle.
    foot = front - 0.05
    steering = ((foot - 0.325 * (low - wheel), 0.0, low), (foot - 0.325 * (top - wheel), 0.0, top))
    layout = Layout(
        rear_x=rear,
        front_x=front,
        wheel_m=wheel,
        tyre_m=tyre,
        steering=steering,
        grip=(grip[0], grip[1], grip[2]),
        saddle=(saddle[0], 0.0, saddle[1]),
        feet=(0.0, 0.0, wheel - 0.06),
        bar=bar,
        crank_m=crank,
        pedal_y=0.13,
        mass_kg=mass,
    )
    return _moved(layout, shift)


def _moved(layout: Layout, dx: float) -> Layout:
    def at(p: Vec3) -> Vec3:
        return p[0] + dx, p[1], p[2]

    return replace(
        layout,
        rear_x=layout.rear_x + dx,
        front_x=layout.front_x + dx,
        steering=(at(layout.steering[0]), at(layout.steering[1])),
        grip=at(layout.grip),
        saddle=at(layout.saddle),
        feet=at(layout.feet),
    )


def _motor(
    wheelbase: float, wheel: float, tyre: float, grip: Vec3, saddle: tuple[float, float], feet: Vec3, bar: str, mass: float, rake: float = 0.45
) -> Layout:
    """A motorcycle; x from the middle between the axles. `rake` is how far its fork goes forwards for each metre down."""
    front, head = wheelbase / 2, grip[2] - 0.1
    lower = (front - rake * 0.5, 0.0, wheel + 0.5 / (1 + rake * 0.1))
    return Layout(
        rear_x=-front,
        front_x=front,
        wheel_m=wheel,
        tyre_m=tyre,
        steering=(lower, (lower[0] - rake * (head - lower[2]), 0.0, head)),
        grip=grip,
        saddle=(saddle[0], 0.0, saddle[1]),
        feet=feet,
        bar=bar,
        mass_kg=mass,
    )


_LAYOUTS: dict[str, Layout] = {
    "city": _bicycle(1.10, 0.345, 0.02, (0.40, 0.27, 1.08), (-0.24, 0.96), "swept", 18.0),
    "trekking": _bicycle(1.07, 0.345, 0.019, (0.48, 0.29, 1.02), (-0.22, 0.98), "flat", 16.0),
    "racing": _bicycle(0.99, 0.335, 0.0135, (0.56, 0.21, 0.97), (-0.2, 0.98), "drop", 8.5),
    "mountain": _bicycle(1.12, 0.35, 0.029, (0.52, 0.34, 1.0), (-0.22, 0.95), "flat", 14.0),
    "child": _bicycle(0.82, 0.25, 0.022, (0.32, 0.23, 0.8), (-0.16, 0.62), "swept", 9.0, 0.115),
    "naked": _motor(1.42, 0.3, 0.13, (0.30, 0.36, 1.06), (-0.28, 0.82), (-0.12, 0.22, 0.33), "flat", 195.0),
    "sport": _motor(1.40, 0.3, 0.14, (0.38, 0.3, 0.92), (-0.33, 0.84), (-0.3, 0.2, 0.4), "clips", 190.0),
    "tourer": _motor(1.5, 0.31, 0.14, (0.3, 0.38, 1.12), (-0.28, 0.84), (-0.02, 0.24, 0.33), "flat", 250.0),
    "chopper": _motor(1.66, 0.32, 0.13, (0.2, 0.4, 1.16), (-0.38, 0.7), (0.38, 0.26, 0.32), "high", 270.0, 0.62),
    "scooter": _motor(1.3, 0.24, 0.11, (0.32, 0.32, 1.05), (-0.24, 0.79), (0.14, 0.13, 0.31), "flat", 120.0, 0.4),
}


@lru_cache(256)
def layout(model: str, variant: int, saddle_m: float | None) -> Layout:
    """The layout of a cycle: variants of a model are a little larger and smaller."""
    base = _LAYOUTS[model]
    rng = Seed(0).child("cycle", model, variant).rng()
    x, y, z = base.saddle
    gx, gy, gz = base.grip
    high = z if saddle_m is None else saddle_m
    if base.crank_m:
        # Saddles slide along their tubes, which lean back by 73 degrees.
        x -= 0.3 * (high - z)
        gz += between(rng, -0.03, 0.05) + 0.55 * (high - z)
    else:
        gz += between(rng, -0.02, 0.03)
    gx += between(rng, -0.02, 0.02)
    return replace(base, saddle=(x, y, high), grip=(gx, gy, gz))


def layout_of(cycle: CycleShape) -> Layout:
    """The layout of a cycle."""
    return layout(cycle.model, cycle.variant, cycle.saddle_m)
