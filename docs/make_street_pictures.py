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
from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Constant
from diorama.randomizers.street.accidents import KINDS, Accidents
from diorama.randomizers.street.rig import VehicleRig
from diorama.randomizers.street.traffic import Traffic
from diorama.randomizers.street.vehicles import Fleet, draw_vehicle, vehicle_body, vehicle_shape
from diorama.scenes.driving.street import Street
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.frame import Frame
from diorama.sim.physics.bullet import Bullet
from diorama.sim.render.raster import Raster
from diorama.sim.seeds import Seed
from diorama.sim.sky import sun_light
from diorama.sim.spec import BodySpec, BoxShape, CameraSpec, EnvironmentSpec, MaterialSpec, PhysicalSky, Pose, SceneSpec
from diorama.sim.spec.vehicles import MODELS
from diorama.sim.transforms import look_at
from diorama.studio import generate

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


#: Each picture's file name, and what makes it.
PICTURES = {"accidents.jpg": accidents, "lidar.jpg": lidar, "vehicles.jpg": vehicles}


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
