"""Crossroads made by hand: four arms along the axes, with pavements, signals, crossings and plots."""

import math
from dataclasses import replace

from diorama.sim.spec import Area, Hill, Lane, Line, RoadMap, SceneSpec, Signal, Terrain

LANE_M, WALK_M, ARM_M, STOP_M = 3.25, 3.6, 70.0, 10.0
CROSSING_M = (5.5, 8.5)
ARMS = ("east", "north", "west", "south")
PHASES = (("green", 12.0), ("amber", 3.0), ("red", 19.0), ("red-amber", 1.0))
WALKERS = (("red", 18.0), ("green", 10.0), ("red", 7.0))


def turned(points, quarter, mirror):
    """Points turned by quarters of a circle about the origin; mirrored before that, for those who drive on the left."""
    c, s = ((1, 0), (0, 1), (-1, 0), (0, -1))[quarter]
    return tuple((x * c - (-y if mirror else y) * s, x * s + (-y if mirror else y) * c) for x, y in points)


def crossroads(*, lanes=1, control="signal", drives_on="right", hills=(), parking=False):
    """The map. Vehicles of each arm have so many lanes in each direction."""
    mirror = drives_on == "left"
    kerb = lanes * LANE_M + (2.2 if parking else 0.0)
    back = kerb + WALK_M
    all_lanes, all_lines, areas = [], [], []
    for q, arm in enumerate(ARMS):

        def at(*points, q=q):
            return turned(points, q, mirror)

        across = ARMS[(q + 2) % 4]
        for k in range(lanes):
            y = (k + 0.5) * LANE_M
            inner, outer = (f"{arm}-in-{k - 1}" if k else None), (f"{arm}-in-{k + 1}" if k + 1 < lanes else None)
            near, far = ("right", "left") if drives_on == "right" else ("left", "right")
            all_lanes.append(
                Lane(
                    name=f"{arm}-in-{k}",
                    kind="drive",
                    points_m=at((ARM_M, y), (40.0, y), (STOP_M, y)),
                    width_m=LANE_M,
                    next=(f"{arm}-through-{k}",),
                    control=control,
                    signal=(f"vehicles-{q % 2}" if control == "signal" else None),
                    **{near: outer, far: inner},
                )
            )
            all_lanes.append(
                Lane(
                    name=f"{arm}-through-{k}",
                    kind="drive",
                    points_m=at((STOP_M, y), (-STOP_M, y)),
                    width_m=LANE_M,
                    next=(f"{across}-out-{k}",),
                    junction=True,
                    conflicts=tuple(f"{other}-through-{j}" for other in (ARMS[(q + 1) % 4], ARMS[(q + 3) % 4]) for j in range(lanes)),
                )
            )
            all_lanes.append(Lane(name=f"{arm}-out-{k}", kind="drive", points_m=at((STOP_M, -y), (ARM_M, -y)), width_m=LANE_M))
        if parking:
            y = lanes * LANE_M + 1.1
            all_lanes.append(Lane(name=f"{arm}-parking", kind="parking", points_m=at((ARM_M, y), (25.0, y)), width_m=2.2))
        x, y = sum(CROSSING_M) / 2, kerb + WALK_M / 2
        ways = ((x, -y), (x, -kerb), (x, kerb), (x, y))
        signal = {"control": "signal", "signal": f"walkers-{q % 2}"} if control == "signal" else {}
        all_lanes.append(Lane(name=f"{arm}-crossing", kind="crossing", points_m=at(*ways), width_m=CROSSING_M[1] - CROSSING_M[0], **signal))
        for side, hand in ((1, "left"), (-1, "right")):
            points = at((x, side * y), (ARM_M, side * y))
            all_lanes.append(Lane(name=f"{arm}-walk-{hand}", kind="walk", points_m=points, width_m=2.0))
        all_lines.append(Line(name=f"{arm}-zebra", kind="zebra", points_m=at((x, -kerb), (x, kerb)), width_m=3.0))
        outline = at((kerb, -kerb), (ARM_M, -kerb), (ARM_M, kerb), (kerb, kerb))
        areas.append(Area(name=f"{arm}-carriageway", kind="carriageway", outline_m=outline[::-1] if mirror else outline))
        front = at((ARM_M, kerb), (kerb, kerb), (kerb, ARM_M))
        outline = (*front, *at((back, ARM_M), (back, back), (ARM_M, back)))
        plot_front = at((ARM_M, back), (back, back), (back, ARM_M))
        plot = (*plot_front, *at((ARM_M, ARM_M)))
        areas.append(Area(name=f"{arm}-pavement", kind="pavement", outline_m=outline if mirror else outline[::-1], front_m=front))
        areas.append(Area(name=f"{arm}-plot", kind="plot", outline_m=plot if mirror else plot[::-1], front_m=plot_front))
    areas.append(Area(name="junction", kind="junction", outline_m=((-kerb, -kerb), (kerb, -kerb), (kerb, kerb), (-kerb, kerb))))
    signals = ()
    if control == "signal":
        signals = (
            Signal(name="vehicles-0", phases=PHASES),
            Signal(name="vehicles-1", phases=PHASES, offset_s=17.5),
            Signal(name="walkers-0", phases=WALKERS),
            Signal(name="walkers-1", phases=WALKERS, offset_s=17.5),
        )
    return RoadMap(
        lanes=tuple(all_lanes), lines=tuple(all_lines), areas=tuple(areas), signals=signals, terrain=Terrain(hills=hills), drives_on=drives_on
    )


def street(**settings) -> SceneSpec:
    """A scene with this map and nothing else."""
    return SceneSpec(roads=crossroads(**settings))


HILLS = (Hill(center_m=(20.0, 5.0), radius_m=90.0, height_m=4.0),)


def with_arrows(roads: RoadMap) -> RoadMap:
    """The same, with a signal of its own for the inner lane from the east."""
    own = Signal(name="inner", phases=PHASES, offset_s=5.0)
    lanes = tuple(replace(lane, signal="inner") if lane.name == "east-in-0" else lane for lane in roads.lanes)
    return replace(roads, lanes=lanes, signals=(*roads.signals, own))


def heading(lane: Lane, end: int = -1):
    """The unit vector at a lane's end."""
    (x0, y0), (x1, y1) = lane.points_m[-2:] if end == -1 else lane.points_m[:2]
    return (x1 - x0) / math.dist((x0, y0), (x1, y1)), (y1 - y0) / math.dist((x0, y0), (x1, y1))
