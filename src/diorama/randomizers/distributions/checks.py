"""Checks of settings before anything runs."""

import math
from collections.abc import Collection

from diorama.randomizers.distributions.base import Distribution
from diorama.randomizers.distributions.var import variables_of
from diorama.sim.errors import InvalidValue, suggestion


def require(owner: object, low: float, high: float, *names: str, whole: bool = False) -> None:
    """Refuse settings of `owner` that can draw anything outside low..high (or, if `whole`, anything but ints).

    For `__post_init__` of randomizers, so that a plan fails before anything runs. What depends on a variable is let through: it is
    made anew, and checked, when the variable is known. Raises InvalidValue.
    """
    for name in names:
        distribution = _setting(owner, name)
        if variables_of(distribution):
            continue
        span = distribution.reach
        if span is None or not low <= span[0] <= span[1] <= high or (whole and not distribution.is_whole):
            kind = "whole numbers" if whole else "numbers"
            limits = f"of {low:g} or more" if math.isinf(high) else f"in {low:g}..{high:g}"
            raise InvalidValue(f"{name} must draw {kind} {limits}, got {distribution!r}")


def require_share(owner: object, *names: str) -> None:
    """Refuse settings of `owner` that are numbers outside 0..1. Raises InvalidValue."""
    for name in names:
        share = getattr(owner, name)
        if not 0 <= share <= 1:
            raise InvalidValue(f"{name} must be in 0..1, got {share}")


def require_one_of(owner: object, options: Collection[str], *names: str) -> None:
    """Refuse settings of `owner` that can draw anything but one of these words; see `require`. Raises InvalidValue."""
    for name in names:
        distribution = getattr(owner, name)
        if isinstance(distribution, Distribution) and variables_of(distribution):
            continue
        outcomes = distribution.outcomes if isinstance(distribution, Distribution) else None
        wrong = [v for v in outcomes if v not in options] if outcomes else [distribution]
        if wrong:
            raise InvalidValue(f"{name} must draw one of a few words, not {wrong[0]!r}.{suggestion(str(wrong[0]), options)}")


def _setting(owner: object, name: str) -> Distribution:
    distribution = getattr(owner, name)
    if not isinstance(distribution, Distribution):
        raise InvalidValue(f"{name} must be a distribution, e.g. Constant({distribution!r}), got {distribution!r}")
    return distribution
