"""Lorries: a cab over the front axle, and behind it a box, a tarpaulin on its frame, or a flat bed with dropsides."""

import numpy as np

from diorama.sim.assets.recipe import between, pick
from diorama.sim.assets.street.vehicles import fittings
from diorama.sim.assets.street.vehicles.coachwork import Coachwork, both_sides, pressed, wheels_of
from diorama.sim.assets.street.vehicles.dressing import Dress
from diorama.sim.assets.street.vehicles.lower import End, Lower
from diorama.sim.assets.street.vehicles.proportions import Proportions
from diorama.sim.assets.street.vehicles.skin import Skin
from diorama.sim.assets.street.vehicles.upper import Upper


def lorry(p: Proportions) -> Coachwork:
    """The body of a lorry."""
    rng = p.seed.child("style").rng()
    axle, half = p.wheelbase_m / 2, p.width_m / 2
    flat = p.height_m < 2.8
    cab_m = between(rng, 1.65, 1.9) + 0.35 * p.size
    top = p.height_m if flat else min(2.3 + 0.65 * p.size + between(rng, 0.0, 0.15), p.height_m - 0.15)
    behind = p.front_m - cab_m
    belt, screen, sill = 0.6 * top + 0.06, 0.57 * top, 0.42 + 0.1 * p.size
    corner = 0.22
    lower = Lower(
        front_m=p.front_m,
        rear_m=behind,
        half_m=half,
        sill_m=sill,
        top=[(behind, belt), (p.front_m - 0.9, belt), (p.front_m - corner, screen), (p.front_m, screen)],
        axles=(axle,),
        wheel_m=p.wheel_m,
        arch_m=p.wheel_m + 0.08,
        flare_m=0.0,
        rows=(0.0, 0.12, 0.3, 0.48, 0.7, 0.9, 1.0),
        inset_m=(0.03, 0.01, 0.0, 0.0, 0.0, 0.0, 0.01),
        front=End(
            corner_m=corner,
            power=2.8,
            rows=(0.24, 0.3, 0.4, 0.47, 0.58, 0.86, 1.0),
            inset_m=(0.06, 0.01, 0.0, 0.0, 0.03, 0.04, 0.06),
            sweep_m=(0.0,) * 7,
        ),
        rear=End(corner_m=0.08, power=4.0, rows=(0.4, 0.45, 0.55, 0.65, 0.75, 0.9, 1.0), inset_m=(0.0,) * 7, sweep_m=(0.0,) * 7),
        marks=(p.front_m - corner - 0.12, behind + 0.45 + 0.25 * p.size),
    )
    upper = Upper(
        cowl_m=None,
        back_m=None,
        roof_front=(p.front_m - corner - between(rng, 0.14, 0.25), top - 0.08),
        roof_rear=(behind + 0.1, top - 0.02),
        peak_m=top - 0.03,
        half_m=0.455 * p.width_m,
        crown_m=0.03,
        glass=((0.03, 0.8),),
        ledge_m=0.0,
    )
    dress = Dress(
        marks=(p.front_m, axle, 1.0, 0.5, -0.5, -axle, p.rear_m),
        headlamp=(4, 6, 2, 4),
        taillamp=None,
        grilles=((0, 3, 4, 5),),
        intakes=((0, 3, 2, 3),),
        windows=((p.front_m - corner - 0.12, behind + 0.45 + 0.25 * p.size, 1),),
        back=False,
        foot=pick(rng, ("trim", "paint")),
    )
    skin, hulls, grid, _ = pressed(lower, upper, dress)
    fittings.mirrors(skin, (p.front_m - 0.25, half - 0.05, belt + 0.42), "trim", (0.12, 0.24, 0.5))
    floor = 1.0 + 0.12 * p.size
    hulls = [np.concatenate(hulls)]
    hulls += _load(p, skin, behind - 0.12, floor, "flat" if flat else pick(rng, ("box", "tarpaulin")))
    hulls.append(_frame(p, skin, behind, floor))
    nose, tail = 0.43 * screen, 0.62
    fittings.plate(skin, "plate-front", grid.front_x(nose) + 0.012, nose, 1.0)
    fittings.plate(skin, "plate-rear", p.rear_m + 0.05, tail + 0.17, -1.0)
    axles = [(axle, True), (-axle, False)]
    if p.length_m > 8.6:
        axles.append((-axle - 2 * p.wheel_m - 0.25, False))
    wheels = [*wheels_of(axles[:1], half - 0.03, p.wheel_m, 0.3), *wheels_of(axles[1:], half - 0.03, p.wheel_m, 0.58)]
    return Coachwork(
        skin=skin,
        hulls=hulls,
        wheels=wheels,
        layout="plain",
        head=int(rng.integers(3)),
        tail=0,
        grille=int(rng.integers(1, 5)),
        tint=int(rng.integers(2)),
        rim="lorry",
        rim_share=0.6,
        landmarks={"plate-front": (grid.front_x(nose) + 0.012, 0.0, nose), "plate-rear": (p.rear_m + 0.05, 0.0, tail + 0.17)},
    )


def _load(p: Proportions, skin: Skin, front: float, floor: float, kind: str) -> list[np.ndarray]:
    """What stands on the frame."""
    half = p.width_m / 2
    low, high = (p.rear_m, -half, floor), (front, half, p.height_m)
    if kind == "box":
        fittings.crate(skin, low, high, side="box-side", rear="box-rear", rest="box")
    elif kind == "tarpaulin":
        fittings.crate(skin, low, high, side="tarpaulin-side", rear="box-rear", rest="tarpaulin")
    else:
        high = (front, half, floor + 0.14)
        fittings.block(skin, "trim", low, high)
        board, wall = floor + 0.62, 0.04
        fittings.block(skin, "box", (p.rear_m, half - wall, floor + 0.14), (front, half, board), mirrored=True)
        fittings.block(skin, "box", (p.rear_m, -half + wall, floor + 0.14), (p.rear_m + wall, half - wall, board))
        fittings.block(skin, "box", (front - wall, -half + wall, floor + 0.14), (front, half - wall, min(floor + 1.3, p.height_m)))
        hull = np.array([low, (front, half, board)])
        return [both_sides(np.array([[x, half, z] for x in hull[:, 0] for z in hull[:, 2]]))]
    return [both_sides(np.array([[x, half, z] for x in (p.rear_m, front) for z in (floor, p.height_m)]))]


def _frame(p: Proportions, skin: Skin, front: float, floor: float) -> np.ndarray:
    """Beams, guards, tank, lamps and bumper."""
    half, axle, r = p.width_m / 2, p.wheelbase_m / 2, p.wheel_m
    fittings.block(skin, "under", (p.rear_m + 0.1, 0.3, floor - 0.3), (front + 0.3, 0.48, floor), mirrored=True)
    fittings.block(skin, "under", (-axle - 0.1, -half + 0.4, r - 0.1), (-axle + 0.1, half - 0.4, r + 0.1))
    start, end = -axle + r + 0.15, axle - r - 0.2
    end = min(end, front - 0.1)
    for z in (0.5, 0.78):
        fittings.block(skin, "steel", (start, half - 0.06, z), (end, half - 0.02, z + 0.12), mirrored=True)
    fittings.block(skin, "trim", (end - 1.1, half - 0.6, 0.42), (end - 0.1, half - 0.1, floor - 0.06), mirrored=True)
    fittings.block(skin, "steel", (p.rear_m + 0.06, -half + 0.08, 0.5), (p.rear_m + 0.16, half - 0.08, 0.62))
    for side, y in (("left", half - 0.3), ("right", -half + 0.3)):
        fittings.panel(
            skin, f"taillamp-{side}", p.rear_m + 0.04, (y - 0.2, y + 0.2), (floor - 0.22, floor - 0.06), -1.0, 0.08, flipped=side == "right"
        )
    return both_sides(np.array([[x, half - 0.06, z] for x in (p.rear_m + 0.06, front) for z in (0.5, floor)]))
