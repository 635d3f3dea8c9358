"""Somebody as an asset: shells for a body and its clothes, fitted and bent into a pose."""

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.geometry import Points
from diorama.sim.assets.mesh import Asset, Look, MeshPart
from diorama.sim.assets.street.people import arms, carried, hair, head, legs, trunk
from diorama.sim.assets.street.people.fitting import MODEL, Maker, Pattern, bent, joined, pattern
from diorama.sim.assets.street.people.picture import sheet
from diorama.sim.assets.street.people.shells import BONE, HALVED, bound, normals
from diorama.sim.assets.street.people.skeleton import Frame, Lengths, lengths, posed, rotated
from diorama.sim.spec import MaterialSpec, Vec3
from diorama.sim.spec.people import Joints, PersonShape

#: Of a living body, lungs half full.
DENSITY_KG_M3 = 985.0
_CLOTH = MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=0.85, two_sided=False)

#: What people are made of, and which words of theirs it depends on.
_BODY: tuple[tuple[Maker, tuple[str, ...]], ...] = (
    (head.head_shell, ()),
    (hair.hair_shell, ("hair", "hat")),
    (hair.hat_shell, ("hat",)),
    (trunk.top_shell, ("top",)),
    (arms.arms_shell, ("top",)),
    (trunk.skirt_shell, ("bottom", "top")),
    (legs.trousers_shell, ("bottom", "top")),
    (legs.bare_legs_shell, ("bottom", "top")),
    (legs.shoes_shell, ("shoe",)),
)
#: What they carry, likewise.
_BAG: tuple[Maker, tuple[str, ...]] = (carried.bag_shell, ("bag", "top"))


def person_asset(person: PersonShape) -> Asset:
    """The asset of somebody; see PersonShape. Its origin is the centre of mass (`_center`)."""
    bones = lengths(person)
    frames = posed(bones, person.joints)
    worn = worn_by(person)
    cloth = worn.pattern
    positions = bent(cloth, person, frames)
    low = float(positions[:, 2].min()) - person.lift_m
    center = _center(person, bones, frames, low)
    part = MeshPart(
        positions=(positions - np.array(center)).astype(np.float32),
        normals=normals(positions, cloth.faces, cloth.places).astype(np.float32),
        uv=cloth.uv.astype(np.float32),
        faces=cloth.faces.astype(np.int32),
        look=Look(material=_CLOTH, images={"base_color": sheet(replace(person, joints=_ATTENTION, lift_m=0.0))}),
    )
    bottom, top = part.positions.min(axis=0).tolist(), part.positions.max(axis=0).tolist()
    landmarks = {"base": (0.0, 0.0, low)} | keypoints(bones, frames)
    return Asset(
        id=f"{person.kind}:{person!r}",
        category="person",
        supercategory="person",
        parts=(part,),
        hulls=tuple(positions[piece] - np.array(center) for piece in worn.pieces),
        bounds_m=((bottom[0], bottom[1], bottom[2]), (top[0], top[1], top[2])),
        volume_m3=person.mass_kg / DENSITY_KG_M3,
        density_kg_m3=DENSITY_KG_M3,
        closed=True,
        landmarks={name: (x - center[0], y - center[1], z - center[2]) for name, (x, y, z) in landmarks.items()},
    )


_ATTENTION = Joints()


class Worn(NamedTuple):
    """All shells of somebody as one, and of each convex piece that they fill the corners that are farthest out."""

    pattern: Pattern
    pieces: tuple[NDArray[np.int64], ...]


def worn_by(person: PersonShape) -> Worn:
    """What somebody is made of and wears."""
    return _worn(person.top, person.bottom, person.shoe, person.hair, person.hat, person.bag, person.umbrella is not None, person.phone)


@lru_cache(256)
def _worn(top: str, bottom: str, shoe: str, hair: str, hat: str | None, bag: str | None, umbrella: bool, phone: bool) -> Worn:
    words = {"top": top, "bottom": bottom, "shoe": shoe, "hair": hair, "hat": hat, "bag": bag}
    body = [pattern(make, **{word: words[word] for word in depends}) for make, depends in _BODY]
    makers = [_BAG, *([(carried.umbrella_shell, ())] if umbrella else []), *([(carried.phone_shell, ())] if phone else [])]
    load = [pattern(make, **{word: words[word] for word in depends}) for make, depends in makers]
    # Each thing that is carried is a piece of its own.
    patterns = [p for p in (*body, *load) if p is not None]
    worn = sum(p is not None for p in body)
    owner = np.concatenate([_piece_of(p) if k < worn else np.full(len(p.positions), len(_PIECES) + k) for k, p in enumerate(patterns)])
    whole = joined(patterns)
    pieces = [np.flatnonzero(owner == k) for k in np.unique(owner).tolist()]
    return Worn(whole, tuple(piece[_outermost(whole.positions[piece])] for piece in pieces))


# --- landmarks --------------------------------------------------------------------------------------------


def keypoints(bones: Lengths, frames: Mapping[str, Frame]) -> dict[str, Vec3]:
    """COCO's 17 keypoints by its names, in its order."""
    turn, at = frames["head"]
    model = lengths(MODEL)
    x0, _, z0 = head.chin(model)
    start = bound(model)["head"][1]
    out: dict[str, Vec3] = {}
    for name, side in (("nose", 0.0), ("left_eye", 1.0), ("right_eye", -1.0), ("left_ear", 1.0), ("right_ear", -1.0)):
        x, y, z = head.FEATURES[name.removeprefix("left_").removeprefix("right_")]
        scale = bones.head / model.head
        off = (x0 + x * model.head - start[0], side * y * model.head, z0 + z * model.head - start[2])
        dx, dy, dz = rotated(turn, (scale * off[0], scale * off[1], scale * off[2]))
        out[name] = at[0] + dx, at[1] + dy, at[2] + dz
    for name, bone in (("shoulder", "arm"), ("elbow", "forearm"), ("wrist", "hand"), ("hip", "thigh"), ("knee", "shin"), ("ankle", "foot")):
        out |= {f"{side}_{name}": frames[f"{side}_{bone}"][1] for side in ("left", "right")}
    return out


# --- mass -------------------------------------------------------------------------------------------------

#: Shares of a body's mass, and where along the bone (from its beginning to the next joint, or so far up the head) each part's centre is: D. Winter,
#: "Biomechanics and motor control of human movement", table 4.1, after W. Dempster (1955).
_MASSES = (
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
_HEAD_MASS = 0.061
#: As long as the centre of mass is no farther than this (a share of the height) from where it is in quiet standing, it is said to be there.
_SWAY = 0.04
#: How high that is above the ground.
_STANDING = 0.56


def _center(person: PersonShape, bones: Lengths, frames: Mapping[str, Frame], low: float) -> Vec3:
    """The centre of mass. Of who stands or walks it is taken to be where it is in quiet standing, above the base, so that their frame glides evenly
    while they sway.
    """
    turn, at = frames["head"]
    up = rotated(turn, (0.0, 0.0, 0.4 * bones.head))
    parts = [(_HEAD_MASS, (at[0] + up[0], at[1] + up[1], at[2] + up[2]))]
    for bone, end, mass, share in _MASSES:
        a, b = frames[bone][1], frames[end][1]
        parts.append((mass, (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share)))
    total = math.fsum(mass for mass, _ in parts)
    x, y, z = (math.fsum(mass * p[axis] for mass, p in parts) / total for axis in range(3))
    quiet = low + _STANDING * person.height_m
    sway = _SWAY * person.height_m
    return (0.0, 0.0, quiet) if abs(x) < sway and abs(y) < sway and abs(z - quiet) < sway + person.lift_m else (x, y, z)


# --- convex pieces ----------------------------------------------------------------------------------------

#: Bones whose surroundings make a convex piece.
_PIECES: tuple[tuple[str, ...], ...] = (
    ("head", "neck"),
    ("pelvis", "waist", "chest"),
    *((f"{side}_arm", f"{side}_forearm", f"{side}_hand", f"{side}_fingers") for side in ("left", "right")),
    *((f"{side}_thigh",) for side in ("left", "right")),
    *((f"{side}_shin", f"{side}_foot", f"{side}_toes") for side in ("left", "right")),
)
#: Directions in which the outermost corners are kept: to the sides, edges and corners of a cube.
_OUT = np.array([(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1) if x or y or z], np.float64)


def _piece_of(pattern: Pattern) -> NDArray[np.int64]:
    """(n,): the piece that each corner belongs to, by the bone that holds most of it."""
    piece = np.zeros(len(BONE), np.int64)
    for k, bones in enumerate(_PIECES):
        for bone in bones:
            piece[BONE[bone]] = k
            if bone in HALVED:
                piece[BONE[f"half_{bone}"]] = k
    most = pattern.bones[np.arange(len(pattern.bones)), pattern.shares.argmax(axis=1)]
    return piece[most]


def _outermost(points: Points) -> NDArray[np.int64]:
    """The corners (n, 3) that are outermost in some direction."""
    reach = points[:, 0:1] * _OUT[:, 0] + points[:, 1:2] * _OUT[:, 1] + points[:, 2:3] * _OUT[:, 2]
    return np.unique(reach.argmax(axis=0))
