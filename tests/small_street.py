"""A small street made by hand: a straight road, cars that are boxes, one of them parked, a wall and a lamp beside it."""

from diorama.sim.spec import Area, BodySpec, BoxShape, Hill, Lane, MaterialSpec, Pose, RoadMap, SceneSpec, SunLight, Terrain
from diorama.sim.transforms import quat_from_axis_angle

CAR = BoxShape(size_m=(4.4, 1.8, 1.5))


def lanes(length_m: float = 120.0) -> tuple[Lane, ...]:
    """One there, and on into a junction; one back."""
    half = length_m / 2
    return (
        Lane(name="there", kind="drive", points_m=((-half, -1.75), (0.0, -1.75), (half, -1.75)), width_m=3.5, next=("on",)),
        Lane(name="on", kind="drive", points_m=((half, -1.75), (half + 20, -1.75)), width_m=3.5, junction=True),
        Lane(name="back", kind="drive", points_m=((half, 1.75), (-half, 1.75)), width_m=3.5),
        Lane(name="walk", kind="walk", points_m=((-half, 5.0), (half, 5.0)), width_m=2.0),
    )


def car(name: str, x: float, y: float, *, heading_rad: float = 0.0, **fields) -> BodySpec:
    """A box on the ground."""
    pose = Pose((x, y, 0.75), quat_from_axis_angle((0, 0, 1), heading_rad))
    return BodySpec(**{"name": name, "shape": CAR, "world_from_body": pose, "category": "car", "tags": ("vehicle", "car")} | fields)


def street(*cars: BodySpec, hill_m: float = 0.0) -> SceneSpec:
    """The street with these cars."""
    terrain = Terrain(hills=(Hill(center_m=(0.0, 0.0), radius_m=200.0, height_m=hill_m),)) if hill_m else Terrain()
    areas = (Area(name="road", kind="carriageway", outline_m=((-80, -3.5), (80, -3.5), (80, 3.5), (-80, 3.5))),)
    bodies = (
        BodySpec(
            name="ground",
            shape=BoxShape(size_m=(200, 80, 1)),
            world_from_body=Pose((0, 0, -0.5)),
            stuff="road",
            material=MaterialSpec(base_color=(0.2, 0.2, 0.2), roughness=0.9),
        ),
        BodySpec(name="wall", shape=BoxShape(size_m=(120, 0.5, 5)), world_from_body=Pose((0, 9, 2.5)), stuff="wall"),
        *cars,
    )
    return SceneSpec(bodies=bodies, lights=(SunLight(direction=(-0.4, 0.3, -1.0)),), roads=RoadMap(lanes=lanes(), areas=areas, terrain=terrain))
