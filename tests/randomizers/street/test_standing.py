"""Things stand on the ground, and face where they should."""

import math

from hypothesis import given
from hypothesis import strategies as st

from diorama.randomizers.street.standing import standing
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.spec import Hill, RoadMap, Terrain
from diorama.sim.transforms import apply

ROADS = RoadMap(terrain=Terrain(hills=(Hill(center_m=(0.0, 0.0), radius_m=100.0, height_m=9.0),)))
ASSET = AssetLibrary().load("household:toy-car/0")


@given(st.floats(-90, 90), st.floats(-90, 90), st.floats(-3.1, 3.1), st.booleans())
def test_its_lowest_middle_is_on_the_ground_and_its_front_where_it_heads(x, y, angle, upright):
    heading = (math.cos(angle), math.sin(angle))
    pose = standing(ASSET, ROADS, (x, y), heading, "pavement", upright=upright).matrix
    (x0, y0, z0), (x1, y1, _) = ASSET.bounds_m
    foot = apply(pose, [((x0 + x1) / 2, (y0 + y1) / 2, z0)])[0]
    assert math.dist(foot, (x, y, ROADS.ground_m(x, y, "pavement"))) < 1e-8
    up = (0.0, 0.0, 1.0) if upright else ROADS.terrain.normal(x, y)
    assert math.dist(pose[:3, 2], up) < 1e-9
    forward = pose[:3, 0]
    assert forward[0] * heading[1] == forward[1] * heading[0] or abs(forward[0] * heading[1] - forward[1] * heading[0]) < 0.02
    assert forward[0] * heading[0] + forward[1] * heading[1] > 0.9
