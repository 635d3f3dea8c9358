"""How the parts of a spec refuse what cannot be."""

import math
from collections.abc import Iterable, Sequence

from diorama.sim.errors import InvalidValue

Rgb = tuple[float, float, float]


def check(condition: bool, owner: object, message: str) -> None:
    """Raise InvalidValue, with the owner's class named, unless the condition holds."""
    if not condition:
        raise InvalidValue(f"{type(owner).__name__}: {message}")


def finite(*values: float) -> bool:
    """Whether all are finite."""
    return all(math.isfinite(v) for v in values)


def finite_points(points: Iterable[Sequence[float]]) -> bool:
    """Whether all coordinates of points in the plane are finite: so is their sum, then, and else it is not."""
    return math.isfinite(sum(point[0] + point[1] for point in points))


def check_color(owner: object, name: str, color: Rgb, highest: float = 1.0) -> None:
    """A colour must be finite, and each channel in [0, highest]."""
    wanted = "0 or more" if highest == math.inf else f"in [0, {highest:g}]"
    check(finite(*color) and 0 <= min(color) and max(color) <= highest, owner, f"{name} must be {wanted}, got {color}")


def check_share(owner: object, name: str, value: float) -> None:
    """A number must be in [0, 1]."""
    check(0 <= value <= 1, owner, f"{name} must be in [0, 1], got {value}")
