"""Buses, with one deck or two."""

import itertools

from diorama.sim.assets.recipe import between, pick
from diorama.sim.assets.street.vehicles import fittings
from diorama.sim.assets.street.vehicles.coachwork import Coachwork, pressed, wheels_of
from diorama.sim.assets.street.vehicles.dressing import Dress
from diorama.sim.assets.street.vehicles.lower import End, Lower
from diorama.sim.assets.street.vehicles.proportions import Proportions
from diorama.sim.assets.street.vehicles.upper import Upper

_POST_M = 0.1


def bus(p: Proportions) -> Coachwork:
    """The body of a bus."""
    rng = p.seed.child("style").rng()
    axle, double = p.wheelbase_m / 2, p.height_m > 3.6
    belt, screen = between(rng, 1.12, 1.25), between(rng, 0.88, 1.0)
    corner = 0.28
    # Doors: before the front axle, and between the axles.
    doors = [(p.front_m - corner - 0.06, axle + p.wheel_m + 0.1), (0.75, -0.55)][: pick(rng, (1, 2, 2))]
    panes: list[tuple[float, float, int]] = []
    start, end = p.front_m - corner - 0.06, p.rear_m + 0.5
    stops = sorted({start, end, *(x for door in doors for x in door)}, reverse=True)
    for a, b in itertools.pairwise(stops):
        count = max(1, round((a - b) / 1.45))
        panes += [(a + (b - a) * k / count - _POST_M / 2, a + (b - a) * (k + 1) / count + _POST_M / 2, 2) for k in range(count)]
    lower = Lower(
        front_m=p.front_m,
        rear_m=p.rear_m,
        half_m=p.width_m / 2,
        sill_m=0.3,
        top=[(p.rear_m, belt), (doors[0][1], belt), (p.front_m - corner, screen), (p.front_m, screen)],
        axles=(axle, -axle),
        wheel_m=p.wheel_m,
        arch_m=p.wheel_m + 0.07,
        flare_m=0.0,
        rows=(0.0, 0.12, 0.3, 0.48, 0.7, 0.9, 1.0),
        inset_m=(0.03, 0.01, 0.0, 0.0, 0.0, 0.0, 0.0),
        front=End(
            corner_m=corner,
            power=3.0,
            rows=(0.34, 0.42, 0.5, 0.58, 0.72, 0.92, 1.0),
            inset_m=(0.06, 0.02, 0.0, 0.0, 0.0, 0.01, 0.02),
            sweep_m=(0.0,) * 7,
        ),
        rear=End(
            corner_m=0.2,
            power=3.0,
            rows=(0.3, 0.38, 0.5, 0.6, 0.68, 0.92, 1.0),
            inset_m=(0.05, 0.02, 0.0, 0.0, 0.0, 0.0, 0.0),
            sweep_m=(0.0,) * 7,
        ),
        marks=tuple(x for pane in panes for x in pane[:2]),
    )
    cooled = not double and rng.random() < 0.6
    top = p.height_m - (0.14 if cooled else 0.0)
    rise = top - belt
    glass = ((0.03, 0.74),) if not double else ((0.02, 0.37), (0.55, 0.88))
    upper = Upper(
        cowl_m=None,
        back_m=None,
        roof_front=(p.front_m - corner - between(rng, 0.1, 0.22), top - 0.07),
        roof_rear=(p.rear_m + 0.12, top - 0.07),
        peak_m=top - 0.04,
        half_m=0.485 * p.width_m,
        crown_m=0.03,
        glass=glass,
        ledge_m=0.0,
        bulge_m=0.004,
    )
    dress = Dress(
        marks=(p.front_m, axle, 1.0, 0.5, -0.5, -axle, p.rear_m),
        headlamp=(3, 6, 4, 5),
        taillamp=(5, 7, 3, 6),
        grilles=(),
        intakes=((0, 3, 2, 3),),
        windows=tuple(panes),
        foot=pick(rng, ("trim", "roof", "paint")),
        board=True,
        doors=tuple(doors),
    )
    skin, hulls, grid, _ = pressed(lower, upper, dress)
    fittings.mirrors(skin, (p.front_m - 0.05, p.width_m / 2 - 0.12, belt + 0.5 * min(rise, 1.8)), "trim", (0.1, 0.22, 0.38))
    nose, tail = 0.5 * screen, 0.42 * belt
    fittings.plate(skin, "plate-front", grid.front_x(nose) + 0.012, nose, 1.0)
    fittings.plate(skin, "plate-rear", grid.rear_x(tail) - 0.012, tail, -1.0)
    if double or rng.random() < 0.5:
        z = belt - 0.62 if not double else belt + 0.45 * rise
        fittings.poster(
            skin, "poster", (-axle + p.wheel_m + 0.35, 0.9 if len(doors) == 2 and not double else axle - 0.3), (z, z + 0.5), p.width_m / 2
        )
    if cooled:
        fittings.block(skin, "roof", (-1.5, -0.7, top - 0.06), (0.6, 0.7, p.height_m))
    wheels = wheels_of(((axle, True), (-axle, False)), p.width_m / 2 - 0.02, p.wheel_m, 0.3)
    return Coachwork(
        skin=skin,
        hulls=hulls,
        wheels=wheels,
        layout="plain",
        head=int(rng.integers(3)),
        tail=int(rng.integers(2)),
        grille=0,
        tint=int(rng.integers(3)),
        rim="lorry",
        rim_share=0.62,
        landmarks={"plate-front": (grid.front_x(nose) + 0.012, 0.0, nose), "plate-rear": (grid.rear_x(tail) - 0.012, 0.0, tail)},
    )
