"""Cars and vans: how the bodies of each model are drawn."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from diorama.sim.assets.recipe import between, pick
from diorama.sim.assets.street.vehicles import fittings
from diorama.sim.assets.street.vehicles.coachwork import Coachwork, pressed, wheels_of
from diorama.sim.assets.street.vehicles.dressing import Cells, Dress
from diorama.sim.assets.street.vehicles.lamps import HEADS, TAILS
from diorama.sim.assets.street.vehicles.lower import End, Lower
from diorama.sim.assets.street.vehicles.pictures import GRILLES, HANDLE, HANDLES, MARKS
from diorama.sim.assets.street.vehicles.proportions import Proportions
from diorama.sim.assets.street.vehicles.skin import on
from diorama.sim.assets.street.vehicles.upper import Upper
from diorama.sim.assets.street.vehicles.wheels import STYLES

_ROWS_FRONT = (0.26, 0.34, 0.5, 0.63, 0.77, 0.95, 1.0)
_ROWS_REAR = (0.28, 0.36, 0.5, 0.6, 0.72, 0.95, 1.0)
_ROWS_SIDE = (0.0, 0.12, 0.3, 0.48, 0.7, 0.93, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What sets models apart. Lengths are metres, x from the middle of the wheelbase.

    `cowl` and `back` are (x, z) where the upper edge of the lower body meets windscreen and rear window; `back` has no x where the rear window stands
    on the tailgate. `panes` are the side windows, each (from x, to x, which of the drawn panes it shows).
    """

    cowl: tuple[float, float]
    back: tuple[float | None, float]
    roof_front: tuple[float, float]
    roof_rear: tuple[float, float]
    nose_m: float
    tail_m: float
    panes: tuple[tuple[float, float, int], ...]
    layout: str
    sill_m: float
    taillamp: Cells
    rear_inset: tuple[float, ...] = (0.09, 0.04, 0.012, 0.0, 0.03, 0.06, 0.085)
    side_inset: tuple[float, ...] = (0.07, 0.045, 0.012, 0.008, 0.0, 0.02, 0.045)
    corner_rear_m: float = 0.34
    half_share: float = 0.375
    flare_m: float = 0.012
    foot: str = "paint"
    bonnet_crown_m: float = 0.035
    bed_m: float | None = None
    back_pane: bool = True
    pillar_lamp: bool = False
    glass: tuple[float, float] = (0.05, 0.9)
    rails: float = 0.0
    spoiler: float = 0.0


def car(p: Proportions) -> Coachwork:
    """The body of a car or a van."""
    rng = p.seed.child("style").rng()
    d = _DRAWINGS[p.model](p, rng)
    lower, upper, dress = _lower(p, d, rng), _upper(p, d), _dress(p, d, rng)
    skin, hulls, grid, grids = pressed(lower, upper, dress)
    trim = p.seed.child("trim").rng()
    belt = d.cowl[1]
    mirror = (d.cowl[0] - 0.1, grid.side_m(d.cowl[0] - 0.1, belt) - 0.02, belt + 0.07)
    tall = (0.1, 0.22, 0.24) if p.model == "van" and p.height_m > 2.2 else (0.09, 0.2, 0.13)
    fittings.mirrors(skin, mirror, pick(trim, ("paint", "paint", "trim")) if p.model != "van" else "trim", tall)
    low, high = grid.lower.sill_m, belt
    handles = pick(trim, ("paint", "paint", "chrome")) if p.model not in ("van", "pickup") else "trim"
    for mark in HANDLES[: 1 if d.layout in ("doors-3", "van") else 2]:
        x = on(list(zip(MARKS, dress.marks, strict=True)), mark)
        fittings.handle(skin, grid, x, low + HANDLE * (high - low), handles)
    nose = 0.56 * d.nose_m
    fittings.plate(skin, "plate-front", grid.front_x(nose) + 0.012, nose, 1.0)
    tail = between(trim, 0.78, 0.8) * d.tail_m if d.layout not in ("pickup", "van") and trim.random() < 0.7 else 0.48 * d.tail_m
    fittings.plate(skin, "plate-rear", grid.rear_x(tail) - 0.012, tail, -1.0)
    if trim.random() < 0.6:
        y, z = 0.3 * p.width_m, _ROWS_REAR[0] * d.tail_m
        fittings.tube(skin, "steel", (p.rear_m + 0.4, y, z), (p.rear_m + 0.07, y, z), 0.03)
    if trim.random() < d.spoiler:
        fittings.spoiler(skin, tuple(grids.house[-1, -1].tolist()), 0.72 * d.half_share * p.width_m, "roof")
    if p.model == "van" and trim.random() < 0.2:
        fittings.ladder(skin, d.roof_front[0] - 0.4, p.rear_m + 0.2, 0.4 * p.width_m, p.height_m)
    if trim.random() < d.rails:
        fittings.rails(skin, grids.house[-1, 5:-5], pick(trim, ("trim", "chrome")))
    wide = round(0.5 * p.wheel_m + 0.05, 4)
    axles = ((p.wheelbase_m / 2, True), (-p.wheelbase_m / 2, False))
    return Coachwork(
        skin=skin,
        hulls=hulls,
        wheels=wheels_of(axles, p.width_m / 2 - 0.012, p.wheel_m, wide),
        layout=d.layout,
        head=int(rng.integers(HEADS)),
        tail=int(rng.integers(TAILS)),
        grille=int(rng.integers(GRILLES)),
        tint=int(rng.integers(3)),
        rim=pick(rng, STYLES if p.model != "van" else ("steel", "cover", "ten")),
        rim_share=between(rng, 0.64, 0.73),
        landmarks={
            "plate-front": (grid.front_x(nose) + 0.012, 0.0, nose),
            "plate-rear": (grid.rear_x(tail) - 0.012, 0.0, tail),
        },
    )


def _lower(p: Proportions, d: Drawing, rng: np.random.Generator) -> Lower:
    overhang, behind = p.front_m - p.wheelbase_m / 2, -p.wheelbase_m / 2 - p.rear_m
    arch = p.wheel_m + 0.05
    sweep = between(rng, 0.0, 0.05)
    fender = p.front_m - min(overhang - arch - 0.03, 0.5)
    rise = d.nose_m + (d.cowl[1] - d.nose_m) * min(0.7 * (p.front_m - fender) / (p.front_m - d.cowl[0]) + 0.15, 0.8)
    top = [(p.rear_m, d.tail_m), (d.cowl[0], d.cowl[1]), (fender, rise), (p.front_m, d.nose_m)]
    if d.back[0] is not None:
        top.insert(1, (d.back[0], d.back[1]))
    return Lower(
        front_m=p.front_m,
        rear_m=p.rear_m,
        half_m=p.width_m / 2,
        sill_m=d.sill_m,
        top=top,
        axles=(p.wheelbase_m / 2, -p.wheelbase_m / 2),
        wheel_m=p.wheel_m,
        arch_m=arch,
        flare_m=d.flare_m,
        rows=_ROWS_SIDE,
        inset_m=d.side_inset,
        front=End(
            corner_m=min(overhang - arch - 0.03, 0.5),
            power=between(rng, 2.5, 2.9),
            rows=_ROWS_FRONT,
            inset_m=(0.1, 0.035, 0.008, 0.0, 0.03, 0.09, 0.13),
            sweep_m=(0.0, 0.0, 0.0, 0.0, sweep, sweep, 0.0),
        ),
        rear=End(
            corner_m=min(behind - arch - 0.03, d.corner_rear_m),
            power=between(rng, 2.8, 3.2),
            rows=_ROWS_REAR,
            inset_m=d.rear_inset,
            sweep_m=(0.0,) * 7,
        ),
        marks=(*([d.cowl[0]]), *([d.back[0]] if d.back[0] is not None else []), *(x for a, b, _ in d.panes for x in (a, b))),
    )


def _upper(p: Proportions, d: Drawing) -> Upper:
    crown = 0.035
    return Upper(
        cowl_m=d.cowl[0],
        back_m=d.back[0],
        roof_front=d.roof_front,
        roof_rear=d.roof_rear,
        peak_m=p.height_m - crown - 0.008,
        half_m=d.half_share * p.width_m,
        crown_m=crown,
        glass=(d.glass,),
        bonnet_crown_m=d.bonnet_crown_m,
        bed_m=d.bed_m,
    )


def _dress(p: Proportions, d: Drawing, rng: np.random.Generator) -> Dress:
    axle = p.wheelbase_m / 2
    hinge = min(d.panes[0][0] + 0.06, axle - p.wheel_m - 0.1)
    pillar = d.panes[0][1] - 0.06
    end = d.panes[1][1] - 0.02 if d.layout not in ("doors-3", "van") else pillar - 1.05
    wide = int(rng.integers(2, 4))
    upper_grille: Cells = pick(rng, ((0, wide, 3, 5), (0, wide, 4, 5), (0, 3, 2, 5), (0, wide, 3, 4)))
    return Dress(
        marks=(p.front_m, axle, hinge, pillar, max(end, -axle + 0.12), -axle, p.rear_m),
        headlamp=(3, 7, 4, 5),
        taillamp=d.taillamp,
        grilles=(upper_grille,),
        intakes=((0, int(rng.integers(2, 5)), 1, 2),),
        windows=d.panes,
        back=d.back_pane,
        frame=pick(rng, ("trim", "trim", "chrome")),
        foot=d.foot,
        pillar_lamp=d.pillar_lamp,
        boot="paint" if d.bed_m is None else "trim",
    )


def _panes(front: float, rear: float, post_m: float = 0.12, share: float = 0.53) -> tuple[tuple[float, float, int], ...]:
    """A front and a rear side window, from x to x, with a pillar between them."""
    middle = front + (rear - front) * share
    return ((front, middle + post_m / 2, 1), (middle - post_m / 2, rear, 2))


def _hatchback(p: Proportions, rng: np.random.Generator) -> Drawing:
    h, axle = p.height_m, p.wheelbase_m / 2
    cowl = (axle - between(rng, 0.14, 0.32), between(rng, 0.62, 0.655) * h)
    belt = cowl[1] + between(rng, 0.02, 0.09)
    three = p.size < 0.6 and rng.random() < 0.5
    rear_window = -axle + between(rng, -0.16, 0.06)
    return Drawing(
        cowl=cowl,
        back=(None, belt),
        roof_front=(cowl[0] - between(rng, 0.7, 0.85), h - 0.085),
        roof_rear=(p.rear_m + between(rng, 0.2, 0.42), h - between(rng, 0.08, 0.14)),
        nose_m=between(rng, 0.47, 0.52) * h,
        tail_m=belt,
        panes=_panes(cowl[0] - 0.14, rear_window, share=0.6 if three else 0.54),
        layout="doors-3" if three else "doors-5",
        sill_m=0.19,
        taillamp=pick(rng, ((4, 7, 3, 5), (3, 7, 4, 6), (4, 6, 3, 6), (3, 6, 4, 5))),
        pillar_lamp=bool(rng.random() < 0.15),
        spoiler=0.6,
    )


def _saloon(p: Proportions, rng: np.random.Generator) -> Drawing:
    h, axle = p.height_m, p.wheelbase_m / 2
    cowl = (axle - between(rng, 0.3, 0.5), between(rng, 0.63, 0.655) * h)
    belt = cowl[1] + between(rng, 0.02, 0.05)
    return Drawing(
        cowl=cowl,
        back=(p.rear_m + between(rng, 0.5, 0.68), belt + 0.02),
        roof_front=(cowl[0] - between(rng, 0.78, 0.92), h - 0.085),
        roof_rear=(-axle + between(rng, -0.08, 0.12), h - 0.085),
        nose_m=between(rng, 0.47, 0.51) * h,
        tail_m=belt - between(rng, 0.0, 0.04),
        panes=_panes(cowl[0] - 0.14, -axle - between(rng, 0.12, 0.24), share=0.5),
        layout="saloon",
        sill_m=0.19,
        taillamp=pick(rng, ((3, 7, 4, 5), (2, 7, 4, 5), (3, 6, 3, 5), (1, 6, 4, 5))),
        half_share=0.36,
    )


def _estate(p: Proportions, rng: np.random.Generator) -> Drawing:
    h, axle = p.height_m, p.wheelbase_m / 2
    cowl = (axle - between(rng, 0.28, 0.45), between(rng, 0.62, 0.645) * h)
    belt = cowl[1] + between(rng, 0.02, 0.05)
    tall = bool(rng.random() < 0.25)
    return Drawing(
        cowl=cowl,
        back=(None, belt),
        roof_front=(cowl[0] - between(rng, 0.78, 0.9), h - 0.085),
        roof_rear=(p.rear_m + between(rng, 0.22, 0.42), h - between(rng, 0.07, 0.11)),
        nose_m=between(rng, 0.47, 0.51) * h,
        tail_m=belt,
        panes=(*_panes(cowl[0] - 0.14, -axle + 0.18), (-axle + 0.07, p.rear_m + 0.34, 3)),
        layout="doors-5",
        sill_m=0.19,
        taillamp=(4, 6, 3, 6) if tall else pick(rng, ((3, 7, 4, 5), (3, 6, 3, 5), (4, 7, 3, 5))),
        pillar_lamp=tall,
        rails=0.6,
        spoiler=0.4,
    )


def _suv(p: Proportions, rng: np.random.Generator) -> Drawing:
    h, axle = p.height_m, p.wheelbase_m / 2
    cowl = (axle - between(rng, 0.24, 0.42), between(rng, 0.635, 0.665) * h)
    belt = cowl[1] + between(rng, 0.02, 0.07)
    return Drawing(
        cowl=cowl,
        back=(None, belt),
        roof_front=(cowl[0] - between(rng, 0.6, 0.78), h - 0.085),
        roof_rear=(p.rear_m + between(rng, 0.16, 0.36), h - between(rng, 0.07, 0.12)),
        nose_m=between(rng, 0.54, 0.59) * h,
        tail_m=belt,
        panes=(*_panes(cowl[0] - 0.14, -axle + 0.16), (-axle + 0.05, p.rear_m + 0.38, 3)),
        layout="doors-5",
        sill_m=0.29,
        taillamp=pick(rng, ((3, 7, 4, 5), (4, 6, 3, 6), (2, 7, 4, 5), (4, 7, 3, 5))),
        flare_m=0.03,
        foot=pick(rng, ("trim", "trim", "paint")),
        bonnet_crown_m=0.05,
        rails=0.65,
        spoiler=0.6,
    )


def _pickup(p: Proportions, rng: np.random.Generator) -> Drawing:
    h, axle = p.height_m, p.wheelbase_m / 2
    cowl = (axle - between(rng, 0.35, 0.5), between(rng, 0.62, 0.645) * h)
    belt = cowl[1] + 0.01
    back = p.rear_m + between(rng, 1.55, 1.7)
    return Drawing(
        cowl=cowl,
        back=(back, belt),
        roof_front=(cowl[0] - between(rng, 0.6, 0.72), h - 0.085),
        roof_rear=(back + between(rng, 0.1, 0.22), h - 0.07),
        nose_m=between(rng, 0.56, 0.6) * h,
        tail_m=belt,
        panes=_panes(cowl[0] - 0.14, back + 0.14),
        layout="pickup",
        sill_m=0.34,
        taillamp=(4, 7, 3, 6),
        rear_inset=(0.06, 0.02, 0.0, 0.0, 0.03, 0.03, 0.03),
        corner_rear_m=0.15,
        flare_m=0.035,
        foot=pick(rng, ("trim", "paint")),
        bonnet_crown_m=0.05,
        bed_m=0.72,
    )


def _van(p: Proportions, rng: np.random.Generator) -> Drawing:
    h, axle = p.height_m, p.wheelbase_m / 2
    large = h > 2.25
    cowl = (axle + between(rng, -0.02, 0.1), 1.24 if large else 0.6 * h)
    glazed = not large and rng.random() < 0.4
    belt = cowl[1] + 0.02
    panes = [(cowl[0] - 0.14, cowl[0] - 1.05, 1)]
    if glazed:
        panes += [(cowl[0] - 1.2, (cowl[0] - 1.2 + p.rear_m) / 2 + 0.05, 2), ((cowl[0] - 1.2 + p.rear_m) / 2 - 0.05, p.rear_m + 0.2, 2)]
    roof = min(cowl[1] + 0.85, h - 0.1) if large else h - 0.09
    return Drawing(
        cowl=cowl,
        back=(None, belt),
        roof_front=(cowl[0] - between(rng, 0.7, 0.85), roof),
        roof_rear=(p.rear_m + 0.06, h - 0.06),
        nose_m=0.96 if large else 0.49 * h,
        tail_m=belt,
        panes=tuple(panes),
        layout="van",
        sill_m=0.24,
        taillamp=(5, 7, 3, 6),
        rear_inset=(0.06, 0.02, 0.0, 0.0, 0.02, 0.02, 0.02),
        side_inset=(0.06, 0.04, 0.01, 0.0, 0.002, 0.01, 0.02),
        corner_rear_m=0.16,
        half_share=0.43,
        foot=pick(rng, ("trim", "paint")),
        back_pane=bool(glazed or rng.random() < 0.5),
        glass=(0.04, 0.6 if large else 0.82),
    )


_DRAWINGS: dict[str, Callable[[Proportions, np.random.Generator], Drawing]] = {
    "hatchback": _hatchback,
    "saloon": _saloon,
    "estate": _estate,
    "suv": _suv,
    "pickup": _pickup,
    "van": _van,
}
