"""Prints one SHA-256 over the arrays of assets of every kind and textures of every pattern. Run as a script."""

import hashlib
import sys

import numpy as np

from diorama.sim.assets import pybullet_data
from diorama.sim.assets.household import HOUSEHOLD
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.mesh import Asset
from diorama.sim.assets.street.furniture import KINDS as FURNITURE
from diorama.sim.assets.street.people import poses
from diorama.sim.assets.street.riding import fitted, riding
from diorama.sim.assets.textures import bake
from diorama.sim.spec import (
    CycleShape,
    Lattice,
    MastShape,
    MeshShape,
    PersonShape,
    ProceduralTexture,
    RowShape,
    SignPostShape,
    SignShape,
    SphereShape,
    TrafficLightShape,
)
from diorama.sim.spec.signs import SIGNS, WORDED


def feed(digest, asset: Asset) -> None:
    digest.update(repr((asset.id, asset.bounds_m, asset.volume_m3)).encode())
    for part in asset.parts:
        digest.update(repr((part.look.material, sorted(part.look.images))).encode())
        for array in (part.positions, part.normals, part.uv, part.faces, *(part.look.images[slot] for slot in sorted(part.look.images))):
            digest.update(array.tobytes())
    for hull in asset.hulls:
        digest.update(hull.tobytes())


def main() -> str:
    library = AssetLibrary()
    digest = hashlib.sha256()
    ids = [f"household:{kind}/{variant}" for kind in HOUSEHOLD.kinds for variant in (0, 7)]
    ids += [f"street:{kind}/{variant}" for kind in FURNITURE for variant in (0, 7)]
    ids += [f"pybullet:random_urdfs/{k:03d}" for k in range(0, 1000, 200)] + [f"pybullet:{n}" for n in pybullet_data.THINGS if n != "soccerball"]
    for asset_id in ids:
        feed(digest, library.load(asset_id))
    feed(digest, library.shape_asset(SphereShape(radius_m=0.1, segments=31)))
    for shape in (
        *(SignShape(sign=sign, text="Elm Road 7" if sign in WORDED else "", wear="old") for sign in SIGNS),
        *(TrafficLightShape(state="green", symbol=symbol) for symbol in ("disc", "left", "cycle", "pedestrian")),
        SignPostShape(signs=("children", "town")),
        MastShape(arm_m=-5.0),
        RowShape(asset="street:fence/0", count=3, step_m=2.5),
    ):
        feed(digest, library.shape_asset(shape))
    offsets = np.random.default_rng(0).uniform(-0.12, 0.12, (27, 3)).tolist()
    lattice = Lattice(offsets=tuple((x, y, z) for x, y, z in offsets))
    for asset_id in ("household:carton/0", "household:mug/1", "household:toy-car/0", "pybullet:duck"):
        feed(digest, library.shape_asset(MeshShape(asset=asset_id, scale=(0.7, 1.1, 1.3), lattice=lattice)))
    people = (
        PersonShape(beard=True, bag="shoulder-bag"),
        PersonShape(height_m=1.2, age_years=7.0, top="coat", bottom="skirt", hair="long", figure=0.7),
    )
    for person in people:
        for shape in (poses.standing(person, 9), poses.going(person, 0.31, 1.37), poses.going(person, 0.77, 3.1), poses.sitting(person, 0.43, 1)):
            feed(digest, library.shape_asset(shape))
    for model in ("city", "sport", "scooter"):
        cycle = fitted(CycleShape(model=model, steer_deg=7, roll=11, crank=5), people[0])
        rider, at = riding(people[0], cycle)
        feed(digest, library.shape_asset(cycle))
        feed(digest, library.shape_asset(rider))
        digest.update(repr([round(c, 9) for c in at]).encode())
    for pattern in ("noise", "stripes", "checks", "wood", "marble"):
        texture = ProceduralTexture(pattern=pattern, color_a=(0.1, 0.2, 0.3), color_b=(0.9, 0.5, 0.1), frequency=5, seed=3)
        for slot in ("base_color", "normal", "occlusion"):
            digest.update(bake(texture, slot).tobytes())
    return digest.hexdigest()


if __name__ == "__main__":
    np.seterr(all="raise", under="ignore")
    sys.stdout.write(main())
