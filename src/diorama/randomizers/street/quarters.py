"""What is built in parts of a town: which houses, how wide and high, how near the street and one another."""

from dataclasses import dataclass
from typing import Literal

from diorama.randomizers.distributions import Choice, Constant, Distribution, Uniform, UniformInt
from diorama.sim.seeds import Seed
from diorama.sim.spec import SceneSpec

Quarter = Literal["town", "terraces", "suburb", "modern", "industrial", "farms"]
#: Which quarters are found in streets of the scenario's settings.
QUARTERS: dict[str, dict[Quarter, float]] = {
    "town-centre": {"town": 0.82, "modern": 0.18},
    "residential": {"terraces": 0.55, "suburb": 0.2, "modern": 0.15, "town": 0.1},
    "suburb": {"suburb": 0.85, "terraces": 0.1, "modern": 0.05},
    "industrial": {"industrial": 0.85, "modern": 0.15},
    "country": {"farms": 0.9, "suburb": 0.1},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How a quarter is built up.

    Houses stand in rows of `row`, wall to wall or with `between_m` between them, and behind each row is a `gap_m`. Those of a row share setback,
    depth and floor height; in a share `alike` of the rows all else too. A share `fenced` of the rows has a wall, a fence or a hedge in front, one of
    `fences`, where there is room for it.
    """

    style: Distribution
    width_m: Distribution
    depth_m: Distribution
    floors: Distribution
    floor_m: Distribution
    ground: Distribution
    roof: Distribution
    setback_m: Distribution
    row: Distribution
    gap_m: Distribution
    between_m: Distribution = Constant(0.0)
    alike: float = 0.0
    fenced: float = 0.0
    fences: Distribution = Choice(["brick-wall", "railing", "picket"])


RULES: dict[Quarter, Rule] = {
    "town": Rule(
        style=Choice({"brick-terrace": 0.4, "plaster-terrace": 0.3, "stone-terrace": 0.2, "office": 0.1}),
        width_m=Uniform(5.0, 11.0),
        depth_m=Uniform(9.0, 12.0),
        floors=Choice({2: 0.2, 3: 0.45, 4: 0.3, 5: 0.05}),
        floor_m=Uniform(2.8, 3.5),
        ground=Choice({"shop": 0.62, "dwelling": 0.28, "arcade": 0.1}),
        roof=Choice({"gable": 0.6, "mansard": 0.3, "flat": 0.1}),
        setback_m=Constant(0.0),
        row=UniformInt(1, 3),
        gap_m=Choice({0.0: 0.85, 2.5: 0.1, 4.0: 0.05}),
        alike=0.25,
    ),
    "terraces": Rule(
        style=Choice({"brick-terrace": 0.7, "plaster-terrace": 0.2, "stone-terrace": 0.1}),
        width_m=Uniform(4.5, 6.5),
        depth_m=Uniform(8.0, 10.0),
        floors=Choice({2: 0.75, 3: 0.25}),
        floor_m=Uniform(2.7, 3.0),
        ground=Choice({"dwelling": 0.97, "shop": 0.03}),
        roof=Choice({"gable": 0.95, "mansard": 0.05}),
        setback_m=Uniform(1.5, 4.0),
        row=UniformInt(4, 10),
        gap_m=Choice({1.2: 0.6, 3.5: 0.4}),
        alike=0.85,
        fenced=0.85,
        fences=Choice({"brick-wall": 0.5, "railing": 0.15, "plaster-wall": 0.1, "stone-wall": 0.1, "hedge": 0.15}),
    ),
    "suburb": Rule(
        style=Choice({"brick-house": 0.45, "plaster-house": 0.35, "wood-house": 0.2}),
        width_m=Uniform(8.0, 13.0),
        depth_m=Uniform(7.5, 10.0),
        floors=Choice({1: 0.2, 2: 0.8}),
        floor_m=Uniform(2.5, 2.8),
        ground=Choice({"dwelling": 0.55, "garage": 0.45}),
        roof=Choice({"gable": 0.65, "hip": 0.35}),
        setback_m=Uniform(5.0, 9.0),
        row=UniformInt(1, 4),
        gap_m=Uniform(3.0, 8.0),
        between_m=Uniform(2.5, 5.0),
        alike=0.2,
        fenced=0.6,
        fences=Choice({"hedge": 0.35, "brick-wall": 0.25, "picket": 0.15, "panel": 0.1, "stone-wall": 0.05, "railing": 0.05, "plaster-wall": 0.05}),
    ),
    "modern": Rule(
        style=Choice({"flats": 0.55, "slab": 0.2, "office": 0.25}),
        width_m=Uniform(14.0, 28.0),
        depth_m=Uniform(10.0, 14.0),
        floors=Choice({3: 0.25, 4: 0.3, 5: 0.25, 6: 0.1, 8: 0.1}),
        floor_m=Uniform(2.8, 3.2),
        ground=Choice({"dwelling": 0.75, "shop": 0.25}),
        roof=Constant("flat"),
        setback_m=Uniform(2.0, 7.0),
        row=UniformInt(1, 3),
        gap_m=Uniform(5.0, 14.0),
        between_m=Uniform(0.0, 6.0),
        alike=0.6,
        fenced=0.3,
        fences=Choice({"plaster-wall": 0.3, "railing": 0.3, "hedge": 0.4}),
    ),
    "industrial": Rule(
        style=Choice({"hall": 0.8, "office": 0.1, "brick-house": 0.1}),
        width_m=Uniform(18.0, 40.0),
        depth_m=Uniform(14.0, 24.0),
        floors=Constant(1),
        floor_m=Uniform(5.0, 8.0),
        ground=Choice({"garage": 0.8, "dwelling": 0.2}),
        roof=Choice({"gable": 0.6, "flat": 0.4}),
        setback_m=Uniform(8.0, 14.0),
        row=Constant(1),
        gap_m=Uniform(6.0, 16.0),
        fenced=0.8,
        fences=Choice({"mesh": 0.7, "railing": 0.3}),
    ),
    "farms": Rule(
        style=Choice({"brick-house": 0.35, "plaster-house": 0.3, "wood-house": 0.2, "hall": 0.15}),
        width_m=Uniform(9.0, 15.0),
        depth_m=Uniform(7.5, 10.0),
        floors=Choice({1: 0.45, 2: 0.55}),
        floor_m=Uniform(2.5, 2.8),
        ground=Choice({"dwelling": 0.7, "garage": 0.3}),
        roof=Choice({"gable": 0.8, "hip": 0.2}),
        setback_m=Uniform(4.0, 11.0),
        row=UniformInt(1, 2),
        gap_m=Uniform(20.0, 70.0),
        between_m=Uniform(5.0, 12.0),
        fenced=0.5,
        fences=Choice({"hedge": 0.45, "stone-wall": 0.25, "picket": 0.2, "panel": 0.1}),
    ),
}


def setting_of(spec: SceneSpec, drawn: Distribution | None, seed: Seed) -> str:
    """What part of town a scene is: as drawn, or else as its scenario noted, or else any."""
    if drawn is not None:
        return drawn.sample(seed.rng())
    noted = dict(spec.notes).get("setting")
    return noted if noted in QUARTERS else Choice(list(QUARTERS)).sample(seed.rng())
