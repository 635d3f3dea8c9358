"""How large vehicles are, and how they are divided: by model, within what is built of it, one way for each variant."""

from dataclasses import dataclass
from functools import lru_cache

from diorama.sim.assets.recipe import between
from diorama.sim.seeds import Seed

Range = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """What makers' data sheets say of a model's vehicles, from the smallest to the largest: metres and kilograms, ready to drive.

    `wheel_m` is a tyre's radius, `front_m` how much of what is not wheelbase is before the front axle, as a share.
    """

    length_m: Range
    width_m: Range
    height_m: Range
    wheelbase_m: Range
    mass_kg: Range
    wheel_m: Range
    front: Range


CLASSES: dict[str, Class] = {
    "hatchback": Class(
        length_m=(3.55, 4.4),
        width_m=(1.64, 1.82),
        height_m=(1.44, 1.54),
        wheelbase_m=(2.32, 2.68),
        mass_kg=(930, 1450),
        wheel_m=(0.285, 0.325),
        front=(0.5, 0.56),
    ),
    "saloon": Class(
        length_m=(4.4, 5.0),
        width_m=(1.74, 1.9),
        height_m=(1.42, 1.49),
        wheelbase_m=(2.65, 2.97),
        mass_kg=(1300, 1850),
        wheel_m=(0.305, 0.345),
        front=(0.43, 0.47),
    ),
    "estate": Class(
        length_m=(4.4, 4.95),
        width_m=(1.75, 1.9),
        height_m=(1.45, 1.53),
        wheelbase_m=(2.62, 2.95),
        mass_kg=(1350, 1900),
        wheel_m=(0.305, 0.345),
        front=(0.44, 0.48),
    ),
    "suv": Class(
        length_m=(4.15, 4.95),
        width_m=(1.78, 1.98),
        height_m=(1.58, 1.8),
        wheelbase_m=(2.55, 2.98),
        mass_kg=(1350, 2250),
        wheel_m=(0.335, 0.38),
        front=(0.46, 0.5),
    ),
    "pickup": Class(
        length_m=(5.1, 5.5),
        width_m=(1.8, 1.95),
        height_m=(1.75, 1.87),
        wheelbase_m=(3.0, 3.3),
        mass_kg=(1850, 2350),
        wheel_m=(0.37, 0.4),
        front=(0.4, 0.44),
    ),
    "van": Class(
        length_m=(4.4, 6.0),
        width_m=(1.8, 2.05),
        height_m=(1.85, 2.65),
        wheelbase_m=(2.7, 3.75),
        mass_kg=(1450, 2500),
        wheel_m=(0.31, 0.35),
        front=(0.46, 0.52),
    ),
    "lorry": Class(
        length_m=(6.2, 9.8),
        width_m=(2.2, 2.55),
        height_m=(2.35, 3.95),
        wheelbase_m=(3.4, 5.6),
        mass_kg=(4500, 12500),
        wheel_m=(0.4, 0.5),
        front=(0.36, 0.42),
    ),
    "bus": Class(
        length_m=(9.5, 12.3),
        width_m=(2.48, 2.55),
        height_m=(2.9, 4.4),
        wheelbase_m=(4.9, 6.1),
        mass_kg=(9000, 12500),
        wheel_m=(0.47, 0.5),
        front=(0.43, 0.46),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportions:
    """One vehicle's measures. `width_m` leaves out mirrors. Its frame stands on the ground in the middle of the wheelbase: `front_m` is where it
    ends ahead of that, `rear_m`, negative, behind.
    """

    model: str
    variant: int
    size: float
    length_m: float
    width_m: float
    height_m: float
    wheelbase_m: float
    mass_kg: float
    wheel_m: float
    front_m: float

    @property
    def rear_m(self) -> float:
        return self.front_m - self.length_m

    @property
    def seed(self) -> Seed:
        """The stream of all else that varies."""
        return Seed(0).child("street", "vehicle", self.model, self.variant)

    @property
    def center_m(self) -> tuple[float, float, float]:
        """The centre of mass: somewhat nearer to the engine, and low."""
        ahead = {"pickup": 0.1, "lorry": 0.02, "bus": -0.1}.get(self.model, 0.06)
        low = {"lorry": 0.36, "bus": 0.34, "van": 0.36}.get(self.model, 0.37)
        return ahead * self.wheelbase_m, 0.0, low * self.height_m

    @property
    def inertia_kg_m2(self) -> tuple[float, float, float]:
        """About the axes of the body. In yaw 0.1269 m L l, with length L and wheelbase l (H. Burg's fit to measured cars), in pitch a little less,
        and in roll that of a box.
        """
        m = self.mass_kg
        yaw = 0.1269 * m * self.length_m * self.wheelbase_m
        return m * (self.width_m * self.width_m + self.height_m * self.height_m) / 12, 0.95 * yaw, yaw


#: The share of a model's vehicles that is of the other kind, and how high those of either kind are.
_KINDS: dict[str, tuple[float, Range, Range]] = {"bus": (0.25, (2.9, 3.25), (4.15, 4.4)), "lorry": (0.8, (2.35, 2.75), (3.0, 3.95))}


@lru_cache(maxsize=1024)
def proportions(model: str, variant: int) -> Proportions:
    """The measures of a variant: large ones are larger in all respects, and each has a mind of its own in each."""
    one = CLASSES[model]
    rng = Seed(0).child("street", "vehicle", model, variant, "size").rng()
    size = float(rng.random())

    def of(span: Range, about: float = size, within: float = 0.2) -> float:
        share = min(max(about + between(rng, -within, within), 0.0), 1.0)
        return round(span[0] + share * (span[1] - span[0]), 4)

    length, width, height = of(one.length_m), of(one.width_m), of(one.height_m)
    # Buses have one deck or two, and lorries a box or none; nothing is between.
    if model in _KINDS:
        share, low, high = _KINDS[model]
        height = round(between(rng, *(high if rng.random() < share else low)), 4)
    long = (length - one.length_m[0]) / (one.length_m[1] - one.length_m[0])
    wheelbase, mass, wheel = of(one.wheelbase_m, long, 0.1), of(one.mass_kg), of(one.wheel_m)
    ahead = round(wheelbase / 2 + between(rng, *one.front) * (length - wheelbase), 4)
    return Proportions(
        model=model,
        variant=variant,
        size=size,
        length_m=length,
        width_m=width,
        height_m=height,
        wheelbase_m=wheelbase,
        mass_kg=mass,
        wheel_m=wheel,
        front_m=ahead,
    )
