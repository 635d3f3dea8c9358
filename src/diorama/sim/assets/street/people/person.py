"""Somebody as an asset: shells sewn for a body and its clothes, bent into a pose."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np

from diorama.sim.assets.geometry import Points
from diorama.sim.assets.mesh import Asset, Look, MeshPart
from diorama.sim.assets.street.people import body, head
from diorama.sim.assets.street.people.picture import sheet
from diorama.sim.assets.street.people.shells import Shell, bent, bound, normals, sewn
from diorama.sim.assets.street.people.skeleton import Frame, Lengths, lengths, posed, rotated
from diorama.sim.spec import MaterialSpec, Vec3
from diorama.sim.spec.people import Joints, PersonShape

#: Of a living body, lungs half full.
DENSITY_KG_M3 = 985.0
_CLOTH = MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=0.85, two_sided=False)


def person_asset(person: PersonShape) -> Asset:
    """The asset of somebody; see PersonShape."""
    dressed = replace(person, joints=Joints(), lift_m=0.0)
    bones, shell = lengths(person), _clothed(dressed)
    frames = posed(bones, person.joints)
    positions = bent(shell.positions, shell.bones, shell.shares, bones, frames)
    facing = normals(positions, shell.faces)
    low = float(positions[:, 2].min()) - person.lift_m
    center = _center(bones, low)
    positions = positions - center
    part = MeshPart(
        positions=positions.astype(np.float32),
        normals=facing.astype(np.float32),
        uv=shell.uv.astype(np.float32),
        faces=shell.faces.astype(np.int32),
        look=Look(material=_CLOTH, images={"base_color": sheet(dressed)}),
    )
    bottom, top = part.positions.min(axis=0).tolist(), part.positions.max(axis=0).tolist()
    return Asset(
        id=f"{person.kind}:{person!r}",
        category="person",
        supercategory="person",
        parts=(part,),
        hulls=_hulls(frames, center),
        bounds_m=((bottom[0], bottom[1], bottom[2]), (top[0], top[1], top[2])),
        volume_m3=person.mass_kg / DENSITY_KG_M3,
        density_kg_m3=DENSITY_KG_M3,
        closed=True,
        landmarks={name: _less(point, center) for name, point in ({"base": (0.0, 0.0, low)} | keypoints(bones, frames)).items()},
    )


@lru_cache(256)
def _clothed(person: PersonShape) -> Shell:
    shells = [head.head_shell(person), body.top_shell(person)]
    if person.top == "dress":
        begin = 0.1
    elif person.bottom in ("skirt", "long-skirt"):
        shells.append(body.skirt_shell(person))
        begin = 0.1
    else:
        shells.append(body.trousers_shell(person))
        begin = {"shorts": 0.4, "leggings": 0.86}.get(person.bottom, 0.93)
    for side in ("left", "right"):
        shells += [body.bare_arm(person, side), body.bare_leg(person, side, begin), body.shoe_shell(person, side)]
    return sewn(shells)


def _less(a: Vec3, b: Vec3) -> Vec3:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def _center(bones: Lengths, low: float) -> Vec3:
    return 0.0, 0.0, low + 0.56 * bones.height


#: Of the face, in shares of the head's height: forwards of its middle, to the side, and up from the chin.
_FACE = {"nose": (0.47, 0.0, 0.34), "eye": (0.37, 0.14, 0.5), "ear": (-0.02, 0.325, 0.42)}


def keypoints(bones: Lengths, frames: Mapping[str, Frame]) -> dict[str, Vec3]:
    """COCO's 17 keypoints by its names, in its order."""
    turn, at = frames["head"]
    start = bound(bones)["head"][1]
    x0, _, z0 = head.head_frame(bones)
    out: dict[str, Vec3] = {}
    for name, side in (("nose", 0.0), ("left_eye", 1.0), ("right_eye", -1.0), ("left_ear", 1.0), ("right_ear", -1.0)):
        x, y, z = _FACE[name.removeprefix("left_").removeprefix("right_")]
        off = rotated(turn, (x0 + x * bones.head - start[0], side * y * bones.head, z0 + z * bones.head - start[2]))
        out[name] = at[0] + off[0], at[1] + off[1], at[2] + off[2]
    for name, bone in (("shoulder", "arm"), ("elbow", "forearm"), ("wrist", "hand"), ("hip", "thigh"), ("knee", "shin"), ("ankle", "foot")):
        out |= {f"{side}_{name}": frames[f"{side}_{bone}"][1] for side in ("left", "right")}
    return out


def _hulls(frames: Mapping[str, Frame], center: Vec3) -> tuple[Points, ...]:
    return (np.array([p for _, p in frames.values()]) - center,)
