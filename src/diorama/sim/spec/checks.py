"""How the parts of a spec refuse what cannot be."""

import math
from collections.abc import Iterable, Sequence
from typing import NoReturn

from diorama.sim.errors import InvalidValue

Rgb = tuple[float, float, float]


def refuse(owner: object, message: str) -> NoReturn:
    """Raise InvalidValue, with the owner's class named. What is made by the thousand refuses where `check` would write all its messages in vain."""
    raise InvalidValue(f"{type(owner).__name__}: {message}")


def check(condition: bool, owner: object, message: str) -> None:
    """Raise InvalidValue, with the owner's class named, unless the condition holds."""
    if not condition:
        refuse(owner, message)


def finite(*values: float) -> bool:
    """Whether all are finite."""
    return all(map(math.isfinite, values))


def finite_points(points: Iterable[Sequence[float]]) -> bool:
    """Whether all coordinates of points in the plane are finite: so is their sum, then, and else it is not."""
    return math.isfinite(sum([point[0] + point[1] for point in points]))


def check_color(owner: object, name: str, color: Rgb, highest: float = 1.0) -> None:
    """A colour must be finite, and each channel in [0, highest]."""
    if not (finite(*color) and 0 <= min(color) and max(color) <= highest):
        wanted = "0 or more" if highest == math.inf else f"in [0, {highest:g}]"
        refuse(owner, f"{name} must be {wanted}, got {color}")


def check_share(owner: object, name: str, value: float) -> None:
    """A number must be in [0, 1]."""
    if not 0 <= value <= 1:
        refuse(owner, f"{name} must be in [0, 1], got {value}")
