"""Somebody as an asset: shells for a body and its clothes, fitted and bent into a pose."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.geometry import Points
from diorama.sim.assets.mesh import Asset, Look, MeshPart
from diorama.sim.assets.street.people import arms, carried, hair, head, legs, trunk
from diorama.sim.assets.street.people.balance import is_upright, mass_center, upright_m
from diorama.sim.assets.street.people.fitting import MODEL, Maker, Pattern, bent, joined, pattern
from diorama.sim.assets.street.people.picture import sheet
from diorama.sim.assets.street.people.shells import BONE, HALVED, bound, normals
from diorama.sim.assets.street.people.skeleton import Frame, Lengths, lengths, posed, rotated
from diorama.sim.spec import MaterialSpec, Vec3
from diorama.sim.spec.people import Joints, PersonShape

#: Of a living body, lungs half full.
DENSITY_KG_M3 = 985.0
_ATTENTION = Joints()
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
    (legs.shoes_shell, ("shoe", "bottom", "top")),
)
#: What they carry, likewise.
_BAG: tuple[Maker, tuple[str, ...]] = (carried.bag_shell, ("bag", "top"))


def person_asset(person: PersonShape) -> Asset:
    """The asset of somebody; see PersonShape. Its origin is its centre of mass (`balance`)."""
    bones = lengths(person)
    frames = posed(bones, person.joints)
    worn = worn_by(person)
    cloth = worn.pattern
    positions = bent(cloth, person, frames)
    low = float(positions[:, 2].min()) - person.lift_m
    center = mass_center(person, frames)
    # Who is upright has the origin at a fixed height above the base, so that the frame of a walker glides and does not bob.
    if is_upright(person, frames):
        center = (0.0, 0.0, low + upright_m(person.height_m, person.age_years, person.figure))
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
