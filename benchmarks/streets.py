"""Whether streets are as streets can be: nothing floats, sinks or overlaps, and everybody is where he belongs.

    python benchmarks/streets.py --scenes 200

Scenes of the scenario street as they are before the first picture. PyBullet measures how deep the convex pieces of labelled things are in each
other, and in all else that stands there; wheels and feet are measured against the ground of the road map; vehicles that drive against the lanes,
people against the areas. Every finding is printed with its scene.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from figures import machine
from rich.progress import track
from tyro.conf import arg

from diorama.cast import Cast
from diorama.plan import Plan, find_plan
from diorama.randomizers.base import Context
from diorama.randomizers.street.footprints import SOLID
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.physics.bullet import bullet
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, RoadMap, SceneSpec
from diorama.sim.spec.roads import Vec2, along, lengths_m
from diorama.sim.transforms import apply

#: What may be so deep in each other, and so far from the ground.
DEEPEST_M = 0.02
#: Vehicles by category; and what is carried by what it overlaps, as who rides is.
VEHICLES = ("car", "van", "truck", "bus", "motorcycle", "bicycle")
CARRIED = ({"rider", "bicycle"}, {"rider", "motorcycle"})


def main(
    scenes: Annotated[int, arg(help="How many.")] = 200,
    plan: Annotated[str, arg(help="A plan file, or a scenario.")] = "street",
    seed: int = 0,
    json_file: Annotated[Path | None, arg(name="json", metavar="FILE")] = None,
) -> None:
    """Look at each scene, and print what is wrong."""
    chosen, library = find_plan(plan), AssetLibrary()
    found: Counter[str] = Counter()
    vehicles: list[int] = []
    for index in track(range(scenes), description="streets"):
        spec = staged(chosen, seed, index, library)
        vehicles.append(sum(body.category in VEHICLES for body in spec.bodies))
        for kind, what in findings(spec, library):
            found[kind] += 1
            print(f"scene {index}: {kind}: {what}")
    enough = sum(count >= 3 for count in vehicles) / scenes
    print(f"{scenes} scenes; findings: {dict(found) or 'none'}; at least three vehicles in {enough:.1%}, {np.median(vehicles):.0f} in the median")
    if json_file:
        figures: dict[str, Any] = {"scenes": scenes, "findings": dict(found), "three_vehicles_share": enough}
        json_file.write_text(json.dumps(figures | machine(), indent=2) + "\n", "utf-8")


def staged(plan: Plan, seed: int, index: int, library: AssetLibrary) -> SceneSpec:
    """A scene as it is at the beginning."""
    context = Context(library=library, duration_s=plan.duration_s)
    cast = Cast(plan, Seed(seed).child("sample", index).child("attempt", 0), index, context)
    return cast.randomize(cast.build(), "scene")


def findings(spec: SceneSpec, library: AssetLibrary) -> Iterator[tuple[str, str]]:
    """What is wrong, by kind."""
    roads = spec.roads
    assert roads is not None
    yield from ((f"overlap {a.category}", f"{a.name} is {depth * 100:.1f} cm in {b.name}") for a, b, depth in overlaps(spec, library))
    for body in spec.bodies:
        if body.category not in (*VEHICLES, "person"):
            continue
        base = library.shape_asset(body.shape).landmarks.get("base")
        if base is None:
            continue
        x, y, z = apply(body.world_from_body.matrix, [base])[0].tolist()
        off = min((abs(z - roads.ground_m(x, y, kind)) for kind in ("carriageway", "pavement")), default=0.0)
        if off > DEEPEST_M and "sitting" not in body.tags:
            yield f"height {body.category}", f"{body.name} is {off * 100:.1f} cm off the ground"
        if "moving" in body.tags:
            wrong = off_lane((x, y), body, roads)
            if wrong:
                yield "lane", f"{body.name} {wrong}"
        if body.category == "person" and on_road((x, y), roads):
            yield "person", f"{body.name} is on the carriageway, and no crossing"


def overlaps(spec: SceneSpec, library: AssetLibrary) -> Iterator[tuple[BodySpec, BodySpec, float]]:
    """Labelled things that are too deep in something."""
    solid = [body for body in spec.bodies if set(body.tags) & set(SOLID) and library.shape_asset(body.shape).hulls]
    pieces = [[apply(body.world_from_body.matrix, hull) for hull in library.shape_asset(body.shape).hulls] for body in solid]
    low = np.array([np.min([p.min(axis=0) for p in ps], axis=0) for ps in pieces])
    high = np.array([np.max([p.max(axis=0) for p in ps], axis=0) for ps in pieces])
    client = bullet.connect(bullet.DIRECT)
    try:
        made: dict[int, list[int]] = {}
        for i, body in enumerate(solid):
            if body.category is None:
                continue
            near = np.flatnonzero(((low[i] < high) & (high[i] > low)).all(axis=1)).tolist()
            for j in near:
                other = solid[j]
                # Who sits on a bench is named after it, and sits within the boxes that its legs and seat count as.
                if i == j or (other.category is not None and j < i) or {body.category, other.category} in CARRIED or other.name in body.name:
                    continue
                for k in (i, j):
                    if k not in made:
                        made[k] = _made(pieces[k], client)
                pairs = [(a, b) for a in made[i] for b in made[j]]
                depths = [-p[8] for a, b in pairs for p in bullet.getClosestPoints(a, b, 0.0, physicsClientId=client)]
                depth = max(depths, default=0.0)
                if depth > DEEPEST_M:
                    yield body, solid[j], depth
    finally:
        bullet.disconnect(client)


def _made(pieces: Sequence[Any], client: int) -> list[int]:
    """Bodies of convex pieces. Bullet keeps no more than the first 128 or so vertices of one that is not read from a file."""
    out = []
    for piece in pieces:
        shape = bullet.createCollisionShape(bullet.GEOM_MESH, vertices=piece.tolist(), physicsClientId=client)
        handle = bullet.createMultiBody(0, shape, physicsClientId=client)
        bullet.changeDynamics(handle, -1, collisionMargin=0.0, physicsClientId=client)
        out.append(handle)
    return out


def off_lane(place: Vec2, body: BodySpec, roads: RoadMap) -> str:
    """What is wrong with where somebody drives; nothing, mostly."""
    kinds = ("drive", "cycle") if body.category in ("bicycle",) else ("drive",)
    best: tuple[float, str, Vec2] | None = None
    for lane in roads.lanes:
        if lane.kind in kinds:
            off, onward = _beside(place, lane.points_m)
            inside = off <= lane.width_m / 2 + 0.3
            hx, hy = body.world_from_body.matrix[:2, 0].tolist()
            ahead = hx * onward[0] + hy * onward[1]
            if inside and ahead > 0.5:
                return ""
            if best is None or off < best[0]:
                best = (off, lane.name, onward)
    assert best is not None
    return f"is {best[0]:.1f} m beside {best[1]}, or goes against it"


def _beside(place: Vec2, points: Sequence[Vec2]) -> tuple[float, Vec2]:
    """How far a place is from a polyline, and the way that goes there."""
    lengths = lengths_m(points)
    ways = np.linspace(0, lengths[-1], max(int(lengths[-1]), 2))
    found = [along(points, way, lengths) for way in ways.tolist()]
    nearest = min(found, key=lambda f: math.dist(f[0], place))
    (x, y), (dx, dy) = nearest
    ex, ey = place[0] - x, place[1] - y
    return abs(dx * ey - dy * ex) + max(abs(dx * ex + dy * ey) - 1.0, 0.0), (dx, dy)


def on_road(place: Vec2, roads: RoadMap) -> bool:
    """Whether a place is where vehicles drive, and nobody crosses."""
    if any(lane.kind == "crossing" and _beside(place, lane.points_m)[0] <= lane.width_m / 2 + 0.5 for lane in roads.lanes):
        return False
    return any(lane.kind == "drive" and _beside(place, lane.points_m)[0] < lane.width_m / 2 - 0.3 for lane in roads.lanes)


if __name__ == "__main__":
    tyro.cli(main)
