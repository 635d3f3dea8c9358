"""How a limb must be bent for its end to be somewhere."""

import math

from diorama.sim.assets.street.people.skeleton import rotated
from diorama.sim.transforms import Quat, Vec3, cross, normalize


def bent_limb(start: Vec3, end: Vec3, upper_m: float, lower_m: float, pole: Vec3) -> tuple[Vec3, Vec3]:
    """The directions of the two bones of a limb that reaches from one point to another, the joint between them to the side of `pole`, a direction.

    What is too far away it points at, and what is too near it keeps away from.
    """
    away = _less(end, start)
    far = math.sqrt(_dot(away, away))
    reach = min(max(far, abs(upper_m - lower_m) + 1e-4), upper_m + lower_m - 1e-6)
    along = normalize(away)
    # By the law of cosines: how far along, and how far aside the joint is.
    ahead = (reach * reach + upper_m * upper_m - lower_m * lower_m) / (2 * reach)
    aside = math.sqrt(max(upper_m * upper_m - ahead * ahead, 0.0))
    across = cross(cross(along, pole), along)
    if _dot(across, across) < 1e-12:  # the pole is no help: any side will do
        across = cross(along, (0.0, 1.0, 0.0) if abs(along[1]) < 0.9 else (1.0, 0.0, 0.0))
    out = normalize(across)
    joint = (along[0] * ahead + out[0] * aside, along[1] * ahead + out[1] * aside, along[2] * ahead + out[2] * aside)
    tip = (along[0] * reach, along[1] * reach, along[2] * reach)
    return normalize(joint), normalize(_less(tip, joint))


def limb_angles(trunk: Quat, upper: Vec3, lower: Vec3, side: float, *, knee: bool) -> tuple[Vec3, float]:
    """The angles of hip and knee (or shoulder and elbow) for a limb at the `side` (1 left, -1 right) of a trunk that is turned so, its bones in these
    directions: what `Leg.hip_rad` and `knee_rad` say.
    """
    w, x, y, z = trunk
    u, v = rotated((w, -x, -y, -z), upper), rotated((w, -x, -y, -z), lower)
    away = math.asin(min(max(u[1], -1.0), 1.0))
    raised = math.atan2(u[0], -u[2])
    # The lower bone, as seen with the upper one hanging straight down.
    c, s = math.cos(raised), math.sin(raised)
    v = (c * v[0] + s * v[2], v[1], -s * v[0] + c * v[2])
    c, s = math.cos(away), math.sin(away)
    v = (v[0], c * v[1] + s * v[2], -s * v[1] + c * v[2])
    bend = math.acos(min(max(-v[2], -1.0), 1.0))
    sign = -1.0 if knee else 1.0
    outwards = math.atan2(sign * v[1], sign * v[0]) if bend > 0.02 else 0.0
    return (raised, side * away, side * outwards), bend


def _less(a: Vec3, b: Vec3) -> Vec3:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def _dot(a: Vec3, b: Vec3) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
