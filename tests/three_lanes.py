"""A road of three lanes, made by hand, and who drives on it."""

import math

import numpy as np

from diorama.sim.spec import BodySpec, BoxShape, CameraSpec, GroundShape, PaintShape, Pose, Ribbon, SceneSpec
from diorama.sim.spec.roads import Hill, Lane, Line, RoadMap, Terrain
from diorama.sim.transforms import look_at

LEVEL = Terrain()
WIDTH_M, ENDS_M = 3.0, 120.0
HILLS = Terrain(hills=(Hill(center_m=(45.0, 5.0), radius_m=60.0, height_m=3.0), Hill(center_m=(80.0, 0.0), radius_m=30.0, height_m=-2.0)))


def bent(offset_m: float, bend: float, step_m: float = 1.0):
    """A line along a road of a circle's curvature, from -10 m on, beside its middle."""
    ways_m = np.arange(-10.0, ENDS_M + 0.1, step_m)
    if bend == 0:
        return tuple((float(w), offset_m) for w in ways_m)
    r = 1 / bend
    return tuple((float((r - offset_m) * math.sin(w / r)), float(r - (r - offset_m) * math.cos(w / r))) for w in ways_m)


def scene(terrain=LEVEL, bend=0.0, others=()) -> SceneSpec:
    """Three lanes, the right two in our direction, with lines between them that are all solid so that their paint is all there is to see."""
    strips = Ribbon(right_m=bent(-WIDTH_M * 2, bend), left_m=bent(WIDTH_M, bend), across=tuple(i / 18 for i in range(19)))
    lines = tuple(Line(name=f"line-{k}", kind="solid", points_m=bent((k - 2) * WIDTH_M, bend), width_m=0.3) for k in range(4))
    lanes = (
        Lane(name="right", kind="drive", points_m=bent(-1.5 * WIDTH_M, bend), width_m=WIDTH_M, left="left"),
        Lane(name="left", kind="drive", points_m=bent(-0.5 * WIDTH_M, bend), width_m=WIDTH_M, right="right"),
        Lane(name="back", kind="drive", points_m=bent(0.5 * WIDTH_M, bend)[::-1], width_m=WIDTH_M),
    )
    bodies = (
        BodySpec(name="road", shape=GroundShape(ribbons=(strips,), terrain=terrain), stuff="road"),
        BodySpec(name="paint", shape=PaintShape(lines=lines, terrain=terrain), stuff="road"),
        *others,
    )
    return SceneSpec(bodies=bodies, roads=RoadMap(lanes=lanes, lines=lines, terrain=terrain))


def driver(terrain=LEVEL, y=-1.0, **fields) -> CameraSpec:
    z = terrain.height_m(0.0, y) + 1.6
    pose = Pose.from_matrix(look_at((0.0, y, z), (20.0, y, z - 2.0)))
    return CameraSpec.from_fov(width=256, height=160, fov_y_rad=0.9, world_from_camera=pose, **fields)


CAR = BodySpec(name="car", shape=BoxShape(size_m=(4, 1.8, 1.5)), world_from_body=Pose((14, -1.8, 0.75)), category="car")
