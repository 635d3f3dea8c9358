"""What vehicles there are: which models, in which colours, how dirty; and the user's own among them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Choice, Constant, Distribution, Uniform, require, require_one_of, require_share, rounded
from diorama.randomizers.looks import MAX_ALBEDO
from diorama.randomizers.objects import by_category
from diorama.sim.assets.street.vehicles import proportions
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, MeshShape, Pose, Rgb, Shape, VehicleShape
from diorama.sim.spec.vehicles import LAMPS, MODELS, ROLL_STEPS

#: Car paints by name, linear, and their finishes with the share of each.
PAINTS: dict[str, tuple[Rgb, dict[str, float]]] = {
    "white": ((0.74, 0.74, 0.72), {"solid": 0.8, "metallic": 0.2}),
    "black": ((0.012, 0.012, 0.014), {"solid": 0.3, "metallic": 0.65, "matt": 0.05}),
    "grey": ((0.11, 0.115, 0.12), {"solid": 0.15, "metallic": 0.78, "matt": 0.07}),
    "silver": ((0.48, 0.49, 0.5), {"metallic": 1.0}),
    "blue": ((0.02, 0.07, 0.25), {"solid": 0.3, "metallic": 0.7}),
    "red": ((0.36, 0.015, 0.015), {"solid": 0.55, "metallic": 0.45}),
    "green": ((0.03, 0.1, 0.05), {"solid": 0.3, "metallic": 0.7}),
    "brown": ((0.1, 0.06, 0.035), {"metallic": 1.0}),
    "beige": ((0.42, 0.36, 0.26), {"solid": 0.3, "metallic": 0.7}),
    "orange": ((0.6, 0.16, 0.02), {"solid": 0.4, "metallic": 0.6}),
    "yellow": ((0.7, 0.45, 0.03), {"solid": 1.0}),
}

Params = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Which vehicles a street has.

    `models` draws the model, `variants` says how many different bodies there are of each. `colors` draws the paint (a name in `PAINTS`) of cars,
    `work_colors` that of vans and lorries, and `bus_colors` that of buses; by default about as often as makers report them. A share `two_tone`
    of the cars has a roof of another colour, and a share `dirty` of all vehicles is dirty, by `dirt`. `plates` draws the colours of number
    plates: ``white``, or ``yellow-rear``.

    `assets`, if there are any, take the place of all that: ids of the asset library or patterns of them such as ``user:*``, each as likely. They
    are labelled as `category`, or by their own categories if that is empty, and weigh `mass_kg`, or what their material makes them weigh.
    They must be in metres, with their fronts at +x, and from 1 m to 30 m long.
    """

    models: Distribution = Choice(
        {"hatchback": 0.31, "saloon": 0.15, "estate": 0.12, "suv": 0.19, "pickup": 0.02, "van": 0.12, "lorry": 0.05, "bus": 0.04}
    )
    variants: int = 24
    colors: Distribution = Choice(
        {
            "white": 0.25,
            "black": 0.2,
            "grey": 0.2,
            "silver": 0.13,
            "blue": 0.1,
            "red": 0.06,
            "green": 0.02,
            "brown": 0.015,
            "beige": 0.01,
            "orange": 0.01,
            "yellow": 0.005,
        }
    )
    work_colors: Distribution = Choice(
        {"white": 0.6, "silver": 0.1, "grey": 0.08, "black": 0.06, "blue": 0.07, "red": 0.05, "yellow": 0.02, "green": 0.02}
    )
    bus_colors: Distribution = Choice({"white": 0.25, "red": 0.25, "blue": 0.2, "green": 0.1, "yellow": 0.1, "silver": 0.1})
    two_tone: float = 0.05
    dirty: float = 0.35
    dirt: Distribution = Uniform(0.1, 0.8)
    plates: Distribution = Constant("white")
    assets: tuple[str, ...] = ()
    category: str = ""
    mass_kg: float | None = None

    def __post_init__(self) -> None:
        require_one_of(self, MODELS, "models")
        require_one_of(self, PAINTS, "colors", "work_colors", "bus_colors")
        require_share(self, "two_tone", "dirty")
        require(self, 0, 1, "dirt")
        require_one_of(self, ("white", "yellow-rear"), "plates")
        if self.variants < 1:
            raise InvalidValue(f"variants must be 1 or more, got {self.variants}")
        if self.mass_kg is not None and not self.mass_kg > 0:
            raise InvalidValue(f"mass_kg must be positive, got {self.mass_kg}")


def draw_vehicle(seed: Seed, fleet: Fleet, context: Context, *, models: Sequence[str] = (), drives_on: str = "right") -> Params:
    """A vehicle of a fleet as a JSON value, for `vehicle_body`; only of these `models` if there are any.

    ``length_m``, ``width_m`` and ``height_m`` are its box without mirrors, whose front is ``front_m`` ahead of its base (the middle of
    the wheelbase); ``wheelbase_m`` and ``wheel_m``, a tyre's radius, are for steering and rolling.
    """
    if fleet.assets:
        return _own(seed, fleet, context)
    rng = seed.child("model").rng()
    model = fleet.models.sample(rng) if not models else models[int(rng.integers(len(models)))]
    variant = int(rng.integers(fleet.variants))
    works = model in ("van", "lorry", "bus")
    colors = fleet.bus_colors if model == "bus" else fleet.work_colors if works else fleet.colors
    paint_rng = seed.child("paint").rng()
    paint, finish = _paint(paint_rng, colors)
    if model == "bus":
        second = _paint(paint_rng, colors)[0] if paint_rng.random() < 0.5 else None
    else:
        second = _paint(paint_rng, Choice({"black": 0.6, "white": 0.4}))[0] if paint_rng.random() < fleet.two_tone and not works else None
    use = seed.child("use").rng()
    dirt = fleet.dirt.sample(use) if use.random() < fleet.dirty else 0.0
    plate = seed.child("plate").rng()
    look = {"paint": paint, "finish": finish, "second": second, "dirt": round(dirt, 1), "drives_on": drives_on}
    shape = from_json(VehicleShape, {"model": model, "variant": variant, "plates": fleet.plates.sample(plate), "plate": _plate(plate)} | look)
    p = proportions(model, variant)
    return {
        "shape": to_json(shape),
        "category": shape.category,
        "mass_kg": p.mass_kg,
        "inertia_kg_m2": [rounded(i) for i in p.inertia_kg_m2],
        "length_m": p.length_m,
        "width_m": p.width_m,
        "height_m": p.height_m,
        "wheelbase_m": p.wheelbase_m,
        "wheel_m": p.wheel_m,
        "front_m": p.front_m,
    }


def vehicle_shape(params: Params, *, lights: Sequence[str] = (), steer_deg: float = 0.0, rolled_m: float = 0.0) -> Shape:
    """What a drawn vehicle looks like at a moment: with these `lights` on (see `LAMPS`), its front wheels turned, after so many metres. A user's
    asset always looks the same.
    """
    if params["shape"]["kind"] != VehicleShape.kind:
        return from_json(MeshShape, params["shape"])
    steps = math.floor(rolled_m / (2 * math.pi * params["wheel_m"]) * ROLL_STEPS) % ROLL_STEPS
    moment = {"lights": [lamp for lamp in LAMPS if lamp in lights], "steer_deg": round(min(max(steer_deg, -45.0), 45.0)), "roll": steps}
    return from_json(VehicleShape, params["shape"] | moment)


def vehicle_body(
    name: str,
    params: Params,
    pose: Pose,
    *,
    lights: Sequence[str] = (),
    steer_deg: float = 0.0,
    rolled_m: float = 0.0,
    moves: bool = True,
    tags: Sequence[str] = (),
    attributes: Mapping[str, str] | None = None,
) -> BodySpec:
    """A drawn vehicle as a body, tagged ``vehicle``, its category and `tags`. One that does not move has no mass."""
    model = params["shape"].get("model")
    about = ({"model": model} if model else {}) | dict(attributes or {})
    return BodySpec(
        name=name,
        shape=vehicle_shape(params, lights=lights, steer_deg=steer_deg, rolled_m=rolled_m),
        world_from_body=pose,
        mass_kg=params["mass_kg"] if moves else 0.0,
        inertia_kg_m2=tuple(params["inertia_kg_m2"]) if moves and params["inertia_kg_m2"] else None,
        friction=0.6,
        category=params["category"],
        attributes=tuple(about.items()),
        tags=("vehicle", *dict.fromkeys((params["category"], *tags))),
    )


def _own(seed: Seed, fleet: Fleet, context: Context) -> Params:
    """One of the user's."""
    rng = seed.child("model").rng()
    ids = [i for found in by_category(context.library, fleet.assets).values() for i in found]
    chosen = sorted(ids)[int(rng.integers(len(ids)))]
    asset = context.library.load(chosen)
    (x0, y0, z0), (x1, y1, z1) = asset.bounds_m
    length, width, height = x1 - x0, y1 - y0, z1 - z0
    if not 1.0 <= length <= 30.0 or width > length:
        raise InvalidValue(
            f"vehicles: {chosen} is {length:.3g} x {width:.3g} x {height:.3g} m; a vehicle is from 1 m to 30 m long, along +x. "
            "Say which units it is in, and which way is up."
        )
    return {
        "shape": to_json(MeshShape(asset=chosen)),
        "category": fleet.category or asset.category,
        "mass_kg": rounded(fleet.mass_kg or asset.volume_m3 * asset.density_kg_m3),
        "inertia_kg_m2": None,
        "length_m": rounded(length),
        "width_m": rounded(width),
        "height_m": rounded(height),
        "wheelbase_m": rounded(0.6 * length),
        "wheel_m": 0.32,
        "front_m": rounded(length / 2),
    }


def _paint(rng: np.random.Generator, colors: Distribution) -> tuple[Rgb, str]:
    """A colour, no two alike, and its finish."""
    color, finishes = PAINTS[colors.sample(rng)]
    tone = Uniform(0.78, min(1.25, MAX_ALBEDO / max(color) / 1.08)).sample(rng)
    r, g, b = (rounded(c * tone * Uniform(0.92, 1.08).sample(rng)) for c in color)
    return (r, g, b), Choice(finishes).sample(rng)


def _plate(rng: np.random.Generator) -> str:
    """Two letters, some digits, and perhaps letters again."""
    letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
    a, b = ("".join(letters[int(k)] for k in rng.integers(len(letters), size=2)) for _ in range(2))
    return f"{a} {int(rng.integers(100, 1000))} {b}" if rng.random() < 0.6 else f"{a} {int(rng.integers(10, 10000))}"
