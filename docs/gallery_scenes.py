"""The scenes of docs/gallery.md, as data: for each file, the pictures on it, in order.

Lengths in metres, +Z up. `files` is a folder for pictures that scenes refer to: a map of surroundings, and textures.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from diorama import (
    AssetLibrary,
    BodySpec,
    BoxShape,
    Bullet,
    CameraSpec,
    CylinderShape,
    EnvironmentSpec,
    MaterialSpec,
    MeshShape,
    PointLight,
    Pose,
    ProceduralTexture,
    SceneSpec,
    Seed,
    SensorSpec,
    SphereShape,
    SpotLight,
    SunLight,
)
from diorama.sim.sky import sun_light
from diorama.sim.spec import (
    BrownConrady,
    Clouds,
    Drops,
    Falling,
    Fog,
    HdrMap,
    ImageTexture,
    KannalaBrandt,
    Light,
    Motion,
    PhysicalSky,
    RectLight,
    Rgb,
    Texture,
    TextureKind,
    Vec3,
    Weathering,
)
from diorama.sim.transforms import look_at, quat_from_axis_angle

LIBRARY = AssetLibrary()
UP = (0.0, 0.0, 1.0)
PLAIN = MaterialSpec()


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One tile: what is written under it, what to photograph (by the spec's only camera), how, and which part of it to enlarge.

    `crop` is (left, top, width, height) in pixels; it fills the tile without smoothing.
    """

    label: str
    spec: SceneSpec
    renderer: str = "raster"
    channel: str = "rgb"
    crop: tuple[int, int, int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A file of the gallery: its pictures, `columns` of them side by side."""

    name: str
    columns: int
    pictures: list[Picture]


def turned(yaw_deg: float, axis: Vec3 = UP) -> tuple[float, float, float, float]:
    """The quaternion of a turn about an axis."""
    return quat_from_axis_angle(axis, math.radians(yaw_deg))


def standing(name: str, asset: str, x: float, y: float, yaw_deg: float = 0.0, *, z: float = 0.0, scale: float = 1.0) -> BodySpec:
    """An asset of the household on a floor at `z`."""
    low, _ = LIBRARY.load(f"household:{asset}").bounds_m
    pose = Pose((x, y, z - low[2] * scale), turned(yaw_deg))
    return BodySpec(name=name, shape=MeshShape(asset=f"household:{asset}", scale=scale), world_from_body=pose, category=asset.partition("/")[0])


def box(name: str, size: Vec3, at: Vec3, material: MaterialSpec = PLAIN, yaw_deg: float = 0.0) -> BodySpec:
    """A box about its middle."""
    return BodySpec(name=name, shape=BoxShape(size_m=size), world_from_body=Pose(at, turned(yaw_deg)), material=material)


def ball(name: str, radius: float, at: Vec3, material: MaterialSpec) -> BodySpec:
    """A ball of many segments."""
    return BodySpec(name=name, shape=SphereShape(radius_m=radius, segments=96), world_from_body=Pose(at), material=material)


def pole(name: str, radius: float, height: float, x: float, y: float, material: MaterialSpec = PLAIN) -> BodySpec:
    """An upright post that stands on the ground."""
    return BodySpec(name=name, shape=CylinderShape(radius_m=radius, height_m=height), world_from_body=Pose((x, y, height / 2)), material=material)


def camera(eye: Vec3, target: Vec3, fov_deg: float = 40.0, size: tuple[int, int] = (400, 300), **fields: Any) -> CameraSpec:
    """A camera that looks at something; the field of view is from top to bottom."""
    pose = Pose.from_matrix(look_at(eye, target))
    return CameraSpec.from_fov(width=size[0], height=size[1], fov_y_rad=math.radians(fov_deg), world_from_camera=pose, **fields)


def seen(spec: SceneSpec, **changes: Any) -> SceneSpec:
    """The spec with changes to its camera."""
    return spec.replace(cameras=(replace(spec.cameras[0], **changes),))


def pattern(kind: TextureKind, a: float | Rgb, b: float | Rgb, tile_m: float = 0.2, frequency: int = 4) -> Texture:
    """A procedural texture; a number is a grey."""
    first, second = ((c, c, c) if isinstance(c, float) else c for c in (a, b))
    return ProceduralTexture(pattern=kind, color_a=first, color_b=second, tile_m=tile_m, frequency=frequency, seed=1)


WOOD = MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=0.55, texture=pattern("wood", (0.42, 0.24, 0.12), (0.62, 0.42, 0.24), 0.6))
GREY = MaterialSpec(base_color=(0.5, 0.5, 0.5), roughness=0.8)
ROOM = EnvironmentSpec(sky=(0.35, 0.38, 0.42), ground=(0.16, 0.15, 0.14))
WINDOW = RectLight(position_m=(-0.9, -0.5, 1.3), direction=(0.6, 0.35, -0.85), size_m=(0.7, 0.5), radiance=(7.5, 7.2, 6.8))


# One scene, three renderers ---------------------------------------------------------------------------------------------------------


def bin_scene() -> SceneSpec:
    """Things that Bullet let fall into an open box of boards, on a table."""
    board = MaterialSpec(base_color=(0.20, 0.32, 0.45), roughness=0.6)
    walls = [
        box("left", (0.012, 0.34, 0.12), (-0.23, 0.0, 0.06), board),
        box("right", (0.012, 0.34, 0.12), (0.23, 0.0, 0.06), board),
        box("front", (0.472, 0.012, 0.12), (0.0, -0.176, 0.06), board),
        box("back", (0.472, 0.012, 0.12), (0.0, 0.176, 0.06), board),
        box("bottom", (0.448, 0.34, 0.008), (0.0, 0.0, 0.004), board),
    ]
    assets = (
        "mug/0",
        "toy-car/0",
        "apple/0",
        "banana/1",
        "can/0",
        "puzzle-cube/0",
        "citrus/0",
        "brick/0",
        "die/0",
        "toy-car/1",
        "pear/0",
        "carton/2",
    )
    rng = Seed(7).child("bin").rng()
    falling = []
    for i, asset in enumerate(assets):
        pose = Pose(
            (-0.13 + 0.13 * (i % 3), -0.08 + 0.16 * (i // 3 % 2), 0.12 + 0.11 * (i // 3)), turned(float(rng.uniform(0, 360)), (0.3, 0.5, 1.0))
        )
        shape = MeshShape(asset=f"household:{asset}")
        falling.append(BodySpec(name=f"thing-{i}", shape=shape, world_from_body=pose, mass_kg=0.15, category=asset.partition("/")[0]))
    spec = SceneSpec(
        bodies=(box("table", (3.0, 3.0, 0.1), (0.0, 0.0, -0.05), WOOD), *walls, *falling),
        lights=(WINDOW, SpotLight(position_m=(0.7, -0.2, 1.1), direction=(-0.6, 0.2, -1.0), intensity=(1.2, 1.0, 0.8), radius_m=0.04)),
        environment=ROOM,
        cameras=(camera((0.22, -0.62, 0.62), (0.0, -0.01, 0.02), 40.0, (480, 360)),),
    )
    with Bullet(LIBRARY) as physics:
        return physics.settle(spec)


def renderers(_: Path) -> list[Sheet]:
    """The same scene, whole and enlarged, by each renderer."""
    spec = bin_scene()
    names = {"raster": "raster", "pathtrace": "path tracing", "gl": "OpenGL"}
    whole = [Picture(label=label, spec=spec, renderer=name) for name, label in names.items()]
    close = [replace(p, crop=(150, 150, 160, 120)) for p in whole]
    return [Sheet(name="renderers", columns=3, pictures=whole + close)]


# Light ------------------------------------------------------------------------------------------------------------------------------


def still_life(lights: tuple[Light, ...], environment: EnvironmentSpec) -> SceneSpec:
    """Five things on a table."""
    things = (
        standing("mug", "mug/0", -0.05, 0.02, 200),
        standing("plant", "potted-plant/0", -0.2, 0.12),
        standing("car", "toy-car/0", 0.08, -0.1, 35),
        standing("can", "can/0", 0.12, 0.08),
        standing("apple", "apple/0", -0.13, -0.11),
    )
    table = box("table", (4.0, 4.0, 0.1), (0.0, 0.0, -0.05), MaterialSpec(base_color=(0.55, 0.52, 0.48), roughness=0.45))
    return SceneSpec(bodies=(table, *things), lights=lights, environment=environment, cameras=(camera((0.1, -0.75, 0.42), (-0.03, 0.0, 0.04), 34.0),))


def studio_map(files: Path) -> str:
    """A made-up room as a Radiance file: two windows, a strip of lamps and a floor."""
    height, width = 256, 512
    elevation = np.linspace(1, -1, height)[:, None] * np.ones((1, width))
    picture = np.where(elevation[..., None] > 0, (0.22, 0.24, 0.28), (0.16, 0.12, 0.09)).astype(np.float32)
    picture[60:120, 90:150] = (6.0, 7.0, 8.5)
    picture[70:120, 330:350] = (9.0, 6.5, 4.0)
    picture[20:32, 180:300] = (5.0, 5.0, 5.0)
    path = str(files / "room.hdr")
    cv2.imwrite(path, picture[..., ::-1])
    return path


def rainbow(count: int) -> tuple[Light, ...]:
    """Spots in a ring, of all hues."""
    out = []
    for i in range(count):
        angle = 2 * math.pi * i / count
        hue = [0.5 + 0.5 * math.cos(angle - k * 2 * math.pi / 3) for k in range(3)]
        at = (0.8 * math.cos(angle), 0.8 * math.sin(angle), 0.9)
        out.append(SpotLight(position_m=at, direction=(-at[0], -at[1], -at[2]), intensity=(hue[0], hue[1], hue[2]), radius_m=0.02))
    return tuple(out)


def lights(files: Path) -> list[Sheet]:
    """Each kind of light, and shadows of small and large ones."""
    dim = EnvironmentSpec(sky=(0.06, 0.065, 0.07), ground=(0.03, 0.03, 0.03))
    sky = PhysicalSky(sun_elevation_rad=0.45, sun_azimuth_rad=2.6)
    room = EnvironmentSpec(surroundings=HdrMap(path=studio_map(files)))
    kinds: dict[str, tuple[tuple[Light, ...], EnvironmentSpec]] = {
        "sun": ((SunLight(direction=(0.6, 0.35, -0.6), irradiance=(3.0, 2.9, 2.7), angular_diameter_rad=0.0093),), dim),
        "spot": (
            (SpotLight(position_m=(-0.4, -0.5, 0.8), direction=(0.4, 0.45, -0.75), intensity=(2.5, 2.4, 2.2), inner_rad=0.16, outer_rad=0.24),),
            dim,
        ),
        "point": ((PointLight(position_m=(0.0, -0.12, 0.22), intensity=(0.11, 0.1, 0.08), radius_m=0.01),), dim),
        "rectangle": ((replace(WINDOW, position_m=(-0.55, 0.1, 0.35), direction=(1.0, -0.15, -0.5), size_m=(0.5, 0.4)),), dim),
        "nine coloured spots": (rainbow(9), dim),
        "gradient alone": ((), EnvironmentSpec(sky=(1.0, 1.05, 1.1), ground=(0.3, 0.25, 0.2))),
        "physical sky and its sun": ((sun_light(sky),), EnvironmentSpec(surroundings=sky)),
        "HDR map alone": ((), room),
        "HDR map turned 120 degrees": ((), EnvironmentSpec(surroundings=HdrMap(path=studio_map(files), turn_rad=math.radians(120)))),
    }
    tiles = [Picture(label=name, spec=still_life(*kind)) for name, kind in kinds.items()]

    def edge(light: Light) -> SceneSpec:
        """A post and a ball over grey ground, and their shadows."""
        post = pole("post", 0.012, 0.25, -0.1, 0.05, MaterialSpec(base_color=(0.7, 0.2, 0.1)))
        hung = ball("ball", 0.03, (0.05, 0.08, 0.1), MaterialSpec(base_color=(0.1, 0.3, 0.6)))
        floor = box("floor", (4.0, 4.0, 0.1), (0.0, 0.0, -0.05), GREY)
        return SceneSpec(bodies=(floor, post, hung), lights=(light,), environment=dim, cameras=(camera((0.25, -0.45, 0.5), (0.05, 0.02, 0.0), 36.0),))

    at, way = (-0.5, 0.2, 0.55), (0.5, -0.2, -0.5)
    penumbras: dict[str, Light] = {
        "sun 0.5 degrees": SunLight(direction=way, angular_diameter_rad=0.0093),
        "sun 6 degrees": SunLight(direction=way, angular_diameter_rad=0.105),
        "spot 1 cm": SpotLight(position_m=at, direction=way, intensity=(1.8, 1.8, 1.8), radius_m=0.005),
        "spot 8 cm": SpotLight(position_m=at, direction=way, intensity=(1.8, 1.8, 1.8), radius_m=0.04),
        "rectangle 4 x 4 cm": RectLight(position_m=at, direction=way, size_m=(0.04, 0.04), radiance=(1000.0, 1000.0, 1000.0)),
        "rectangle 25 x 25 cm": RectLight(position_m=at, direction=way, size_m=(0.25, 0.25), radiance=(26.0, 26.0, 26.0)),
    }
    soft = [
        Picture(label=f"{name}{how}", spec=edge(light), renderer=by)
        for name, light in penumbras.items()
        for by, how in (("raster", ""), ("pathtrace", ", path traced"))
    ]
    return [Sheet(name="lights", columns=3, pictures=tiles), Sheet(name="penumbras", columns=4, pictures=soft)]


# Materials --------------------------------------------------------------------------------------------------------------------------


def normal_map(files: Path) -> ImageTexture:
    """A tile of round studs as a tangent-space normal map."""
    y, x = (np.mgrid[:256, :256] / 128.0 * 2 % 1 - 0.5) * 2
    r = np.sqrt(x * x + y * y)
    slope = np.where((r > 0.35) & (r < 0.75), 0.9, 0.0) / np.maximum(r, 1e-6)
    normal = np.stack([x * slope, -y * slope, np.ones_like(x)], axis=-1)
    normal /= np.sqrt((normal * normal).sum(-1, keepdims=True))
    path = str(files / "studs.png")
    cv2.imwrite(path, np.round((normal[..., ::-1] * 0.5 + 0.5) * 255).astype(np.uint8))
    return ImageTexture(path=path, tile_m=0.06)


def leaves(files: Path) -> ImageTexture:
    """A picture with an alpha channel: discs with nothing between them."""
    y, x = (np.mgrid[:256, :256] / 64.0 % 1 - 0.5) * 2
    r = np.sqrt(x * x + y * y)
    picture = np.zeros((256, 256, 4), np.uint8)
    picture[...] = (60, 150, 70, 0)
    picture[..., 3] = np.clip((0.85 - r) * 1200 + 128, 0, 255)
    path = str(files / "discs.png")
    cv2.imwrite(path, picture)
    return ImageTexture(path=path, tile_m=0.12)


def materials(files: Path) -> list[Sheet]:
    """Balls, features of materials, textures far away, ambient occlusion."""
    room = EnvironmentSpec(surroundings=HdrMap(path=studio_map(files)), occlusion_radius_m=0.05)
    key = SpotLight(position_m=(-0.5, -0.7, 0.9), direction=(0.5, 0.7, -0.85), intensity=(1.6, 1.6, 1.6), radius_m=0.03)
    floor = box("floor", (4.0, 4.0, 0.1), (0.0, 0.0, -0.05), MaterialSpec(base_color=(0.28, 0.28, 0.3), roughness=0.7))

    def row(looks: list[MaterialSpec], radius: float = 0.05, columns: int = 3, view: CameraSpec | None = None) -> SceneSpec:
        step, count = radius * 2.2, len(looks)
        bodies = []
        for i, look in enumerate(looks):
            x, y = (i % columns - (min(count, columns) - 1) / 2) * step, (i // columns) * step
            bodies.append(ball(f"ball-{i}", radius, (x, y, radius), look))
        return SceneSpec(
            bodies=(floor, *bodies), lights=(key,), environment=room, cameras=(view or camera((0.0, -0.62, 0.3), (0.0, 0.0, 0.045), 24.0),)
        )

    roughnesses = (0.05, 0.2, 0.4, 0.6, 0.8, 1.0)
    grid = row(
        [MaterialSpec(base_color=(0.85, 0.45, 0.2), metallic=m, roughness=r) for m in (0.0, 0.5, 1.0) for r in roughnesses],
        columns=6,
        view=camera((0.0, -0.75, 0.62), (0.0, 0.1, 0.03), 32.0, (800, 400)),
    )
    red = MaterialSpec(base_color=(0.55, 0.03, 0.03), roughness=0.6)
    studs = MaterialSpec(base_color=(0.6, 0.6, 0.62), roughness=0.35, normal_texture=normal_map(files))
    glow = MaterialSpec(base_color=(0.1, 0.1, 0.1), roughness=0.5, emissive=(0.15, 0.45, 1.2))
    patterns = [
        MaterialSpec(base_color=(1.0, 1.0, 1.0), texture=pattern(k, (0.8, 0.75, 0.6), (0.15, 0.1, 0.2), 0.16)) for k in ("stripes", "noise", "marble")
    ]
    cut = MaterialSpec(base_color=(1.0, 1.0, 1.0), texture=leaves(files), alpha="mask")
    half = MaterialSpec(base_color=(0.2, 0.5, 0.8), alpha="blend", opacity=0.4)
    glass = MaterialSpec(base_color=(0.75, 0.95, 0.85), transmission=0.95, roughness=0.02)
    board = box("board", (0.6, 0.01, 0.2), (0.0, 0.12, 0.1), MaterialSpec(base_color=(1.0, 1.0, 1.0), texture=pattern("checks", 0.08, 0.7, 0.1)))
    seen_through = row([glass, half, cut])
    seen_through = seen_through.replace(bodies=(*seen_through.bodies, board))
    table = still_life((WINDOW,), ROOM)
    glasses = (
        standing("glass", "drinking-glass/0", 0.0, -0.06),
        standing("bottle", "glass-bottle/0", 0.09, 0.0),
        standing("other", "glass-bottle/3", -0.1, 0.0),
    )
    drinks = table.replace(bodies=(table.bodies[0], *glasses, board), cameras=(camera((0.1, -0.65, 0.35), (0.0, 0.0, 0.08), 30.0),))

    features = {
        "clear coat 0, 0.5, 1": row([replace(red, clear_coat=c) for c in (0.0, 0.5, 1.0)]),
        "normal map, scale 0, 0.5, 1": row([replace(studs, normal_scale=s) for s in (0.0, 0.5, 1.0)]),
        "emissive, once, twice, four times": row([replace(glow, emissive=(0.15 * s, 0.45 * s, 1.2 * s)) for s in (1, 2, 4)]),
        "stripes, noise, marble": row(patterns),
        "transmission, blend, mask": seen_through,
        "glasses of the household": drinks,
    }
    tiles = [Picture(label=name, spec=spec) for name, spec in features.items()]
    traced = [
        Picture(label=f"{name.partition(',')[0]}, path traced", spec=features[name], renderer="pathtrace")
        for name in ("transmission, blend, mask", "glasses of the household", "clear coat 0, 0.5, 1")
    ]

    checks = MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=0.9, texture=pattern("checks", 0.05, 0.75, 4.0, 4))
    bricks = MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=0.9, texture=pattern("stripes", (0.5, 0.2, 0.12), (0.75, 0.7, 0.62), 3.0, 6))
    road = SceneSpec(
        bodies=(box("road", (12.0, 600.0, 1.0), (0.0, 290.0, -0.5), checks), box("wall", (0.5, 300.0, 4.0), (7.0, 150.0, 2.0), bricks)),
        lights=(SunLight(direction=(0.4, 0.5, -0.8)),),
        cameras=(camera((-1.0, -5.0, 1.5), (0.0, 20.0, 0.9), 45.0, (600, 300)),),
    )
    far = [
        Picture(label="checks of one metre, 600 m of them", spec=road),
        Picture(label="the same, enlarged", spec=road, crop=(250, 120, 120, 60)),
        Picture(label="path traced", spec=road, renderer="pathtrace"),
    ]
    open_air = bin_scene().replace(lights=(), environment=EnvironmentSpec(sky=(1.1, 1.1, 1.1), ground=(0.4, 0.4, 0.4)))
    around = [
        Picture(label="no occlusion", spec=open_air.replace(environment=replace(open_air.environment, occlusion_radius_m=0.0))),
        Picture(label="occlusion within 10 cm", spec=open_air),
        Picture(label="path traced", spec=open_air, renderer="pathtrace"),
    ]
    return [
        Sheet(name="spheres", columns=1, pictures=[Picture(label="roughness 0.05 to 1 to the right; metallic 0, 0.5 and 1 to the back", spec=grid)]),
        Sheet(name="materials", columns=3, pictures=tiles + traced),
        Sheet(name="road", columns=2, pictures=far[:2]),
        Sheet(name="occlusion", columns=3, pictures=around),
    ]


# Camera -----------------------------------------------------------------------------------------------------------------------------


def cameras(_: Path) -> list[Sheet]:
    """Lenses, shutters and sensors."""
    checks = MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=0.7, texture=pattern("checks", 0.12, 0.6, 0.2))
    lamp = MaterialSpec(emissive=(14.0, 12.0, 8.0))
    scene = SceneSpec(
        bodies=(
            box("table", (4.0, 4.0, 0.1), (0.0, 0.0, -0.05), checks),
            box("wall", (4.0, 0.1, 2.0), (0.0, 0.9, 1.0), MaterialSpec(base_color=(0.55, 0.6, 0.62), roughness=0.9)),
            standing("near", "mug/0", -0.1, -0.28, 200),
            standing("car", "toy-car/0", 0.02, 0.0, 30, scale=1.6),
            standing("bottle", "bottle/0", 0.18, 0.22),
            standing("plant", "potted-plant/0", -0.2, 0.3),
            standing("book", "carton/1", 0.32, 0.45, 15),
            ball("bulb", 0.02, (-0.02, 0.45, 0.24), lamp),
        ),
        lights=(WINDOW,),
        environment=ROOM,
        cameras=(camera((0.05, -0.75, 0.35), (0.02, 0.0, 0.07), 45.0),),
    )
    driven = scene.map_bodies({"car": {"motion": Motion((1.2, 0.7, 0.0))}, "bottle": {"motion": Motion(angular_rad_s=(0.0, 30.0, 0.0))}})

    def faulty(**faults: Any) -> SceneSpec:
        return seen(scene, sensor=SensorSpec(**faults))

    distance = 0.79
    fisheye = seen(scene, fx=110.0, fy=110.0, distortion=KannalaBrandt(k1=0.02))
    optics = {
        "pinhole": scene,
        "Brown and Conrady, barrel": seen(scene, distortion=BrownConrady(k1=-0.35, k2=0.12)),
        "Brown and Conrady, pincushion": seen(scene, distortion=BrownConrady(k1=0.35, p1=0.02)),
        "fisheye, 200 degrees wide": fisheye,
        "aperture of 12 mm, focus on the car": seen(scene, aperture_m=0.012, focus_m=distance, blur_samples=64),
        "the same, focus on the mug": seen(scene, aperture_m=0.012, focus_m=0.53, blur_samples=64),
        "shutter open for 1/30 s, bodies move": seen(driven, exposure_s=1 / 30, blur_samples=64),
        "the camera moves": seen(scene, exposure_s=1 / 30, motion=Motion((0.6, 0.0, 0.0)), blur_samples=64),
        "rolling shutter, the camera pans": seen(scene, rolling_shutter_s=1 / 30, motion=Motion(angular_rad_s=(0.0, 0.0, 6.0))),
    }
    sensor = {
        "exposure -2 EV": faulty(exposure_ev=-2.0),
        "exposure +2 EV": faulty(exposure_ev=2.0),
        "white balance 1.4, 1, 0.6": faulty(white_balance=(1.4, 1.0, 0.6)),
        "linear tone curve": faulty(tone_curve="linear"),
        "noise 0.02, 0.06": faulty(read_noise=0.02, shot_noise=0.06),
        "vignetting 1": seen(faulty(vignetting=1.0), fx=260.0, fy=260.0),
        "bloom 0.15": faulty(bloom=0.15, bloom_radius=0.06),
    }
    close = (225, 20, 132, 99)
    tiles = [Picture(label=name, spec=spec) for name, spec in sensor.items()]
    tiles += [
        Picture(label="chromatic aberration 3 px, a corner", spec=faulty(chromatic_aberration_px=3.0), crop=(268, 201, 132, 99)),
        Picture(label="JPEG of quality 15, enlarged", spec=faulty(jpeg_quality=15), crop=close),
    ]
    return [
        Sheet(name="lenses", columns=3, pictures=[Picture(label=name, spec=spec) for name, spec in optics.items()]),
        Sheet(name="sensor", columns=3, pictures=tiles),
    ]


# Outdoors ---------------------------------------------------------------------------------------------------------------------------


def street() -> SceneSpec:
    """A street of boxes, 160 m long along +y, with cars (40 times a toy's size), kerbs, lamp posts and trees."""
    asphalt = MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=0.85, texture=pattern("noise", 0.06, 0.11, 3.0, 16))
    paving = MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=0.9, texture=pattern("checks", 0.26, 0.32, 2.0, 4))
    paint = MaterialSpec(base_color=(0.7, 0.7, 0.68), roughness=0.7)
    steel = MaterialSpec(base_color=(0.3, 0.32, 0.33), metallic=0.8, roughness=0.4)
    pane = MaterialSpec(base_color=(0.02, 0.025, 0.03), roughness=0.08)
    rng = Seed(3).child("street").rng()
    bodies = [
        box("ground", (120.0, 260.0, 1.0), (0.0, 90.0, -0.52), MaterialSpec(base_color=(0.16, 0.2, 0.1), roughness=1.0)),
        box("road", (8.0, 220.0, 0.1), (0.0, 80.0, -0.05), asphalt),
        box("left pavement", (4.0, 220.0, 0.3), (-6.0, 80.0, 0.0), paving),
        box("right pavement", (4.0, 220.0, 0.3), (6.0, 80.0, 0.0), paving),
    ]
    bodies += [box(f"line-{i}", (0.15, 3.0, 0.02), (0.0, 6.0 * i, 0.0), paint) for i in range(27)]
    for side in (-1, 1):
        y, i = 2.0, 0
        while y < 150:
            width, height, depth = (float(rng.uniform(*r)) for r in ((9, 16), (6, 14), (7, 10)))
            color = tuple(float(c) for c in rng.uniform((0.3, 0.25, 0.2), (0.7, 0.55, 0.45)))
            wall = MaterialSpec(base_color=(color[0], color[1], color[2]), roughness=0.9)
            middle = (side * (9.0 + depth / 2), y + width / 2)
            bodies.append(box(f"house-{side}-{i}", (depth, width, height), (*middle, height / 2), wall))
            for floor in range(int(height // 3)):
                for k in range(int(width // 3)):
                    at = (side * 9.0, y + 1.5 + 3.0 * k, 1.9 + 3.0 * floor)
                    bodies.append(box(f"window-{side}-{i}-{floor}-{k}", (0.1, 1.2, 1.5), at, pane))
            y, i = y + width + float(rng.choice([0.0, 0.0, 3.0])), i + 1
    for i in range(6):
        y = 8.0 + 25.0 * i
        bodies.append(pole(f"post-{i}", 0.08, 6.0, 4.6, y, steel))
        bodies.append(box(f"arm-{i}", (1.6, 0.08, 0.08), (3.9, y, 6.0), steel))
        bodies.append(box(f"head-{i}", (0.5, 0.25, 0.1), (3.2, y, 5.95), steel))
    for i, (x, y, yaw) in enumerate(
        [(2.6, 14.0, 90), (-2.4, 22.0, -90), (-3.1, 9.0, -90), (2.7, 31.0, 90), (-2.3, 48.0, -90), (2.6, 70.0, 90), (2.7, 105.0, 90)]
    ):
        bodies.append(standing(f"car-{i}", f"toy-car/{i}", x, y, yaw, scale=40.0))
    for i, (x, y) in enumerate([(-5.4, 16.0), (5.6, 21.0), (-5.2, 40.0), (5.5, 55.0)]):
        bodies.append(standing(f"tree-{i}", f"potted-plant/{i}", x, y, 70.0 * i, z=0.15, scale=14.0))
    return SceneSpec(bodies=tuple(bodies), cameras=(camera((-0.8, -3.0, 1.7), (0.3, 30.0, 2.4), 42.0, (480, 300), far_m=2000.0),))


def lamps_of(spec: SceneSpec) -> tuple[Light, ...]:
    """A warm spot below the head of each post."""
    heads = [b.world_from_body.position_m for b in spec.bodies if b.name.startswith("head-")]
    return tuple(
        SpotLight(
            position_m=(x, y, z - 0.12), direction=(-0.25, 0.0, -1.0), intensity=(60.0, 44.0, 26.0), inner_rad=0.8, outer_rad=1.4, radius_m=0.12
        )
        for x, y, z in heads
    )


def outdoors(_: Path) -> list[Sheet]:
    """The street from noon to night."""
    base = street()
    hours = {"noon": 65.0, "afternoon": 35.0, "evening": 12.0, "sunset": 2.5, "dusk": -4.0}
    tiles, skies = [], {}
    for name, elevation in hours.items():
        skies[name] = PhysicalSky(sun_elevation_rad=math.radians(elevation), sun_azimuth_rad=math.radians(150.0 - elevation), turbidity=2.5)
        sky = EnvironmentSpec(surroundings=skies[name], occlusion_radius_m=1.5)
        spec = base.replace(lights=(sun_light(skies[name]),), environment=sky)
        ev = {"dusk": 4.5, "sunset": 1.0}.get(name, 0.0)
        tiles.append(Picture(label=f"{name}: sun at {elevation:g} degrees", spec=seen(spec, sensor=SensorSpec(exposure_ev=ev))))
    lit = base.map_bodies({b.name: {"material": MaterialSpec(emissive=(30.0, 22.0, 13.0))} for b in base.bodies if b.name.startswith("head-")})
    panes = [b.name for b in base.bodies if b.name.startswith("window-")]
    lit = lit.map_bodies({name: {"material": MaterialSpec(emissive=(1.4, 1.0, 0.5))} for name in panes[::7]})
    night = EnvironmentSpec(surroundings=replace(skies["dusk"], sun_elevation_rad=-0.11), occlusion_radius_m=1.5)
    spec = lit.replace(lights=lamps_of(lit), environment=night)
    tiles.append(Picture(label="night: six lamps, one pane in seven lit", spec=seen(spec, sensor=SensorSpec(exposure_ev=1.5, bloom=0.04))))
    noon = [
        replace(tiles[1], label="afternoon, path traced", renderer="pathtrace"),
        replace(tiles[5], label="night, path traced", renderer="pathtrace"),
    ]
    crop = (150, 120, 160, 100)
    return [
        Sheet(name="street", columns=3, pictures=tiles),
        Sheet(name="street-traced", columns=3, pictures=[*noon, replace(tiles[1], label="afternoon, enlarged", crop=crop)]),
    ]


def skies(_: Path) -> list[Sheet]:
    """Clouds and overcast skies above an empty road."""
    road = [box("ground", (400.0, 400.0, 1.0), (0.0, 150.0, -0.5), MaterialSpec(base_color=(0.12, 0.15, 0.07), roughness=1.0))]
    road += [box("road", (8.0, 400.0, 0.02), (0.0, 150.0, 0.0), MaterialSpec(base_color=(0.1, 0.1, 0.1), roughness=0.9))]
    aim = camera((0.0, 0.0, 1.6), (0.0, 30.0, 9.0), 42.0, (480, 300), far_m=2000.0)
    hours: list[tuple[str, float, float, float, Clouds | None]] = [
        ("clear", 40.0, 0.0, -0.6, None),
        ("cumulus, a third of the sky", 40.0, 0.0, -0.7, Clouds(cover=0.35, seed=6)),
        ("cirrus", 40.0, 0.0, -0.7, Clouds(genus="cirrus", cover=0.6, seed=2)),
        ("stratocumulus", 30.0, 0.2, 0.1, Clouds(genus="stratocumulus", cover=0.7, seed=4)),
        ("overcast", 30.0, 1.0, 1.8, None),
        ("overcast, with stratocumulus below", 25.0, 0.6, 1.2, Clouds(genus="stratocumulus", cover=0.9, seed=8)),
        ("against the light, at 20 degrees", 20.0, 0.0, -0.9, Clouds(cover=0.5, seed=13)),
        ("evening, at 4 degrees", 4.0, 0.0, 1.0, Clouds(cover=0.45, seed=3)),
        ("dusk, at -3 degrees", -3.0, 0.2, 4.3, Clouds(genus="stratocumulus", cover=0.6, seed=9)),
    ]
    tiles = []
    for label, elevation, overcast, ev, clouds in hours:
        azimuth = 75.0 if elevation < 25 else 200.0
        sky = PhysicalSky(
            sun_elevation_rad=math.radians(elevation), sun_azimuth_rad=math.radians(azimuth), turbidity=2.5, overcast=overcast, clouds=clouds
        )
        spec = SceneSpec(bodies=tuple(road), lights=(sun_light(sky),), cameras=(aim,), environment=EnvironmentSpec(surroundings=sky))
        tiles.append(Picture(label=label, spec=seen(spec, sensor=SensorSpec(exposure_ev=ev))))
    return [Sheet(name="skies", columns=3, pictures=tiles)]


def weather(_: Path) -> list[Sheet]:
    """The street in fog, rain and snow, and by night with lamps on their posts."""
    base = street()
    closed = PhysicalSky(sun_elevation_rad=0.5, sun_azimuth_rad=2.0, overcast=0.95)
    after = PhysicalSky(sun_elevation_rad=0.35, sun_azimuth_rad=2.0, overcast=0.2, clouds=Clouds(genus="stratocumulus", cover=0.5, seed=3))

    def tile(label: str, sky: PhysicalSky, ev: float, ground: Weathering | None = None, other: Weathering | None = None, **more: Any) -> Picture:
        level = ("road", "line", "left", "right", "ground")
        bodies = [replace(b, weathering=ground if b.name.startswith(level) else other) for b in base.bodies]
        around = EnvironmentSpec(surroundings=sky, occlusion_radius_m=1.0, fog=more.get("fog"), falling=more.get("falling"))
        spec = base.replace(bodies=tuple(bodies), environment=around, lights=(sun_light(sky),) if sky.overcast < 0.9 else ())
        return Picture(label=label, spec=seen(spec, sensor=SensorSpec(exposure_ev=ev, drops=more.get("drops"))), crop=more.get("crop"))

    mist, haze = Fog(extinction_per_m=0.045), Fog(extinction_per_m=0.004)
    soaked, snowed = Weathering(wet=0.9, puddles=0.15, seed=5), Weathering(snow=0.9, seed=2)
    tiles = [
        tile("overcast", closed, 1.9),
        tile("fog: one sees 87 m", closed, 1.5, fog=mist),
        tile("rain: soaked ground, puddles, haze", closed, 2.0, soaked, fog=haze, falling=Falling(rate_mm_h=6.0)),
        tile("and drops on the glass", closed, 2.0, soaked, fog=haze, drops=Drops(count=45, size=0.012, seed=4)),
        tile("after the rain", after, 1.0, Weathering(wet=0.35, puddles=0.2, seed=5)),
        tile("snow", closed, 1.5, replace(snowed, snow=0.5), snowed, fog=haze, falling=Falling(what="snow", rate_mm_h=3.0)),
    ]
    lit = base.map_bodies({b.name: {"material": MaterialSpec(emissive=(30.0, 22.0, 13.0))} for b in base.bodies if b.name.startswith("head-")})
    lamps = tuple(replace(lamp, position_m=(0.0, 0.0, -0.12), on=f"head-{i}") for i, lamp in enumerate(lamps_of(lit)))
    beams = []
    for body in (b for b in base.bodies if b.name.startswith("car-")):
        low, high = LIBRARY.shape_asset(body.shape).bounds_m
        for side in (-1, 1):
            at = (high[0] + 0.05, side * 0.32 * (high[1] - low[1]), low[2] + 0.4 * (high[2] - low[2]))
            beam = SpotLight(position_m=at, direction=(1.0, 0.0, -0.05), inner_rad=0.05, outer_rad=0.6, narrowing=4.5)
            beams.append(replace(beam, intensity=(260.0, 250.0, 220.0), shadows=False, on=body.name))
    dark = PhysicalSky(sun_elevation_rad=-0.35, glow=(0.012, 0.01, 0.008))
    for label, ground, ev in (("night: six lamps, seven cars' beams, all on their bodies", None, 1.2), ("a rainy night", soaked, 1.6)):
        bodies = [replace(b, weathering=ground if b.name.startswith(("road", "line", "left", "right")) else None) for b in lit.bodies]
        spec = lit.replace(bodies=tuple(bodies), lights=(*lamps, *beams), environment=EnvironmentSpec(surroundings=dark, occlusion_radius_m=1.0))
        tiles.append(Picture(label=label, spec=seen(spec, sensor=SensorSpec(exposure_ev=ev, bloom=0.03))))
    tiles.append(replace(tiles[2], label="rain, enlarged", crop=(150, 150, 160, 100)))
    return [Sheet(name="weather", columns=3, pictures=tiles)]


# Labels -----------------------------------------------------------------------------------------------------------------------------


def channels(_: Path) -> list[Sheet]:
    """Each channel of one frame of things in motion."""
    spec = bin_scene()
    moving = spec.replace(bodies=tuple(replace(b, motion=Motion((0.3, 0.1, 0.2), (0.0, 0.0, 4.0))) if b.category else b for b in spec.bodies))
    names = ("rgb", "depth", "instance", "category", "normal", "albedo", "object_coordinates", "shadow", "flow_forward")
    return [
        Sheet(name="channels", columns=3, pictures=[Picture(label=n, spec=seen(moving, motion=Motion((0.2, 0.0, 0.0))), channel=n) for n in names])
    ]


SECTIONS: dict[str, Callable[[Path], list[Sheet]]] = {
    "renderers": renderers,
    "lights": lights,
    "materials": materials,
    "cameras": cameras,
    "outdoors": outdoors,
    "skies": skies,
    "weather": weather,
    "channels": channels,
}
