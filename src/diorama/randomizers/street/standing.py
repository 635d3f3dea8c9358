"""Things put on the ground of a road map."""

import math

from diorama.randomizers.distributions import rounded
from diorama.sim.assets.mesh import Asset
from diorama.sim.spec import Pose, RoadMap
from diorama.sim.spec.roads import AreaKind, Vec2
from diorama.sim.transforms import Quat, Vec3, cross, normalize, quat_from_matrix

_UP: Vec3 = (0.0, 0.0, 1.0)


def standing(asset: Asset, roads: RoadMap, place_m: Vec2, heading: Vec2, kind: AreaKind = "carriageway", *, upright: bool = False) -> Pose:
    """The pose in which an asset stands with its landmark ``base`` at a place on ground of this kind, its +x towards `heading`.

    It leans with the ground, as vehicles do, or stands `upright`, as houses and people do. An asset of somebody else's has no ``base``: it stands
    on the middle of its lowest level.
    """
    return stood(asset.landmarks.get("base", lowest(asset)), roads, place_m, heading, kind, upright=upright)


def stood(base_m: Vec3, roads: RoadMap, place_m: Vec2, heading: Vec2, kind: AreaKind = "carriageway", *, upright: bool = False) -> Pose:
    """The same of anything that stands on the point `base_m` of its own axes."""
    x, y = place_m
    up = _UP if upright else roads.terrain.normal(x, y)
    left = normalize(cross(up, (heading[0], heading[1], 0.0)))
    forward = cross(left, up)
    turn = [[forward[i], left[i], up[i]] for i in range(3)]
    off = [sum(turn[i][k] * base_m[k] for k in range(3)) for i in range(3)]
    ground = roads.ground_m(x, y, kind)
    return Pose((rounded(x - off[0]), rounded(y - off[1]), rounded(ground - off[2])), quat_from_matrix(turn))


def lowest(asset: Asset) -> Vec3:
    """The middle of an asset's lowest level."""
    (x0, y0, z0), (x1, y1, _) = asset.bounds_m
    return ((x0 + x1) / 2, (y0 + y1) / 2, z0)


def facing(heading: Vec2, slope: float = 0.0) -> Quat:
    """The rotation that turns +x to a level heading of length one. With a slope, its y axis rises by so much a metre."""
    x, y = heading
    size = math.sqrt(1 + slope * slope)
    left, up = (-y / size, x / size, slope / size), (y * slope / size, -x * slope / size, 1 / size)
    return quat_from_matrix([[x, left[0], up[0]], [y, left[1], up[1]], [0.0, left[2], up[2]]])
