"""Where the centre of mass of people is.

Of who is upright, standing, walking or running, it is taken to be where it is when they stand at attention: as high above the base, and above it. The
true one sways about that by a few centimetres, and the frame of a walker would bob with it.
"""

import math
from collections.abc import Mapping
from functools import lru_cache

from diorama.sim.assets.street.people.skeleton import PARENTS, Frame, joints_at, lengths, lengths_of, posed, rotated
from diorama.sim.spec.people import PersonShape
from diorama.sim.transforms import Vec3

#: As long as it is no farther than this from there, as a share of the height, and the thighs are not raised farther than this on average, somebody is
#: upright.
_SWAY, _RAISED_RAD = 0.05, 1.0

#: Shares of a body's mass, and where on the way from the beginning of one bone to that of another each part's centre is: D. Winter, "Biomechanics and
#: motor control of human movement" (2009), table 4.1, after W. Dempster (1955).
_PARTS = (
    ("pelvis", "waist", 0.142, 0.5),
    ("waist", "chest", 0.139, 0.5),
    ("chest", "neck", 0.216, 0.5),
    ("neck", "head", 0.02, 0.5),
    *(
        (f"{side}_{bone}", f"{side}_{end}", mass, share)
        for side in ("left", "right")
        for bone, end, mass, share in (
            ("arm", "forearm", 0.028, 0.436),
            ("forearm", "hand", 0.016, 0.43),
            ("hand", "fingers", 0.006, 1.0),
            ("thigh", "shin", 0.1, 0.433),
            ("shin", "foot", 0.0465, 0.433),
            ("foot", "toes", 0.0145, 0.5),
        )
    ),
)
_HEAD = 0.061


def mass_center(person: PersonShape, frames: Mapping[str, Frame] | None = None) -> Vec3:
    """From the middle between the hip joints, in the body's axes; `frames` are those of `skeleton.posed`, if they are at hand."""
    bones = lengths(person)
    at = posed(bones, person.joints) if frames is None else frames
    return _center({bone: start for bone, (_, start) in at.items()}, rotated(at["head"][0], (0.0, 0.0, 0.4 * bones.head)))


def _center(at: Mapping[str, Vec3], up: Vec3) -> Vec3:
    """Of bones that begin there; `up` goes from where the head begins to its centre."""
    (x, y, z) = at["head"]
    parts = [(_HEAD, (x + up[0], y + up[1], z + up[2]))]
    for bone, end, mass, share in _PARTS:
        a, b = at[bone], at[end]
        parts.append((mass, (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share)))
    total = math.fsum(mass for mass, _ in parts)
    x, y, z = (math.fsum(mass * p[axis] for mass, p in parts) / total for axis in range(3))
    return x, y, z


@lru_cache(256)
def upright_m(height_m: float, age_years: float, figure: float) -> float:
    """How high above the ground the centre of mass is of somebody who stands at attention."""
    bones = lengths_of(height_m, age_years, figure)
    starts, at = joints_at(bones), dict[str, Vec3]()
    # With all joints at 0 no bone is turned.
    for bone, parent in PARENTS.items():
        x, y, z = starts[bone]
        px, py, pz = at[parent] if parent else (0.0, 0.0, 0.0)
        at[bone] = x + px, y + py, z + pz
    return bones.hip + _center(at, (0.0, 0.0, 0.4 * bones.head))[2]


def is_upright(person: PersonShape, frames: Mapping[str, Frame] | None = None) -> bool:
    """Whether somebody stands, walks or runs."""
    x, y, z = mass_center(person, frames)
    sway = _SWAY * person.height_m
    quiet = upright_m(person.height_m, person.age_years, person.figure) - lengths(person).hip
    raised = (person.joints.left_leg.hip_rad[0] + person.joints.right_leg.hip_rad[0]) / 2
    return raised < _RAISED_RAD and abs(x) < sway and abs(y) < sway and abs(z - quiet) < sway
