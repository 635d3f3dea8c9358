"""Make the pictures of driving.md.

    python docs/make_street_pictures.py [name.jpg ...]

One function a picture.
"""

import math
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from diorama.plan import default_plan
from diorama.randomizers.base import Context, Randomizer
from diorama.randomizers.distributions import Constant
from diorama.randomizers.sky import Sky
from diorama.randomizers.street.accidents import KINDS, Accidents
from diorama.randomizers.street.buildings import Buildings
from diorama.randomizers.street.cyclists import ridden
from diorama.randomizers.street.furniture import Furniture
from diorama.randomizers.street.people import Population, draw_person
from diorama.randomizers.street.planting import Planting
from diorama.randomizers.street.rig import VehicleRig
from diorama.randomizers.street.road_surface import RoadSurface
from diorama.randomizers.street.signals import Signals
from diorama.randomizers.street.signs import Signs
from diorama.randomizers.street.standing import standing
from diorama.randomizers.street.traffic import Traffic
from diorama.randomizers.street.vehicles import Fleet, draw_vehicle, vehicle_body, vehicle_shape
from diorama.randomizers.street.weather import Weather
from diorama.scenes.driving.layouts import LAYOUTS
from diorama.scenes.driving.street import Street
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.street.furniture.faces import FACES, picture
from diorama.sim.assets.street.people import poses
from diorama.sim.assets.street.riding import fitted
from diorama.sim.assets.street.surfaces import SURFACES
from diorama.sim.frame import Frame
from diorama.sim.physics.bullet import Bullet
from diorama.sim.render.raster import Raster
from diorama.sim.seeds import Seed
from diorama.sim.sky import sun_light
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    BuildingShape,
    CameraSpec,
    EnvironmentSpec,
    HedgeShape,
    MaterialSpec,
    MeshShape,
    PhysicalSky,
    PlantShape,
    Pose,
    RoadMap,
    SceneSpec,
    SignShape,
)
from diorama.sim.spec.cycles import CYCLES, MOTORS, CycleShape
from diorama.sim.spec.people import PersonShape
from diorama.sim.spec.roads import along, lengths_m
from diorama.sim.spec.signs import SIGNS, WORDED
from diorama.sim.spec.vehicles import MODELS
from diorama.sim.transforms import Vec3, look_at, quat_from_axis_angle
from diorama.studio import Studio, generate

HERE = Path(__file__).parent / "images" / "driving"


def lidar(seed: int = 0, scene: int = 9, metres: float = 45.0, size: int = 620) -> np.ndarray:
    """A turn of a scanner: its points over the picture by their distance, and seen from above by their intensity, labelled bodies in colours."""
    plan = default_plan("street", resolution=(1242, 375), views=1, channels=("points",))
    plan = replace(plan, randomizers=tuple(VehicleRig(preset="kitti") if r.name == "vehicle-rig" else r for r in plan.randomizers))
    (frame,) = generate(plan, seed, scene).frames
    return np.vstack([cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR), over_picture(frame), from_above(frame, metres, 1242, size)])


def over_picture(frame: Frame) -> np.ndarray:
    """Points over the darkened picture, near ones red and far ones blue."""
    points, camera = frame.points, frame.camera
    pose = camera.lidar.camera_from_lidar.matrix
    x, y, z = (points.xyz_m.astype(float) @ pose[:3, :3].T + pose[:3, 3]).T
    with np.errstate(divide="ignore", invalid="ignore"):
        u, v = camera.fx * x / z + camera.cx, camera.fy * y / z + camera.cy
    inside = (z > 0.5) & (u >= 0) & (u < camera.width) & (v >= 0) & (v < camera.height)
    picture = cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR) // 3
    near = (255 * np.clip(1 - np.sqrt(x * x + y * y + z * z) / 60, 0, 1)).astype(np.uint8)
    colors = cv2.applyColorMap(near[:, None], cv2.COLORMAP_TURBO)[:, 0].tolist()
    for i in np.flatnonzero(inside):
        cv2.circle(picture, (int(u[i]), int(v[i])), 1, colors[i], -1)
    return picture


def from_above(frame: Frame, metres: float, width: int, height: int) -> np.ndarray:
    """What is so many metres to either side of the scanner, which looks to the right."""
    points, scale = frame.points, width / (2 * metres)
    canvas = np.full((height, width, 3), 12, np.uint8)
    u, v = (width / 2 + scale * points.xyz_m[:, 0]).astype(int), (height / 2 - scale * points.xyz_m[:, 1]).astype(int)
    grey = np.clip(60 + 500 * points.intensity, 0, 255).astype(np.uint8)
    hues = cv2.applyColorMap((points.instance * 47 % 256).astype(np.uint8)[:, None], cv2.COLORMAP_HSV)[:, 0]
    colors = np.where(points.category[:, None] > 0, hues, grey[:, None])
    inside = (u >= 0) & (u < width) & (v >= 0) & (v < height)
    for i in np.flatnonzero(inside):
        canvas[v[i], u[i]] = colors[i]
    labelled = inside & (points.category > 0)
    for i in np.flatnonzero(labelled):
        cv2.circle(canvas, (int(u[i]), int(v[i])), 1, colors[i].tolist(), -1)
    return canvas


def streets(columns: int = 4, rows: int = 3) -> np.ndarray:
    """The first picture of each of a data set's first scenes."""
    plan = default_plan("street", views=1)
    with Studio(plan) as studio:
        pictures = [cv2.cvtColor(generate(plan, 7, index, studio=studio).frames[0].rgb, cv2.COLOR_RGB2BGR) for index in range(columns * rows)]
    return np.vstack([np.hstack(pictures[k : k + columns]) for k in range(0, len(pictures), columns)])


def accidents(size: tuple[int, int] = (450, 300)) -> np.ndarray:
    """A row for each kind: now, and one, two and three seconds later, from above the kerb."""
    library = AssetLibrary()
    context = Context(library=library, duration_s=3.0)
    rows = []
    with Raster(library) as renderer, Bullet(library) as physics:
        for kind in KINDS:
            played, where = _accident(kind, context, physics)
            x, y, z = where
            camera = CameraSpec.from_fov(width=size[0], height=size[1], fov_y_rad=0.75, near_m=0.1)
            camera = replace(camera, world_from_camera=Pose.from_matrix(look_at((x + 8, y - 12, z + 8), (x, y, z))))
            pictures = []
            for time_s in (0.0, 1.0, 2.0, 3.0):
                renderer.load(played.at(time_s))
                pictures.append(cv2.cvtColor(renderer.render(camera, ("rgb",)).rgb, cv2.COLOR_RGB2BGR))
            rows.append(np.hstack(pictures))
    return np.vstack(rows)


def _accident(kind: str, context: Context, physics: Bullet) -> tuple[SceneSpec, tuple[float, float, float]]:
    """The first street in which one of this kind happens, and where who has part in it ends up."""
    traffic, accidents = Traffic(per_km=Constant(45)), Accidents(kinds=Constant(kind))
    for number in range(100):
        seed = Seed(0).child(kind, number)
        spec = Street(layout=Constant("straight"), setting=Constant("country")).build(seed, context)
        spec = traffic.apply(spec, traffic.sample(seed, spec, context))
        params = accidents.sample(seed, spec, context)
        if params["kind"] == kind:
            spec = accidents.apply(spec, params)
            who = [name for name in spec.events[-1].bodies if name.startswith("traffic")][-1]
            played = physics.play(spec)
            return played, played.at(2.0).body(who).world_from_body.position_m
    raise RuntimeError(f"no {kind} in a hundred streets")


def vehicles(columns: int = 8, width: int = 230, height: int = 150) -> np.ndarray:
    """All models, a column each, in bodies and paints as they are drawn: from before, from behind, and from beside."""
    library, sky = AssetLibrary(), PhysicalSky(sun_elevation_rad=0.7, sun_azimuth_rad=-0.6)
    ground = BodySpec(
        name="ground",
        shape=BoxShape(size_m=(200.0, 200.0, 1.0)),
        world_from_body=Pose((0.0, 0.0, -0.5)),
        material=MaterialSpec(base_color=(0.2, 0.2, 0.2), roughness=0.9),
    )
    rows: list[np.ndarray] = []
    with Raster(library) as renderer:
        for row, azimuth in enumerate((40, 148, -90, 25)):
            tiles: list[np.ndarray] = []
            for model in MODELS[:columns]:
                seed = Seed(4).child(model, row)
                vehicle = draw_vehicle(seed, Fleet(dirty=0.2), Context(library=library), models=(model,))
                lights = ("day",) if row == 0 else ("brake", "left") if row == 1 else ()
                shape = vehicle_shape(vehicle, lights=lights, steer_deg=18.0 if row == 3 else 0.0)
                x, y, z = library.shape_asset(shape).landmarks["base"]
                long = vehicle["length_m"] + 0.6 * vehicle["height_m"]
                target = (vehicle["front_m"] - vehicle["length_m"] / 2, 0.0, 0.45 * vehicle["height_m"])
                a, back = math.radians(azimuth), 1.4 * long
                eye = (target[0] + back * math.cos(a), back * math.sin(a), target[2] + 0.22 * back)
                camera = CameraSpec.from_fov(width=width, height=height, fov_y_rad=0.42, world_from_camera=Pose.from_matrix(look_at(eye, target)))
                body = vehicle_body("vehicle", vehicle, Pose((-x, -y, -z)), moves=False)
                scene = SceneSpec(
                    bodies=(ground, replace(body, shape=shape)), lights=(sun_light(sky),), environment=EnvironmentSpec(surroundings=sky)
                )
                renderer.load(scene)
                tiles.append(cv2.cvtColor(renderer.render(camera, ("rgb",)).rgb, cv2.COLOR_RGB2BGR))
            rows.append(np.hstack(tiles))
    return np.vstack(rows)


def people(columns: int = 11, rows: int = 2) -> np.ndarray:
    """People as they are drawn for cold and warm days; most walk, some stand, and in each row a child runs and somebody sits."""
    bodies: list[BodySpec] = []
    for row in range(rows):
        for k in range(columns):
            person = draw_person(Seed(1).child("person", row, k), Population(warmth=(0.2, 0.75)[row % 2], umbrellas=0.08, children=0.15))
            shape = poses.going(person, k * 0.37 % 1, 1.35) if k % 3 else poses.standing(person, (5 * k + row) % poses.STANDING)
            if k == 4:
                child = replace(person, age_years=8.0, height_m=1.28, bmi_kg_m2=16.0, bag=None, umbrella=None)
                shape = poses.going(child, 0.3, 3.0)
            if k == 8:
                shape = poses.sitting(person, 0.45, row)
                bodies.append(_seat((row * -1.6 - 0.06, k * 0.92 - 4.6, 0.225)))
            turn = 0.0 if k == 8 else (0.2, -0.6, 1.1, 0.3, -1.4, 2.6)[(k + row) % 6]
            bodies.append(_placed(f"person-{row}-{k}", shape, (row * -1.6, k * 0.92 - 4.6), turn))
    return _staged(bodies, (8.6, 0.0, 1.75), (0.0, 0.0, 0.88), 0.27, (1800, 420))


def cycles() -> np.ndarray:
    """A row of bicycles and a row of motorcycles, with riders."""
    bodies: list[BodySpec] = []
    for k, model in enumerate(CYCLES):
        motor, seed = model in MOTORS, Seed(3).child("rider", model)
        person = replace(draw_person(seed, Population(children=0.0, carrying=0.0)), hat="full-face" if motor else ("helmet", None)[k % 2])
        person = replace(person, hat_color=(0.5, 0.04, 0.03) if k % 2 else (0.6, 0.6, 0.6), top="jacket" if motor else "jumper", bottom="trousers")
        if model == "child":
            person = replace(person, age_years=7.0, height_m=1.22, bmi_kg_m2=16.0)
        paint = ((0.35, 0.02, 0.02), (0.02, 0.08, 0.3), (0.04, 0.04, 0.04), (0.5, 0.5, 0.5), (0.6, 0.3, 0.02))[k % 5]
        cycle = fitted(CycleShape(model=model, paint=paint, crank=5 * k % 24, loads=("basket",) if model == "city" else ()), person)
        place = (-2.2 * (k // 5), (k % 5) * 1.95 - 3.9)
        bodies += ridden(f"cycle-{k}", person, cycle, RoadMap(), place, (0.3, 0.954))
    return _staged(bodies, (8.5, -1.6, 1.9), (-0.6, 0.0, 0.7), 0.32, (1800, 460))


def _placed(name: str, shape: PersonShape, place: tuple[float, float], turn: float) -> BodySpec:
    """Somebody on the ground of a place."""
    pose = standing(AssetLibrary().shape_asset(shape), RoadMap(), place, (math.cos(turn), math.sin(turn)), upright=True)
    return BodySpec(name=name, shape=shape, world_from_body=pose, category="person")


def _seat(position: tuple[float, float, float]) -> BodySpec:
    stone = MaterialSpec(base_color=(0.4, 0.38, 0.34), roughness=0.9)
    return BodySpec(name=f"seat-{position[0]}", shape=BoxShape(size_m=(0.4, 0.5, 0.45)), world_from_body=Pose(position), material=stone)


def _staged(bodies: list[BodySpec], eye: Vec3, target: Vec3, fov_rad: float, size: tuple[int, int]) -> np.ndarray:
    """Bodies on a plain in the sun."""
    sky = PhysicalSky(sun_elevation_rad=0.7, sun_azimuth_rad=-0.7)
    stone = MaterialSpec(base_color=(0.2, 0.2, 0.2), roughness=0.9)
    ground = BodySpec(name="ground", shape=BoxShape(size_m=(200.0, 200.0, 1.0)), world_from_body=Pose((0.0, 0.0, -0.5)), material=stone)
    camera = CameraSpec.from_fov(width=size[0], height=size[1], fov_y_rad=fov_rad, world_from_camera=Pose.from_matrix(look_at(eye, target)))
    with Raster(AssetLibrary()) as renderer:
        renderer.load(SceneSpec(bodies=(ground, *bodies), lights=(sun_light(sky),), environment=EnvironmentSpec(surroundings=sky)))
        return cv2.cvtColor(renderer.render(camera, ("rgb",)).rgb, cv2.COLOR_RGB2BGR)


def signs(columns: int = 12, size: int = 130, text: str = "Elmfield") -> np.ndarray:
    """The fronts of all signs, and of some what the weather makes of them."""
    worn = [SignShape(sign=sign, wear=wear) for sign in ("stop", "speed-limit-50") for wear in ("faded", "dirty", "old")]
    tiles: list[np.ndarray] = []
    for shape in [*(SignShape(sign=sign, text=text if sign in WORDED else "") for sign in SIGNS), *worn]:
        face, drawn = FACES[shape.sign], picture(shape)
        high, wide, _ = drawn.shape
        scale = 0.9 * size / max(high, wide)
        tile = np.full((size, size, 3), 112, np.uint8)
        small = cv2.cvtColor(cv2.resize(drawn, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2BGR)
        h, w, _ = small.shape
        mask = np.zeros((h, w), np.uint8)
        outline = np.array([[w / 2 + x * h / 2, h / 2 - y * h / 2] for x, y in face.outline])
        cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], 255)
        tile[(size - h) // 2 :][:h, (size - w) // 2 :][:, :w][mask > 0] = small[mask > 0]
        tiles.append(tile)
    tiles += [np.full((size, size, 3), 112, np.uint8)] * (-len(tiles) % columns)
    return np.vstack([np.hstack(tiles[k : k + columns]) for k in range(0, len(tiles), columns)])


#: Recipes of street furniture and how many variants are shown, in rows of things of one size, with the height of a row in metres.
_ROWS = (
    ({"bench": 4, "bin": 4, "wheelie-bin": 3, "cabinet": 2, "post-box": 2}, 1.7),
    ({"bollard": 5, "cone": 3, "beacon": 2, "barrier": 4, "hydrant": 1, "parking-meter": 2, "planter": 2}, 1.9),
    ({"fence": 5, "railing": 2, "bicycle-stand": 1, "guard-rail": 1}, 2.2),
    ({"bus-stop": 2, "telephone-box": 2, "pillar": 2, "billboard": 3}, 5.0),
    ({"lamp": 14, "clock": 2}, 10.0),
)


def furniture(width: int = 1200) -> np.ndarray:
    """Variants of the recipes side by side, each row at its own scale."""
    library, sky = AssetLibrary(), PhysicalSky(sun_elevation_rad=0.8, sun_azimuth_rad=-0.7)
    pavement = BodySpec(
        name="pavement",
        shape=BoxShape(size_m=(400.0, 400.0, 1.0)),
        world_from_body=Pose((0.0, 0.0, -0.5)),
        material=MaterialSpec(base_color=(0.32, 0.31, 0.3), roughness=0.9),
    )
    rows: list[np.ndarray] = []
    with Raster(library) as renderer:
        for kinds, high in _ROWS:
            bodies, y = [pavement], 0.0
            for kind, count in kinds.items():
                for variant in range(count):
                    shape = MeshShape(asset=f"street:{kind}/{variant}")
                    asset = library.shape_asset(shape)
                    turned = kind == "lamp"
                    low, top = (axis[0 if turned else 1] for axis in asset.bounds_m)
                    rotation = quat_from_axis_angle((0, 0, 1), math.pi / 2 if turned else 0.0)
                    place = (asset.landmarks["base"][1] if turned else 0.0, y - low + 0.25, -asset.landmarks["base"][2])
                    bodies.append(BodySpec(name=f"{kind}-{variant}", shape=shape, world_from_body=Pose(place, rotation)))
                    y += top - low + 0.5
            back = 12 * high
            camera = CameraSpec.from_fov(
                width=width,
                height=round(width * 1.15 * high / y),
                fov_y_rad=2 * math.atan(0.58 * high / back),
                world_from_camera=Pose.from_matrix(look_at((back, y / 2, 0.13 * back), (0.0, y / 2, 0.5 * high))),
            )
            renderer.load(SceneSpec(bodies=tuple(bodies), lights=(sun_light(sky),), environment=EnvironmentSpec(surroundings=sky)))
            rows.append(cv2.cvtColor(renderer.render(camera, ("rgb",)).rgb, cv2.COLOR_RGB2BGR))
    return np.vstack(rows)


def signals(size: tuple[int, int] = (450, 300), scene: int = 11) -> np.ndarray:
    """One crossroads as a driver sees it while the lights change."""
    library = AssetLibrary()
    context = Context(library=library, duration_s=60.0)
    street = Street(layout=Constant("crossroads"), drives_on=Constant("right"), hill_m=Constant(0.0))
    spec = street.build(Seed(scene), context)
    for randomizer in (Buildings(), Planting(), Signals(form=Constant("arm")), Signs(), Furniture(), Sky()):
        spec = randomizer.apply(spec, randomizer.sample(Seed(scene).child(randomizer.name), spec, context))
    assert spec.roads is not None
    lane = next(lane for lane in spec.roads.lanes if lane.control == "signal" and lane.kind == "drive")
    (x, y), (dx, dy) = along(lane.points_m, lengths_m(lane.points_m)[-1] - 16.0)
    z = spec.roads.ground_m(x, y) + 1.4
    eye, target = (x, y, z), (x + 30 * dx, y + 30 * dy, z + 2.0)
    camera = CameraSpec.from_fov(width=size[0], height=size[1], fov_y_rad=0.75, world_from_camera=Pose.from_matrix(look_at(eye, target)))
    signal = next(signal for signal in spec.roads.signals if signal.name == lane.signal)
    moments = {signal.state(k / 2): k / 2 for k in range(120)}
    tiles: list[np.ndarray] = []
    with Raster(library) as renderer:
        for state in ("red", "red-amber", "green", "amber"):
            renderer.load(spec.at(moments.get(state, 0.0)).replace(cameras=(camera,)))
            tiles.append(cv2.cvtColor(renderer.render(camera, ("rgb",)).rgb, cv2.COLOR_RGB2BGR))
    return np.vstack([np.hstack(tiles[:2]), np.hstack(tiles[2:])])


#: A street of each kind: style, width, depth, floors, what its ground floor is, and its roof.
HOUSES = (
    ("brick-terrace", 6.0, 9.0, 3, "shop", "gable"),
    ("plaster-terrace", 9.0, 10.0, 4, "dwelling", "mansard"),
    ("stone-terrace", 10.0, 11.0, 3, "arcade", "mansard"),
    ("brick-house", 9.0, 8.0, 2, "garage", "gable"),
    ("plaster-house", 10.0, 8.0, 2, "dwelling", "hip"),
    ("wood-house", 8.0, 8.0, 2, "dwelling", "gable"),
    ("flats", 16.0, 11.0, 4, "dwelling", "flat"),
    ("slab", 24.0, 11.0, 7, "dwelling", "flat"),
    ("office", 20.0, 15.0, 5, "shop", "flat"),
    ("hall", 28.0, 18.0, 1, "garage", "gable"),
)


def buildings(size: tuple[int, int] = (300, 240)) -> np.ndarray:
    """Each style twice."""
    pictures = []
    for variant in (0, 7):
        for number, (style, width, depth, floors, ground, roof) in enumerate(HOUSES):
            shape = BuildingShape(
                style=style,
                width_m=width,
                depth_m=depth,
                floors=floors,
                floor_m=7.0 if style == "hall" else 3.0,
                ground=ground,
                roof=roof,
                variant=variant + number,
            )
            high = shape.eaves_m + 3
            far = 1.05 * max(width, high) + 5
            house = BodySpec(name="house", shape=shape, world_from_body=Pose((-depth / 2, 0.0, shape.origin_m)))
            pictures.append(_staged([house], (far, 0.55 * far, 0.25 * high + 1), (-depth / 3, 0.0, 0.42 * high), 0.8, size))
    return np.vstack([np.hstack(pictures[k : k + 5]) for k in range(0, len(pictures), 5)])


def plants(size: tuple[int, int] = (200, 230)) -> np.ndarray:
    """Trees by their habit, a row a season; and a bush, a hedge and grass."""
    rows = []
    heights = {"oak": 11.0, "lime": 10.0, "plane": 11.0, "birch": 10.0, "poplar": 13.0, "spruce": 11.0, "pine": 12.0, "palm": 8.0}
    for season in ("spring", "summer", "autumn", "winter"):
        row = []
        for number, (species, high) in enumerate(heights.items()):
            shape = PlantShape(species=species, height_m=high, season=season, variant=number)
            tree = BodySpec(name="tree", shape=shape, world_from_body=Pose((0.0, 0.0, shape.origin_m)))
            row.append(_staged([tree], (13.0, 4.0, 2.0), (0.0, 0.0, 5.6), 0.9, size))
        low = (
            BodySpec(name="hedge", shape=(h := HedgeShape(length_m=3.0, season=season)), world_from_body=Pose((-1.0, 0.0, h.origin_m))),
            BodySpec(
                name="bush", shape=(b := PlantShape(species="bush", height_m=1.2, season=season)), world_from_body=Pose((0.6, -0.8, b.origin_m))
            ),
            BodySpec(
                name="grass", shape=(g := PlantShape(species="grass", height_m=0.5, season=season)), world_from_body=Pose((1.0, 0.8, g.origin_m))
            ),
        )
        row.append(_staged(list(low), (4.5, 1.2, 1.6), (0.0, 0.0, 0.6), 0.75, size))
        rows.append(np.hstack(row))
    return np.vstack(rows)


def roads(size: tuple[int, int] = (300, 210)) -> np.ndarray:
    """A scene of each layout, from above and as a driver sees it who comes to where one waits."""
    library = AssetLibrary()
    context = Context(library=library)
    width, height = size
    above, inside = [], []
    places = ("town-centre", "suburb", "town-centre", "residential", "suburb", "suburb")
    with Raster(library) as renderer:
        for number, (layout, place) in enumerate(zip(LAYOUTS, places, strict=True)):
            street = Street(layout=Constant(layout), setting=Constant(place), crossings=1.0)
            spec = street.build(Seed(number + 3), context)
            surface = RoadSurface()
            renderer.load(surface.apply(spec, surface.sample(Seed(number), spec, context)))
            assert spec.roads is not None
            lane = next(lane for lane in spec.roads.lanes if lane.control != "none" and lane.kind == "drive")
            (x, y), (dx, dy) = along(lane.points_m, lengths_m(lane.points_m)[-1] - 14.0)
            z = spec.roads.ground_m(x, y)
            views = (
                ((0.0, -0.5, 150.0 + spec.roads.ground_m(0.0, 0.0)), (0.0, 0.0, 0.0), 0.9),
                ((x, y, z + 2.2), (x + 20 * dx, y + 20 * dy, z + 0.4), 0.75),
            )
            for row, (eye, target, fov) in zip((above, inside), views, strict=True):
                camera = CameraSpec.from_fov(width=width, height=height, fov_y_rad=fov, world_from_camera=Pose.from_matrix(look_at(eye, target)))
                row.append(cv2.cvtColor(renderer.render(camera, ("rgb",)).rgb, cv2.COLOR_RGB2BGR))
    return np.vstack([np.hstack(row[k : k + 3]) for k in (0, 3) for row in (above, inside)])


def surfaces(pixels: int = 92, metres: float = 2.4) -> np.ndarray:
    """Three variants of each surface, so many metres of it."""
    library = AssetLibrary()
    rows: list[np.ndarray] = []
    for name in SURFACES:
        tiles: list[np.ndarray] = []
        for variant in range(3):
            asset = library.load(f"street:{name}/{variant}")
            wide = round((asset.bounds_m[1][0] - asset.bounds_m[0][0]) / metres * pixels)
            tile = cv2.resize(asset.parts[0].look.images["base_color"], (wide, wide), interpolation=cv2.INTER_AREA)
            tiles.append(np.tile(tile, (4, 4, 1))[:pixels, :pixels, ::-1])
        rows.append(np.vstack(tiles))
    return np.hstack(rows)


def weather(size: tuple[int, int] = (450, 300)) -> np.ndarray:
    """The scenario as it comes, in nine weathers at some hour."""
    wanted = (
        ("clear", "day", 11), ("cloudy", "day", 12), ("fog", "day", 3),
        ("rain", "day", 21), ("after-rain", "golden-hour", 5), ("snow", "day", 25),
        ("rain", "dusk", 24), ("clear", "night", 4), ("rain", "night", 28),
    )  # fmt: skip
    tiles = []
    for kind, hour, seed in wanted:
        plan = default_plan("street", resolution=size)
        drawn: list[Randomizer] = []
        for randomizer in plan.randomizers or plan.scenario.randomizers():
            if isinstance(randomizer, Weather):
                randomizer = Weather(kind=Constant(kind), hour=Constant(hour))
            if isinstance(randomizer, Planting) and kind == "snow":
                randomizer = Planting(season=Constant("winter"))
            drawn.append(randomizer)
        (frame,) = generate(replace(plan, randomizers=tuple(drawn)), seed, 0, pictures=1).frames
        assert frame.rgb is not None
        tiles.append(cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR))
    return np.vstack([np.hstack(tiles[i : i + 3]) for i in (0, 3, 6)])


#: Each picture's file name, and what makes it.
PICTURES = {
    "streets.jpg": streets,
    "accidents.jpg": accidents,
    "buildings.jpg": buildings,
    "cycles.jpg": cycles,
    "furniture.jpg": furniture,
    "lidar.jpg": lidar,
    "people.jpg": people,
    "plants.jpg": plants,
    "roads.jpg": roads,
    "signals.jpg": signals,
    "signs.jpg": signs,
    "surfaces.jpg": surfaces,
    "vehicles.jpg": vehicles,
    "weather.jpg": weather,
}


def main() -> None:
    """Write the pictures beside the documents."""
    HERE.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or PICTURES:
        picture = PICTURES[name]()
        scale = 900 / picture.shape[1]
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(HERE / name), small, [cv2.IMWRITE_JPEG_QUALITY, 76])


if __name__ == "__main__":
    main()
