"""How each model's bodies are drawn."""

from typing import Any

import numpy as np

from diorama.sim.assets.recipe import between, pick
from diorama.sim.assets.street.vehicles.car import Style
from diorama.sim.assets.street.vehicles.proportions import Proportions

_FRONT = (0.26, 0.34, 0.5, 0.63, 0.76, 0.94, 1.0)
_SIDE = (0.0, 0.12, 0.3, 0.48, 0.7, 0.93, 1.0)
_REAR = (0.28, 0.36, 0.5, 0.62, 0.72, 0.95, 1.0)


def style(p: Proportions) -> Style:
    """The style of a variant."""
    return _STYLES[p.model](p, p.seed.child("style").rng())


def _base(p: Proportions, rng: np.random.Generator, **given: Any) -> Style:
    overhang = p.front_m - p.wheelbase_m / 2
    behind = -p.wheelbase_m / 2 - p.rear_m
    arch = p.wheel_m + 0.055
    settings: dict[str, Any] = {
        "sill_m": 0.17 + 0.25 * (p.wheel_m - 0.28),
        "roof_half_m": 0.375 * p.width_m,
        "crown_m": 0.035,
        "bonnet_crown_m": 0.03,
        "rows_front": _FRONT,
        "rows_side": _SIDE,
        "rows_rear": _REAR,
        "inset_front": (0.1, 0.035, 0.01, 0.0, 0.03, 0.09, 0.13),
        "inset_side": (0.07, 0.045, 0.012, 0.0, 0.004, 0.022, 0.05),
        "inset_rear": (0.09, 0.04, 0.012, 0.0, 0.03, 0.06, 0.085),
        "corner_front_m": min(overhang - arch - 0.03, 0.5),
        "corner_rear_m": min(behind - arch - 0.03, 0.34),
        "arch_m": arch,
        "flare_m": between(rng, 0.008, 0.02),
    }
    return Style(**(settings | given))


def _hatchback(p: Proportions, rng: np.random.Generator) -> Style:
    h, axle = p.height_m, p.wheelbase_m / 2
    cowl = (axle - between(rng, 0.12, 0.3), between(rng, 0.625, 0.66) * h)
    belt = cowl[1] + between(rng, 0.03, 0.09)
    roof_front = (cowl[0] - between(rng, 0.72, 0.85), h - 0.075)
    tail = p.rear_m + between(rng, 0.2, 0.42)
    rear_window = -axle + between(rng, -0.12, 0.08)
    middle = (cowl[0] - 0.32 + rear_window) / 2 + 0.05
    return _base(
        p,
        rng,
        cowl=cowl,
        back=(p.rear_m, belt),
        roof_front=roof_front,
        roof_rear=(tail, h - between(rng, 0.08, 0.14)),
        nose_m=between(rng, 0.47, 0.52) * h,
        tail_m=belt,
        windows=((cowl[0] - 0.16, middle + 0.06), (middle - 0.06, rear_window)),
    )


def _saloon(p: Proportions, rng: np.random.Generator) -> Style:
    h, axle = p.height_m, p.wheelbase_m / 2
    cowl = (axle - between(rng, 0.25, 0.45), between(rng, 0.63, 0.66) * h)
    belt = cowl[1] + between(rng, 0.03, 0.06)
    back = (p.rear_m + between(rng, 0.42, 0.6), belt + 0.01)
    roof_rear = (-axle + between(rng, 0.1, 0.3), h - 0.07)
    rear_window = -axle + between(rng, 0.05, 0.2)
    middle = (cowl[0] - 0.32 + rear_window) / 2 + 0.05
    return _base(
        p,
        rng,
        cowl=cowl,
        back=back,
        roof_front=(cowl[0] - between(rng, 0.78, 0.92), h - 0.075),
        roof_rear=roof_rear,
        nose_m=between(rng, 0.47, 0.51) * h,
        tail_m=belt - between(rng, 0.0, 0.04),
        windows=((cowl[0] - 0.16, middle + 0.06), (middle - 0.06, rear_window)),
    )


def _estate(p: Proportions, rng: np.random.Generator) -> Style:
    h, axle = p.height_m, p.wheelbase_m / 2
    cowl = (axle - between(rng, 0.25, 0.42), between(rng, 0.62, 0.65) * h)
    belt = cowl[1] + between(rng, 0.02, 0.05)
    middle = (cowl[0] - 0.32 - axle + 0.18) / 2 + 0.05
    return _base(
        p,
        rng,
        cowl=cowl,
        back=(p.rear_m, belt),
        roof_front=(cowl[0] - between(rng, 0.78, 0.9), h - 0.075),
        roof_rear=(p.rear_m + between(rng, 0.22, 0.4), h - between(rng, 0.07, 0.11)),
        nose_m=between(rng, 0.47, 0.51) * h,
        tail_m=belt,
        windows=((cowl[0] - 0.16, middle + 0.06), (middle - 0.06, -axle + 0.18), (-axle + 0.07, p.rear_m + 0.32)),
    )


def _suv(p: Proportions, rng: np.random.Generator) -> Style:
    h, axle = p.height_m, p.wheelbase_m / 2
    cowl = (axle - between(rng, 0.2, 0.4), between(rng, 0.63, 0.67) * h)
    belt = cowl[1] + between(rng, 0.02, 0.07)
    middle = (cowl[0] - 0.32 - axle + 0.15) / 2 + 0.05
    return _base(
        p,
        rng,
        cowl=cowl,
        back=(p.rear_m, belt),
        roof_front=(cowl[0] - between(rng, 0.62, 0.78), h - 0.075),
        roof_rear=(p.rear_m + between(rng, 0.16, 0.34), h - between(rng, 0.07, 0.12)),
        nose_m=between(rng, 0.53, 0.58) * h,
        tail_m=belt,
        windows=((cowl[0] - 0.16, middle + 0.06), (middle - 0.06, -axle + 0.15), (-axle + 0.04, p.rear_m + 0.4)),
        sill_m=0.27,
        flare_m=0.03,
        foot=pick(rng, ("trim", "trim", "paint")),
        bonnet_crown_m=0.05,
    )


def _pickup(p: Proportions, rng: np.random.Generator) -> Style:
    h, axle = p.height_m, p.wheelbase_m / 2
    cowl = (axle - between(rng, 0.3, 0.45), between(rng, 0.62, 0.65) * h)
    belt = cowl[1] + 0.01
    back = p.rear_m + between(rng, 1.55, 1.7)
    middle = (cowl[0] - 0.32 + back + 0.12) / 2 + 0.05
    return _base(
        p,
        rng,
        cowl=cowl,
        back=(back, belt),
        roof_front=(cowl[0] - between(rng, 0.6, 0.75), h - 0.075),
        roof_rear=(back + between(rng, 0.1, 0.22), h - 0.07),
        nose_m=between(rng, 0.54, 0.58) * h,
        tail_m=belt,
        windows=((cowl[0] - 0.16, middle + 0.06), (middle - 0.06, back + 0.16)),
        sill_m=0.32,
        flare_m=0.03,
        foot=pick(rng, ("trim", "paint")),
        bonnet_crown_m=0.05,
        bed_m=0.72,
        inset_rear=(0.06, 0.02, 0.0, 0.0, 0.03, 0.03, 0.03),
        corner_rear_m=0.15,
    )


def _van(p: Proportions, rng: np.random.Generator) -> Style:
    h, axle = p.height_m, p.wheelbase_m / 2
    cowl = (axle + between(rng, -0.05, 0.12), min(0.6 * h, 1.28))
    belt = cowl[1] + 0.02
    return _base(
        p,
        rng,
        cowl=cowl,
        back=(p.rear_m, belt),
        roof_front=(cowl[0] - between(rng, 0.62, 0.8), h - 0.1),
        roof_rear=(p.rear_m + 0.06, h - 0.05),
        nose_m=min(0.43 * h, 0.95),
        tail_m=belt,
        roof_half_m=0.43 * p.width_m,
        windows=((cowl[0] - 0.16, cowl[0] - 1.05),),
        sill_m=0.24,
        foot=pick(rng, ("trim", "paint")),
        corner_rear_m=0.16,
        inset_rear=(0.06, 0.02, 0.0, 0.0, 0.03, 0.03, 0.03),
        inset_side=(0.06, 0.04, 0.01, 0.0, 0.002, 0.01, 0.02),
        glass_rows=(0.04, 0.8),
    )


_STYLES = {"hatchback": _hatchback, "saloon": _saloon, "estate": _estate, "suv": _suv, "pickup": _pickup, "van": _van}
